import { createReadStream, fstatSync, statSync } from "node:fs";
import type { Command } from "commander";
import { toHex } from "../../base/bytes.js";
import { HASH_ALGORITHMS, type HashAlgorithm, loadKernels } from "../../kernels/index.js";
import { action } from "../context.js";
import { commandError, unreadable } from "../errors.js";
import type { Output } from "../output.js";

const READ_SIZE_BYTES = 256 * 1024;
const MEBIBYTE = 1024 * 1024;

const HELP = `
The answer has the form of sha256sum's and its relatives: digest, two spaces, name.

  $ fondaco hash contract.pdf
  $ tar c folder | fondaco hash --alg blake3`;

/** Adds `hash` to the program. */
export function registerHash(program: Command): void {
  program
    .command("hash")
    .description("hash a file of any size, or what comes on standard input")
    .argument("[file]", "the file; - or none: standard input", "-")
    .option("--alg <algorithm>", HASH_ALGORITHMS.join(", "), "sha256")
    .option("--json", "answer one line of JSON")
    .addHelpText("after", HELP)
    .action(action(hash));
}

async function hash(
  output: Output,
  options: { readonly alg: string; readonly json?: boolean },
  file: string,
): Promise<number> {
  const algorithm = algorithmOf(options.alg);
  const totalBytes = fileSize(file);
  const { createHashStream } = await loadKernels({ keyTablesSizeBytes: 0 });
  const stream = createHashStream(algorithm);
  const showProgress = progressOf(output, totalBytes);
  let sizeBytes = 0;
  try {
    for await (const piece of inputOf(file)) {
      stream.update(piece);
      sizeBytes += piece.length;
      showProgress(sizeBytes);
    }
  } catch (cause) {
    throw unreadable(nameOf(file), cause);
  } finally {
    output.endProgress();
  }
  const digest = toHex(stream.digest());
  output.result({ algorithm, digest, sizeBytes, file }, lineOf(digest, file));
  return 0;
}

function algorithmOf(text: string): HashAlgorithm {
  const found = HASH_ALGORITHMS.find((name) => name === text);
  if (found !== undefined) return found;
  throw commandError("BAD_OPTION", `--alg is one of ${HASH_ALGORITHMS.join(", ")}`);
}

/** Size of a file as it is now; pipes and devices have none. */
function fileSize(file: string): number | undefined {
  let stats: ReturnType<typeof statSync>;
  try {
    stats = file === "-" ? fstatSync(0) : statSync(file);
  } catch (cause) {
    throw unreadable(nameOf(file), cause);
  }
  if (stats.isDirectory()) {
    // Node says of a directory on standard input that it is empty.
    const [what, folder] = file === "-" ? ["standard input", "folder"] : [file, file];
    const words = `${what} is a directory; name a file, or pipe: tar c ${folder} | fondaco hash`;
    throw commandError("IS_DIRECTORY", words);
  }
  return stats.isFile() ? stats.size : undefined;
}

function nameOf(file: string): string {
  return file === "-" ? "standard input" : file;
}

function inputOf(file: string): AsyncIterable<Uint8Array> {
  if (file === "-") return process.stdin as AsyncIterable<Uint8Array>;
  return createReadStream(file, { highWaterMark: READ_SIZE_BYTES }) as AsyncIterable<Uint8Array>;
}

function progressOf(output: Output, totalBytes: number | undefined): (bytes: number) => void {
  const show = output.pacedProgress();
  const mebibytes = (bytes: number) => Math.floor(bytes / MEBIBYTE);
  const total = totalBytes === undefined ? "" : ` of ${mebibytes(totalBytes)}`;
  return (bytes) => show(() => `${mebibytes(bytes)}${total} MiB hashed`);
}

/** As sha256sum does: a name with a line break is escaped, and a backslash before the digest says so. */
function lineOf(digest: string, name: string): string {
  if (!/[\\\n\r]/.test(name)) return `${digest}  ${name}`;
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `\\${digest}  ${escaped}`;
}
