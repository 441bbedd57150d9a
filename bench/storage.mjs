// What storing a payment costs a validator, without agreement, network and signatures: node bench/storage.mjs [DIST...]
// Needs `npm run build`. With several builds (folders like dist/) each runs in processes of its own, in turns,
// so that a slow minute of the machine hits all of them. Options: --rounds N, --blocks N, --size N, --accounts N.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PerformanceObserver, performance } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  accountsOf,
  CNY,
  createRandom,
  PARAMETERS,
  paymentsOf,
  START_MS,
  sha256,
  validatorsOf,
} from "./support.mjs";

const BLOCK_MS = 150;
const VALIDATORS = 4;
const BATCHES_PER_LANE = 2;
const WARM_UP_BLOCKS = 24;
const MODULES = [
  "kernels/index.js",
  "execution/executor.js",
  "execution/prepare.js",
  "crypto/genesisFile.js",
  "crypto/digests.js",
  "crypto/domainTags.js",
  "crypto/noble/index.js",
  "types/keyPolicy.js",
  "types/transaction.js",
  "types/batch.js",
  "types/primitives.js",
  "declarations/operations.js",
  "declarations/fields.js",
  "codec/schema.js",
  "lanes/executionOrder.js",
  "storage/chainLog.js",
  "storage/checkpoint.js",
  "storage/lmdbRowStore.js",
  "storage/nodeFileSystem.js",
  "node/chainStore.js",
];

function genesisOf(build, accountCount) {
  const accounts = accountsOf(build, "org", accountCount);
  return {
    version: 1,
    networkName: "bench",
    timeMs: START_MS,
    parameters: PARAMETERS,
    organisations: [
      {
        code: "org",
        name: "Organisation",
        accounts,
        validators: validatorsOf("org", VALIDATORS),
      },
    ],
    assets: [CNY],
    balances: accounts.map((_, account) => ({
      organisation: 0,
      account,
      asset: 0,
      amount: 1_000_000_000n,
    })),
  };
}

const callback = (start) =>
  new Promise((resolve, reject) => {
    start((error) => (error === undefined ? resolve() : reject(error)));
  });

/** A validator's storage in a folder, and blocks of payments that go through it. */
class Validator {
  spentMs = 0;
  flushes = 0;
  #lanes;
  #parent;

  static async open(build, home, accountCount) {
    const validator = new Validator();
    await validator.#open(build, home, accountCount);
    return validator;
  }

  async #open(build, home, accountCount) {
    const kernels = await build.loadKernels();
    const { hasher } = kernels;
    const made = genesisOf(build, accountCount);
    const { genesisHash } = build.encodeGenesis(hasher, made);
    this.build = build;
    this.hasher = hasher;
    this.genesis = made;
    this.genesisHash = genesisHash;
    const random = createRandom(0x2545f491);
    this.nextPayment = paymentsOf(build, { hasher, genesisHash, genesis: made }, random);
    this.fileSystem = new build.NodeFileSystem();
    const validatorIds = Array.from({ length: VALIDATORS }, (_, i) => sha256(`validator ${i}`));
    this.#lanes = validatorIds.map((id) => ({ id, seq: 0, prevHash: build.ZERO_HASH }));
    const { executor, checkpoint, applied, rowStore } = await this.#found(kernels, home);
    this.executor = executor;
    this.rowStore = rowStore;
    this.log = await new Promise((resolve, reject) => {
      build.ChainLog.open(
        {
          fileSystem: this.fileSystem,
          directory: join(home, "log"),
          genesisHash,
          validatorId: validatorIds[0],
          defer: queueMicrotask,
        },
        (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error)),
      );
    });
    // What follows a flush, above all making and handing over a checkpoint, counts as storing too.
    const flush = this.log.flush.bind(this.log);
    this.log.flush = (done) => flush((error) => this.#timed(() => done(error)));
    this.store = new build.ChainStore({
      log: this.log,
      checkpoint,
      rowStore,
      genesisHash,
      hasher,
      applied,
      executionOrder: ({ header, cut }, batches) =>
        build.executionOrder(VALIDATORS, header.view, cut, batches),
      failed: (error) => {
        throw error;
      },
      checkpointed: (height) => executor.step({ kind: "checkpointed", height }),
    });
  }

  async #found(kernels, home) {
    const { build, hasher, genesis, genesisHash } = this;
    const { genesisState, genesisResult } = await import(build.url("execution/genesisState.js"));
    const { HistoryLog } = await import(build.url("merkle/historyLog.js"));
    const { treeOfLeaves } = await import(build.url("execution/stateLeaves.js"));
    const keys = {
      leafKey: hasher.sha256(build.TREE_TAGS.leaf),
      nodeKey: hasher.sha256(build.TREE_TAGS.node),
    };
    const isRegistrableKey = () => true;
    const rows = genesisState({ genesis, genesisHash, hasher, isRegistrableKey });
    const scratch = kernels.createStateTree(keys);
    const stateRoot = scratch.root(treeOfLeaves(scratch, rows));
    const history = HistoryLog.empty(hasher).append(genesisHash);
    const applied = {
      height: 0,
      blockHash: genesisHash,
      resultHash: build.resultHash(hasher, genesisResult(genesisHash, stateRoot)),
      stateRoot,
      logSegment: 0,
      includedTips: [],
      historySize: history.size,
      historyEdge: history.edge,
    };
    const rowStore = build.LmdbRowStore.open(join(home, "rows"));
    await callback((done) =>
      rowStore.commit(build.genesisChanges(genesisHash, rows, applied), done),
    );
    const checkpoint = build.openCheckpoint(rowStore, genesisHash);
    const executor = build.createExecutor({
      genesis,
      genesisHash,
      hasher,
      tree: kernels.createStateTree(keys),
      rows: checkpoint.rowSource,
      isRegistrableKey,
    });
    return { executor, checkpoint, applied, rowStore };
  }

  /** Bytes of a block's batches, and its block, made before anything is measured. */
  make(payments) {
    const { build, hasher, genesisHash } = this;
    const perBatch = Math.ceil(payments / (VALIDATORS * BATCHES_PER_LANE));
    const lanes = this.#lanes.map((lane) => {
      const batches = Array.from({ length: BATCHES_PER_LANE }, () => {
        const bodyBytes = build.encode(build.batchBody, {
          genesisHash,
          validatorId: lane.id,
          epoch: 0,
          seq: ++lane.seq,
          prevHash: lane.prevHash,
          createdMs: START_MS,
          transactions: Array.from({ length: perBatch }, () => this.nextPayment()),
        });
        lane.prevHash = build.batchHash(hasher, bodyBytes);
        return { hash: lane.prevHash, bytes: Buffer.concat([bodyBytes, new Uint8Array(64)]) };
      });
      return { seq: lane.seq, headHash: lane.prevHash, batches };
    });
    const height = (this.#parent?.height ?? 0) + 1;
    const cut = lanes.map(({ seq, headHash }, author) => ({
      author,
      fromSeq: seq - BATCHES_PER_LANE + 1,
      toSeq: seq,
      headHash,
    }));
    const header = {
      protocolVersion: 1,
      genesisHash,
      epoch: 0,
      view: height,
      height,
      parentView: height - 1,
      parentHash: this.#parent?.hash ?? genesisHash,
      proposer: 0,
      timeMs: START_MS + height * BLOCK_MS,
      cutRoot: build.cutRoot(hasher, cut),
      transactionCount: perBatch * VALIDATORS * BATCHES_PER_LANE,
      parentResult: build.ZERO_HASH,
      historyRoot: build.ZERO_HASH,
      flags: 0,
      nextEpochHash: build.ZERO_HASH,
      evidenceRoot: build.ZERO_HASH,
    };
    this.#parent = { height, hash: build.blockHash(hasher, header) };
    return { blockHash: this.#parent.hash, block: { header, cut }, lanes };
  }

  #timed(work) {
    const before = performance.now();
    const result = work();
    this.spentMs += performance.now() - before;
    return result;
  }

  #flush() {
    this.flushes++;
    return callback((done) => this.#timed(() => this.store.flush(done)));
  }

  #effectsOf(event) {
    const effects = [...this.executor.step(event)];
    for (let at = 0; at < effects.length; at++) {
      if (effects[at].kind === "continue") effects.push(...this.executor.step({ kind: "slice" }));
    }
    return effects;
  }

  /** One block through everything: batches, block, execution, finality, outcome. */
  async run({ blockHash, block, lanes }) {
    const { build, hasher, genesisHash, genesis, store } = this;
    const prepared = [];
    for (const { batches } of lanes) {
      const row = [];
      for (const { hash, bytes } of batches) {
        const batch = build.readBatch(Uint8Array.from(bytes)).value;
        const transactions = batch.transactions.map(
          (item) => build.prepareTransaction(hasher, genesisHash, item, genesis.parameters).value,
        );
        const expiries = transactions.map(({ transaction }) => transaction.body.validUntilMs);
        this.#timed(() => store.storeBatch(hash, batch, expiries));
        row.push(transactions);
      }
      prepared.push(row);
      await this.#flush();
    }
    const { header, cut } = block;
    const ordered = build.executionOrder(VALIDATORS, header.view, cut, prepared).flat();
    const transactions = ordered.map((item) => ({ ...item, sealer: 0 }));
    this.#timed(() => store.storeBlock(blockHash, block));
    await this.#flush();
    this.#effectsOf({ kind: "execute", block: { blockHash, header, transactions } });
    const certificate = {
      kind: 3,
      epoch: 0,
      view: header.view,
      blockHash,
      result: build.ZERO_HASH,
      bitmap: new Uint8Array([7]),
      signatures: [1, 2, 3].map((i) => new Uint8Array(64).fill(i)),
    };
    this.#timed(() => store.storeFinal([{ blockHash, block }], certificate));
    await this.#flush();
    for (const effect of this.#effectsOf({ kind: "finalise", blockHash })) {
      if (effect.kind === "finalised") this.#timed(() => store.finalised(effect.block));
    }
  }

  async close() {
    await new Promise((done) => this.store.writeCheckpoint(done));
    await callback((done) => this.log.close(done));
    await new Promise((done) => this.rowStore.close(done));
  }
}

/** CPU time of the calling thread in microseconds, as Linux counts it: in ticks of 10 ms. */
function mainThreadCpu() {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function measure(folder, { blocks, size, accounts }) {
  const url = (path) => pathToFileURL(resolve(folder, path)).href;
  const modules = await Promise.all(MODULES.map((path) => import(url(path))));
  const build = Object.assign({ url }, ...modules);
  const home = mkdtempSync(join(tmpdir(), "fondaco-bench-"));
  let gcMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration;
  }).observe({ entryTypes: ["gc"] });
  const peak = { rss: 0, heapUsed: 0, arrayBuffers: 0 };
  const look = () => {
    const usage = process.memoryUsage();
    for (const name of Object.keys(peak)) peak[name] = Math.max(peak[name], usage[name]);
  };
  try {
    const validator = await Validator.open(build, home, accounts);
    const made = Array.from({ length: WARM_UP_BLOCKS + blocks }, () => validator.make(size));
    for (let i = 0; i < WARM_UP_BLOCKS; i++) await validator.run(made.shift());
    validator.spentMs = 0;
    gcMs = 0;
    const cpu = process.cpuUsage();
    const mainCpu = mainThreadCpu();
    for (let i = 0; i < blocks; i++) {
      await validator.run(made.shift());
      if (i % 8 === 0) look();
    }
    await new Promise((resolve) => setImmediate(resolve));
    const { user, system } = process.cpuUsage(cpu);
    const mainSpent = mainThreadCpu() - mainCpu;
    const payments = blocks * Math.ceil(size / 8) * 8;
    const flushes = validator.fileSystem.flushLatency();
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const live =
      globalThis.gc === undefined
        ? {}
        : { "live heap, MiB": heapUsed / 2 ** 20, "live buffers, MiB": arrayBuffers / 2 ** 20 };
    await validator.close();
    return {
      "storage calls, us a payment": (validator.spentMs * 1e3) / payments,
      "whole process, us a payment": (user + system) / payments,
      "other threads, us a payment": (user + system - mainSpent) / payments,
      "gc, us a payment": (gcMs * 1e3) / payments,
      "flush p50, ms": flushes.p50,
      "flush p99, ms": flushes.p99,
      ...live,
      "peak heap, MiB": peak.heapUsed / 2 ** 20,
      "peak buffers, MiB": peak.arrayBuffers / 2 ** 20,
      "peak rss, MiB": peak.rss / 2 ** 20,
      "LMDB bytes a payment": statSync(join(home, "rows/data.mdb")).size / payments,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const here = fileURLToPath(import.meta.url);
const sizes = { blocks: 120, size: 400, accounts: 1_000 };
let rounds = 3;
const folders = [];
for (let i = 2; i < process.argv.length; i++) {
  const name = process.argv[i];
  if (name === "--rounds") rounds = Number(process.argv[++i]);
  else if (name.startsWith("--")) sizes[name.slice(2)] = Number(process.argv[++i]);
  else folders.push(name);
}
if (process.env.BENCH_CHILD === "1") {
  process.stdout.write(JSON.stringify(await measure(folders[0], sizes)));
} else {
  if (folders.length === 0) folders.push(fileURLToPath(new URL("../dist", import.meta.url)));
  const best = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const folder of folders) {
      const options = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, `${value}`]);
      const child = spawnSync(process.execPath, ["--expose-gc", here, folder, ...options], {
        env: { ...process.env, BENCH_CHILD: "1" },
        stdio: ["ignore", "pipe", "inherit"],
        encoding: "utf8",
      });
      if (child.status !== 0) process.exit(child.status ?? 1);
      const figures = JSON.parse(child.stdout);
      const least = best.get(folder) ?? figures;
      for (const [name, value] of Object.entries(figures)) {
        least[name] = Math.min(least[name], value);
      }
      best.set(folder, least);
    }
  }
  const names = Object.keys(best.get(folders[0]));
  console.log(`least of ${rounds} runs: ${sizes.blocks} blocks of ${sizes.size} payments`);
  for (const name of names) {
    const values = folders.map((folder) => best.get(folder)[name].toFixed(2).padStart(10));
    console.log(`${name.padEnd(30)}${values.join("")}`);
  }
}
