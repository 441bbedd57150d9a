import type { ValidatorIndex } from "../types/primitives.js";

const BURST = 64;
const PER_SECOND = 32;

/** Batches of this size cost one more request. */
const BATCH_BYTES_PER_TOKEN = 128 * 1024;
/** Pages of this size do: in one piece they are cheaper, and a start may need many. */
const PAGE_BYTES_PER_TOKEN = 1024 * 1024;

/** A token bucket a peer: answering costs more than asking, so asking is bounded (SYN-5). */
export class RequestLimiter {
  readonly #tokens: number[];
  readonly #atMs: number[];

  constructor(validatorCount: number) {
    this.#tokens = new Array<number>(validatorCount).fill(BURST);
    this.#atMs = new Array<number>(validatorCount).fill(0);
  }

  /** Whether a request of `peer` is answered. */
  take(peer: ValidatorIndex, nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - (this.#atMs[peer] ?? 0));
    const tokens = Math.min(BURST, (this.#tokens[peer] ?? 0) + (elapsedMs * PER_SECOND) / 1000);
    this.#atMs[peer] = nowMs;
    this.#tokens[peer] = tokens >= 1 ? tokens - 1 : tokens;
    return tokens >= 1;
  }

  /** Charges a large answer, after the fact: the bucket may go below zero. */
  charge(peer: ValidatorIndex, kind: "batch" | "page", sizeBytes: number): void {
    const perToken = kind === "batch" ? BATCH_BYTES_PER_TOKEN : PAGE_BYTES_PER_TOKEN;
    this.#tokens[peer] = (this.#tokens[peer] ?? 0) - sizeBytes / perToken;
  }
}
