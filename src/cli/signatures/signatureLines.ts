import { fromHex } from "../../base/bytes.js";
import type { SignatureJob } from "../../crypto/interfaces.js";
import type { SignatureFault, SignatureKernels, SignatureTier } from "../../kernels/index.js";
import type { Line } from "./lineSplitter.js";

/** Why a line is not one with a valid signature: its form, or else what is wrong with the signature. */
export type Reason =
  | "LINE_TOO_LONG"
  | "EMPTY_LINE"
  | "MALFORMED_JSON"
  | "MISSING_FIELD"
  | "NOT_HEX"
  | SignatureFault;

export interface LineCounts {
  valid: number;
  invalid: number;
  /** How often each reason was given. */
  readonly reasons: Map<Reason, number>;
}

/** Signatures that are checked at once: what one call of the kernel takes. */
const SIGNATURES_AT_ONCE = 1_024;
/** Characters of lines that may wait for it. */
const WAITING_LENGTH_MAX = 4 * 1_024 * 1_024;

const VALID = '{"valid":true,"reason":null}\n';
const FIELDS = ["publicKey", "signature", "message"] as const;

/** Lines `{"publicKey","message","signature"}` in hexadecimal, checked some at a time, in their order. */
export class SignatureLines {
  readonly counts: LineCounts = { valid: 0, invalid: 0, reasons: new Map() };
  /** What is said of each line that waits; a job is to be checked. */
  #waiting: (Reason | SignatureJob)[] = [];
  #waitingLength = 0;
  readonly #verifier: SignatureKernels;
  readonly #tier: SignatureTier;

  constructor(verifier: SignatureKernels, tier: SignatureTier) {
    this.#verifier = verifier;
    this.#tier = tier;
  }

  add(line: Line): void {
    this.#waiting.push(line === undefined ? "LINE_TOO_LONG" : readLine(line));
    this.#waitingLength += line?.length ?? 0;
  }

  get isFull(): boolean {
    return this.#waiting.length >= SIGNATURES_AT_ONCE || this.#waitingLength >= WAITING_LENGTH_MAX;
  }

  /** The answers to all lines that wait: a line `{"valid","reason"}` each. */
  answer(): string {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    const jobs = waiting.filter((entry) => typeof entry !== "string");
    const verdicts = this.#verifier.verify(jobs, { tier: this.#tier });
    let text = "";
    let next = 0;
    for (const entry of waiting) {
      if (typeof entry === "string") text += this.#refuse(entry);
      else if (verdicts[next++] === true) {
        this.counts.valid++;
        text += VALID;
      } else text += this.#refuse(this.#verifier.faultOf(entry));
    }
    return text;
  }

  #refuse(reason: Reason): string {
    const { counts } = this;
    counts.invalid++;
    counts.reasons.set(reason, (counts.reasons.get(reason) ?? 0) + 1);
    return `{"valid":false,"reason":"${reason}"}\n`;
  }
}

function readLine(line: string): Reason | SignatureJob {
  if (line.trim() === "") return "EMPTY_LINE";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "MALFORMED_JSON";
  }
  if (typeof value !== "object" || value === null) return "MALFORMED_JSON";
  const record = value as Readonly<Record<string, unknown>>;
  if (!FIELDS.every((name) => Object.hasOwn(record, name))) return "MISSING_FIELD";
  const publicKey = hexOf(record.publicKey);
  const signature = hexOf(record.signature);
  const message = hexOf(record.message);
  if (publicKey === undefined || signature === undefined || message === undefined) return "NOT_HEX";
  return { publicKey, signature, message };
}

function hexOf(value: unknown): Uint8Array | undefined {
  return typeof value === "string" ? fromHex(value) : undefined;
}
