// What a payment costs between the socket and the executor, and how much it allocates:
// node bench/intake.mjs [DIST...] [--rounds N] [--only NAME]. Needs `npm run build`. Several builds (folders like dist/)
// run in processes of their own, in turns, so that a slow minute of the machine hits all of them.
// For profiles: node --cpu-prof --max-semi-space-size=256 --expose-gc bench/intake.mjs --measure dist --only submit

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { START_MS, sha256 } from "./support.mjs";

const COUNT = 10_000;
const BATCH = 250;
/** Payments of one `tx.submitMany`. */
const GROUP = 10;
/** Requests that the client keeps open. */
const WINDOW = 24;

const genesisHash = sha256("genesis");

async function loadBuild(folder) {
  const load = (path) => import(pathToFileURL(resolve(folder, path)).href);
  const paths = [
    "kernels/index.js",
    "execution/prepare.js",
    "types/transaction.js",
    "types/batch.js",
    "codec/schema.js",
    "crypto/digests.js",
    "declarations/operations.js",
    "node/transactionPool.js",
    "node/batchChecker.js",
    "gateway/index.js",
  ];
  return Object.assign({}, ...(await Promise.all(paths.map(load))));
}

/** Payments without real signatures: nothing here checks them. */
function payments(build, count) {
  const { encode, transaction, OPERATIONS } = build;
  return Array.from({ length: count }, (_, i) => {
    const body = encode(OPERATIONS.transfer.body.schema, {
      by: 0,
      to: sha256(`to ${i % 997}`),
      asset: 0,
      amount: BigInt(i + 1),
      code: 0,
      reference: { kind: "none", value: {} },
      paymentId: undefined,
    });
    const parties = [sha256(`from ${i % 991}`)];
    return encode(transaction, {
      body: {
        version: 1,
        chainTag: genesisHash.slice(0, 8),
        channel: 1,
        nonce: BigInt(i + 1),
        validUntilMs: START_MS + 300_000 + (i % 60_000),
        salt: sha256(`salt ${i}`).slice(0, 16),
        parties,
        operations: [{ code: OPERATIONS.transfer.code, body }],
      },
      witnesses: [{ party: 0, publicKey: parties[0], signature: new Uint8Array(64).fill(i) }],
      attachment: undefined,
    });
  });
}

const noWait = (callback) => callback();
/** What was put off to the next turn of the event loop. */
const turn = [];
const endTurn = () => {
  for (const callback of turn.splice(0)) callback();
};
const clock = {
  nowMs: () => START_MS,
  after: () => () => {},
  soon: (callback) => turn.push(callback),
};
const verifierPool = {
  verify: (jobs, done) => {
    done(jobs.map(() => true));
    return true;
  },
  close: noWait,
};
const parameters = { maxBlockCost: 400_000n };

/** Time and memory of `run`, for one of `count`. No collection happens in between. */
function measured(count, run) {
  globalThis.gc();
  const before = process.memoryUsage();
  const start = process.hrtime.bigint();
  const kept = run();
  const us = Number(process.hrtime.bigint() - start) / 1_000 / count;
  const after = process.memoryUsage();
  globalThis.gc();
  const left = process.memoryUsage();
  const sum = ({ heapUsed, arrayBuffers }) => heapUsed + arrayBuffers;
  const allocated = (sum(after) - sum(before)) / count;
  return { us, allocated, held: (sum(left) - sum(before)) / count, kept };
}

function finalBlock(height, txIds) {
  const executed = [new Uint8Array(32), ...txIds].map((txId, index) => ({
    receipt: { txId, position: { height, index, event: 0 }, outcome: 1, code: 0 },
    events: [],
    accounts: [],
  }));
  const block = { header: { height, timeMs: START_MS }, cut: [] };
  return { height, blockHash: sha256(`block ${height}`), block, executed };
}

const stateIn = (final) => (index) => ({
  status: "final",
  position: final.executed[index].receipt.position,
  executed: final.executed[index],
  blockHash: final.blockHash,
  timeMs: START_MS,
});

function cases(build) {
  const { prepareTransaction, signatureJobs, TransactionPool, BatchChecker } = build;
  const transactions = payments(build, COUNT);
  // Each round has bytes of its own, as they come from a socket.
  const fresh = () => transactions.map((bytes) => bytes.slice());
  const prepare = (bytes) => prepareTransaction(build.hasher, genesisHash, bytes, parameters);

  const createPool = () =>
    new TransactionPool({
      clock,
      verifierPool,
      prepare,
      signatureJobs,
      whyNotAuthorised: () => undefined,
      findFinal: () => undefined,
      headTimeMs: () => START_MS,
      self: 0,
      notReady: () => undefined,
      submit: () => {},
    });
  return {
    prepare: () => {
      const all = fresh();
      return measured(COUNT, () => all.map((bytes) => prepare(bytes)));
    },
    submit: () => {
      const pool = createPool();
      const all = fresh();
      let height = 0;
      return measured(COUNT, () => {
        const heard = { final: 0 };
        for (let at = 0; at < COUNT; at += BATCH) {
          const txIds = [];
          pool.submit(all.slice(at, at + BATCH), (outcomes) => {
            for (const { txId } of outcomes) {
              txIds.push(txId);
              pool.watch(txId, undefined, ({ status }) => {
                if (status === "final") heard.final++;
              });
            }
          });
          endTurn();
          pool.admitted(txIds);
          const final = finalBlock(++height, txIds);
          pool.onFinal(final, stateIn(final));
        }
        if (heard.final !== COUNT) throw new Error(`${heard.final} of ${COUNT} became final`);
        return pool;
      });
    },
    batch: () => {
      const checker = new BatchChecker({
        hasher: build.hasher,
        clock,
        verifierPool,
        prepare,
        signatureJobs,
        isVerified: () => false,
      });
      const batches = Array.from({ length: COUNT / BATCH }, (_, i) => {
        const encoded = build.encode(build.batchBody, {
          genesisHash,
          validatorId: sha256("validator"),
          epoch: 0,
          seq: i + 1,
          prevHash: sha256(`batch ${i}`),
          createdMs: START_MS,
          transactions: transactions.slice(i * BATCH, (i + 1) * BATCH),
        });
        return Uint8Array.from([...encoded, ...new Uint8Array(64)]);
      });
      return measured(COUNT, () =>
        batches.map((bytes) => {
          let verdict;
          checker.check(build.readBatch(bytes).value, sha256("key"), (_hash, found) => {
            verdict = found;
          });
          if (verdict?.ok !== true) throw new Error("a good batch was refused");
          return verdict;
        }),
      );
    },
    gateway: () => overSocket(build, transactions, false),
    refused: () => overSocket(build, transactions, true),
  };
}

/** As the load generator: groups of payments by `tx.submitMany`, waiting until they are final. */
const CLIENT = `
const { workerData, parentPort } = require("node:worker_threads");
const { WebSocket } = require("ws");
const { url, messages, window, expected } = workerData;
const socket = new WebSocket(url, { perMessageDeflate: false });
let next = 0, open = 0;
const send = () => { while (open < window && next < messages.length) { open++; socket.send(messages[next++]); } };
socket.on("message", (data) => {
  const text = String(data);
  if (text.includes('"method":"hello"')) { parentPort.postMessage("ready"); return; }
  if (!text.includes(expected)) throw new Error("an unexpected answer: " + text.slice(0, 400));
  open--;
  if (next === messages.length && open === 0) { parentPort.postMessage("done"); socket.close(); return; }
  send();
});
parentPort.on("message", send);
`;

/** A node without a chain: what is submitted is final in the next turn, or all is refused. */
function stubNode(isFull) {
  const refusal = { code: "OVERLOADED", message: "too many wait", retryAfterMs: 100 };
  const watching = new Map();
  let height = 1;
  const name = (txId) => Buffer.from(txId).toString("latin1");
  const finalise = (txIds) => {
    const final = finalBlock(++height, txIds);
    const stateOf = stateIn(final);
    txIds.forEach((txId, i) => {
      const listener = watching.get(name(txId));
      watching.delete(name(txId));
      listener?.(stateOf(i + 1));
    });
  };
  const parametersOf = { ...parameters };
  return {
    identity: () => ({
      genesisHash,
      genesis: { networkName: "bench", parameters: parametersOf },
      self: 0,
      validators: [{ index: 0, validatorId: sha256("v"), organisation: 0 }],
      softwareVersion: "bench",
    }),
    refusesAll: () => (isFull ? refusal : undefined),
    submit: (transactions, done) => {
      if (isFull) {
        done(transactions.map(() => refusal));
        return;
      }
      // Its id is all that is needed; the pool has its own figures.
      const txIds = transactions.map((bytes) => sha256(bytes));
      done(txIds.map((txId) => ({ txId, duplicate: false })));
      setImmediate(() => finalise(txIds));
    },
    watch: (txId, _validUntilMs, listener) => {
      watching.set(name(txId), listener);
      listener({ status: "received" });
      return () => watching.delete(name(txId));
    },
    stateOf: () => ({ status: "received" }),
    head: () => ({ height, blockHash: genesisHash, timeMs: START_MS }),
    onFinal: () => () => {},
  };
}

async function overSocket(build, transactions, isFull) {
  const silent = () => {};
  const gateway = await build.startGateway({
    node: stubNode(isFull),
    clock: {
      nowMs: () => Date.now(),
      after: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      soon: (callback) => setImmediate(callback),
    },
    entropy: { randomBytes: (sizeBytes) => new Uint8Array(sizeBytes) },
    logger: { debug: silent, info: silent, warn: silent, error: console.error },
    metrics: { count: silent, gauge: silent, observe: silent },
    hasher: build.hasher,
    verifier: { verify: (jobs) => jobs.map(() => true) },
    listener: "auto",
    port: 0,
    mode: "open",
  });
  const messages = [];
  for (let at = 0; at < transactions.length; at += GROUP) {
    const txs = transactions
      .slice(at, at + GROUP)
      .map((bytes) => Buffer.from(bytes).toString("base64url"));
    const params = { wait: "final", timeoutMs: 10_000, txs };
    messages.push(JSON.stringify({ jsonrpc: "2.0", id: at, method: "tx.submitMany", params }));
  }
  const expected = isFull ? '"OVERLOADED"' : '"outcome":"applied"';
  const workerData = { url: gateway.wsUrl, messages, window: WINDOW, expected };
  const client = new Worker(CLIENT, { eval: true, workerData });
  await new Promise((ready) => client.once("message", ready));
  globalThis.gc();
  const before = process.memoryUsage();
  const from = performance.eventLoopUtilization();
  client.postMessage("go");
  await new Promise((done, failed) => {
    client.once("message", done);
    client.once("error", failed);
  });
  const { active } = performance.eventLoopUtilization(performance.eventLoopUtilization(), from);
  const after = process.memoryUsage();
  await client.terminate();
  await gateway.close();
  const allocated = (after.heapUsed - before.heapUsed) / COUNT;
  return { us: (active * 1_000) / COUNT, allocated, held: 0 };
}

const NAMES = {
  prepare: "decode and prepare",
  submit: "pool: submit, follow, final",
  batch: "a peer's batch, checked",
  gateway: "gateway: tx.submitMany until final",
  refused: "gateway: tx.submitMany refused",
};

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function measure(folder) {
  const loaded = await loadBuild(folder);
  const { hasher } = await loaded.loadKernels();
  const all = cases({ ...loaded, hasher });
  const only = option("--only");
  const figures = {};
  for (const name of Object.keys(NAMES)) {
    if (only !== undefined && only !== name) continue;
    for (let round = 0; round < 6; round++) {
      const { us, allocated, held } = await all[name]();
      const best = figures[name];
      if (best === undefined || us < best.us) figures[name] = { us, allocated, held };
    }
  }
  return figures;
}

if (process.argv.includes("--measure")) {
  console.log(JSON.stringify(await measure(option("--measure"))));
  process.exit(0);
}

const builds = process.argv.slice(2).filter((text, i, all) => {
  return !text.startsWith("--") && !all[i - 1]?.startsWith("--");
});
if (builds.length === 0) builds.push("dist");
const best = builds.map(() => ({}));
for (let round = 0; round < Number(option("--rounds") ?? 3); round++) {
  builds.forEach((folder, i) => {
    const only = option("--only");
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [
        "--expose-gc",
        "--max-semi-space-size=256",
        "--min-semi-space-size=256",
        fileURLToPath(import.meta.url),
        "--measure",
        folder,
        ...(only === undefined ? [] : ["--only", only]),
      ],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    for (const [name, found] of Object.entries(JSON.parse(stdout))) {
      const known = best[i][name];
      if (known === undefined || found.us < known.us) best[i][name] = found;
    }
  });
}
for (const [name, label] of Object.entries(NAMES)) {
  if (best[0][name] === undefined) continue;
  console.log(`\n${label}: for one payment`);
  builds.forEach((folder, i) => {
    const { us, allocated, held } = best[i][name];
    const bytes = (value) => `${Math.round(value)}`.padStart(6);
    console.log(
      `  ${folder.padEnd(24)} ${us.toFixed(2).padStart(7)} us ${bytes(allocated)} bytes made ${bytes(held)} kept`,
    );
  });
}
