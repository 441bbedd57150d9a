import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, fstatSync } from "node:fs";
import type { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { type Command, Option } from "commander";
import { codeOf, messageOf } from "../../base/errors.js";
import { LIMITS } from "../../base/limits.js";
import { loadKernels, SIGNATURE_TIERS, type SignatureTier } from "../../kernels/index.js";
import { action } from "../context.js";
import { commandError, unreadable } from "../errors.js";
import type { Output } from "../output.js";
import { LineSplitter } from "../signatures/lineSplitter.js";
import { type LineCounts, SignatureLines } from "../signatures/signatureLines.js";

interface VerifySignaturesOptions {
  readonly tier: SignatureTier;
  readonly json?: boolean;
}

const FILE_CHUNK_SIZE_BYTES = 512 * 1024;

const HELP = `
Each line of the input is a JSON object, its three values in hexadecimal:

  {"publicKey":"d75a98...","message":"","signature":"e55643..."}

Each is answered by one line of the output, in the same order, as soon as no more input is there:

  {"valid":true,"reason":null}
  {"valid":false,"reason":"EQUATION_FAILED"}

What is wrong with a line, the first of these that applies:

  LINE_TOO_LONG      it has more than ${LIMITS.signatureLineSizeBytesMax / 1024 / 1024} MiB
  EMPTY_LINE         nothing but white space
  MALFORMED_JSON     no JSON object
  MISSING_FIELD      publicKey, message or signature is not there; other fields do not matter
  NOT_HEX            one of them is no text of an even number of hexadecimal digits
  PUBLIC_KEY_LENGTH  the key has not 32 bytes
  SIGNATURE_LENGTH   the signature has not 64 bytes
  S_NOT_BELOW_ORDER  its second half is not below the order of the group
  KEY_NOT_A_POINT    the key encodes no point of the curve
  R_NOT_A_POINT      the signature's first half encodes none
  EQUATION_FAILED    the signature is not one of this message by this key

The rule is ZIP-215, that of the ledger. --tier changes how signatures are checked, never the answer: auto as
a validator does, batch together as if no key had been seen before, comb with tables for every
key, single one by one.

A summary is written to standard error; with --json it is one line of JSON. The exit code is 0 also
when signatures are wrong, and 1 when the input cannot be read or the answers not be written.

  $ fondaco verify-signatures signatures.jsonl > verdicts.jsonl
  $ zcat signatures.jsonl.gz | fondaco verify-signatures | grep -c true`;

export function registerVerifySignatures(program: Command): void {
  program
    .command("verify-signatures")
    .description("check Ed25519 signatures: JSON lines in, a verdict for each out")
    .argument("[file]", "JSON lines; - or nothing: standard input", "-")
    .addOption(
      new Option("--tier <name>", "how they are checked")
        .choices([...SIGNATURE_TIERS])
        .default("auto"),
    )
    .option("--json", "the summary on standard error is one line of JSON")
    .addHelpText("after", HELP)
    .action(action(verifySignatures));
}

async function verifySignatures(
  output: Output,
  options: VerifySignaturesOptions,
  path: string,
): Promise<number> {
  const kernels = await loadKernels();
  const verifier = kernels.createBatchVerifier(randomBytes);
  const lines = new SignatureLines(verifier, options.tier);
  const splitter = new LineSplitter(LIMITS.signatureLineSizeBytesMax);
  const input = openInput(path);
  const answers = new Answers(() => input.destroy());
  const progress = progressOf(output);
  if (input === process.stdin && process.stdin.isTTY) {
    output.remark("reading lines from the terminal; Ctrl-D ends");
  }
  const startedMs = performance.now();
  const flush = async () => {
    await answers.write(lines.answer());
    progress(lines.counts);
  };
  try {
    for await (const chunk of input) {
      for (const line of splitter.take(chunk as Buffer)) {
        lines.add(line);
        if (lines.isFull) await flush();
        if (answers.isGone) break;
      }
      // Large batches cost less, so what has come meanwhile goes with it. But nobody waits for more to come.
      await turn();
      await turn();
      if (input.readableLength === 0) await flush();
    }
  } catch (cause) {
    if (answers.isGone) return answers.end();
    await flush();
    throw unreadable(path === "-" ? "standard input" : path, cause);
  } finally {
    output.endProgress();
  }
  for (const line of splitter.end()) lines.add(line);
  await flush();
  if (!answers.isGone) tell(output, lines.counts, performance.now() - startedMs);
  return answers.end();
}

function openInput(path: string): Readable {
  if (path !== "-") return createReadStream(path, { highWaterMark: FILE_CHUNK_SIZE_BYTES });
  const stats = fstatSync(0);
  // A file that is standard input is read in larger pieces than Node does by itself, and a directory as a file, for
  // Node says of it that it is empty.
  if (!stats.isFile() && !stats.isDirectory()) return process.stdin;
  return createReadStream("", { fd: 0, highWaterMark: FILE_CHUNK_SIZE_BYTES });
}

/**
 * Standard output, which may be slow, and whose reader may go away: that ends the command quietly, a full
 * disk does not.
 */
class Answers {
  isGone = false;
  #cause: unknown;
  readonly #gone: Promise<unknown>;

  constructor(onGone: () => void) {
    this.#gone = new Promise<void>((resolve) => {
      process.stdout.on("error", (cause) => {
        this.isGone = true;
        if (codeOf(cause) !== "EPIPE") this.#cause = cause;
        resolve();
        onGone();
      });
    });
  }

  /** Resolves when there is room for more. */
  async write(text: string): Promise<void> {
    if (text === "" || this.isGone || process.stdout.write(text)) return;
    await Promise.race([once(process.stdout, "drain"), this.#gone]);
  }

  /** The exit code, when all was written or the reader went away. */
  async end(): Promise<number> {
    // What was written last is refused a turn later.
    await turn();
    if (this.#cause === undefined) return 0;
    const error = commandError(
      "OUTPUT_UNWRITABLE",
      `answers are missing, standard output cannot be written: ${messageOf(this.#cause)}`,
    );
    error.cause = this.#cause;
    throw error;
  }
}

/** A line for who looks on, unless the answers themselves go to the terminal. */
function progressOf(output: Output): (counts: LineCounts) => void {
  if (process.stdout.isTTY) return () => {};
  const startedMs = performance.now();
  const show = output.pacedProgress();
  return ({ valid, invalid }) =>
    show(() => {
      const perSecond = Math.round(((valid + invalid) * 1_000) / (performance.now() - startedMs));
      return `${valid + invalid} checked, ${invalid} not valid, ${perSecond} a second`;
    });
}

function tell(output: Output, { valid, invalid, reasons }: LineCounts, ms: number): void {
  const lines = valid + invalid;
  const perSecond = Math.round((lines * 1_000) / Math.max(ms, 1));
  if (output.isJson) {
    const summary = { lines, valid, invalid, reasons: Object.fromEntries(reasons), perSecond };
    process.stderr.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const why = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(", ");
  const not = invalid === 0 ? "" : ` (${why})`;
  output.remark(`${lines} lines: ${valid} valid, ${invalid} not${not}; ${perSecond} a second`);
}
