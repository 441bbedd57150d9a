// What a payment costs in the executor, and how much it allocates: node bench/execution.mjs [DIST...]
// Needs `npm run build`. With several builds (folders like dist/) each runs in processes of its own, in turns,
// so that a slow minute of the machine hits all of them. Options: --rounds N, --no-heap (times only),
// --first (only the first case, for profiles: node --cpu-prof bench/execution.mjs --measure dist --first).

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { resolve } from "node:path";
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

const ACCOUNTS = 1_000;
const BLOCK_SIZES = [500, 2_000];
const WARM_UP_PAYMENTS = 12_000;
const MEASURED_PAYMENTS = 16_000;

async function loadBuild(folder) {
  const load = (path) => import(pathToFileURL(resolve(folder, path)).href);
  const modules = await Promise.all(
    [
      "kernels/index.js",
      "execution/executor.js",
      "execution/genesisState.js",
      "execution/prepare.js",
      "ledger/memoryRows.js",
      "crypto/genesisFile.js",
      "crypto/digests.js",
      "crypto/domainTags.js",
      "types/keyPolicy.js",
      "types/transaction.js",
      "declarations/operations.js",
      "declarations/fields.js",
      "codec/schema.js",
    ].map(load),
  );
  return Object.assign({}, ...modules);
}

function genesisOf(build) {
  return {
    version: 1,
    networkName: "bench",
    timeMs: START_MS,
    parameters: PARAMETERS,
    organisations: [0, 1].map((organisation) => ({
      code: `org${organisation}`,
      name: `Organisation ${organisation}`,
      accounts: accountsOf(build, organisation, ACCOUNTS / 2),
      validators: validatorsOf(organisation, 2),
    })),
    assets: [CNY],
    balances: [0, 1].flatMap((organisation) =>
      Array.from({ length: ACCOUNTS / 2 }, (_, account) => ({
        organisation,
        account,
        asset: 0,
        amount: 1_000_000_000n,
      })),
    ),
  };
}

/** Payments between random accounts, decoded as they are when they reach a block. */
function paymentMaker(build, { hasher, genesisHash, genesis }) {
  const random = createRandom(0x2545f491);
  const next = paymentsOf(build, { hasher, genesisHash, genesis }, random);
  return (withId) => {
    const prepared = build.prepareTransaction(
      hasher,
      genesisHash,
      next(withId),
      genesis.parameters,
    );
    if (!prepared.ok) throw new Error(prepared.message);
    return { ...prepared.value, sealer: random(4) };
  };
}

/** Runs blocks through one executor and answers the time, and the heap used, by payment. */
async function measure(folder, withHeap, onlyFirst) {
  const build = await loadBuild(folder);
  const kernels = await build.loadKernels();
  const { hasher } = kernels;
  const genesis = genesisOf(build);
  const { genesisHash } = build.encodeGenesis(hasher, genesis);
  const founding = { genesis, genesisHash, hasher, isRegistrableKey: () => true };
  const rows = new build.MemoryRows();
  rows.apply(build.genesisState(founding));
  const executor = build.createExecutor({
    ...founding,
    rows,
    tree: kernels.createStateTree({
      leafKey: hasher.sha256(build.TREE_TAGS.leaf),
      nodeKey: hasher.sha256(build.TREE_TAGS.node),
    }),
  });
  const makePayment = paymentMaker(build, { hasher, genesisHash, genesis });
  let parent = { blockHash: genesisHash, header: { height: 0, timeMs: START_MS } };
  const nextBlock = (size, withId) => {
    const height = parent.header.height + 1;
    parent = {
      blockHash: sha256(`block ${height}`),
      header: { height, parentHash: parent.blockHash, timeMs: parent.header.timeMs + 50 },
      transactions: Array.from({ length: size }, () => makePayment(withId)),
    };
    return parent;
  };

  const digest = createHash("sha256");
  let longestSliceMs = 0;
  /** Everything that a validator's executor does for a block: execute, undo it and again, finalise. */
  const run = (block, isUndone) => {
    const step = (event) => {
      const began = performance.now();
      const effects = executor.step(event);
      longestSliceMs = Math.max(longestSliceMs, performance.now() - began);
      return effects;
    };
    const execute = (event) => {
      let effects = step(event);
      const all = [...effects];
      while (effects.some(({ kind }) => kind === "continue")) {
        effects = step({ kind: "slice" });
        all.push(...effects);
      }
      return all;
    };
    const effects = execute({ kind: "execute", block });
    const { summary } = effects.find(({ kind }) => kind === "executed");
    if (isUndone) {
      // A sibling without transactions takes the block's place, and gives it back.
      const sibling = {
        ...block,
        blockHash: sha256(`sibling ${block.header.height}`),
        transactions: [],
      };
      execute({ kind: "execute", block: sibling });
    }
    const final = execute({ kind: "finalise", blockHash: block.blockHash });
    digest.update(summary.resultHash);
    return final;
  };

  const results = {};
  const cases = [
    ...BLOCK_SIZES.map((size) => [`${size}`, size, false, false]),
    ["500, payment ids", 500, true, false],
    ["500, undone once", 500, false, true],
  ];
  for (const [name, size, withId, isUndone] of onlyFirst ? cases.slice(0, 1) : cases) {
    for (let done = 0; done < WARM_UP_PAYMENTS; done += size)
      run(nextBlock(size, withId), isUndone);
    executor.step({ kind: "checkpointed", height: parent.header.height });
    longestSliceMs = 0;
    let bytes = 0;
    let buffers = 0;
    let cpuUs = 0;
    const times = [];
    for (let done = 0; done < MEASURED_PAYMENTS; done += size) {
      const block = nextBlock(size, withId);
      if (withHeap) globalThis.gc();
      const before = process.memoryUsage();
      const cpuBefore = process.cpuUsage();
      const began = performance.now();
      run(block, isUndone);
      const cpu = process.cpuUsage(cpuBefore);
      cpuUs += cpu.user + cpu.system;
      times.push((1_000 * (performance.now() - began)) / size);
      const after = process.memoryUsage();
      bytes += after.heapUsed - before.heapUsed;
      buffers += after.arrayBuffers - before.arrayBuffers;
    }
    times.sort((a, b) => a - b);
    results[name] = {
      us: times[times.length >> 1],
      bestUs: times[0],
      cpuUs: cpuUs / MEASURED_PAYMENTS,
      heapBytes: bytes / MEASURED_PAYMENTS,
      bufferBytes: buffers / MEASURED_PAYMENTS,
      longestSliceMs,
    };
  }
  return { results, digest: digest.digest("hex") };
}

function inOwnProcess(folder, withHeap, onlyFirst) {
  // Young space large enough that nothing is collected within a measured block: what it uses is what it allocated.
  const child = spawnSync(
    process.execPath,
    [
      ...(withHeap
        ? ["--expose-gc", "--max-semi-space-size=128", "--min-semi-space-size=128"]
        : []),
      fileURLToPath(import.meta.url),
      "--measure",
      folder,
      ...(withHeap ? ["--heap"] : []),
      ...(onlyFirst ? ["--first"] : []),
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  if (child.status !== 0) throw new Error(`the run of ${folder} ended with ${child.status}`);
  return JSON.parse(child.stdout);
}

const args = process.argv.slice(2);
const onlyFirst = args.includes("--first");
if (args[0] === "--measure") {
  console.log(JSON.stringify(await measure(args[1], args.includes("--heap"), onlyFirst)));
} else {
  const roundsAt = args.indexOf("--rounds");
  const rounds = roundsAt < 0 ? 3 : Number(args[roundsAt + 1]);
  const withHeap = !args.includes("--no-heap");
  const folders = args.filter((arg, i) => !arg.startsWith("--") && args[i - 1] !== "--rounds");
  if (folders.length === 0) folders.push(fileURLToPath(new URL("../dist", import.meta.url)));
  const best = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const folder of folders) {
      const { results, digest } = inOwnProcess(folder, false, onlyFirst);
      if (withHeap && round === 0) {
        for (const [name, { heapBytes, bufferBytes }] of Object.entries(
          inOwnProcess(folder, true, onlyFirst).results,
        )) {
          Object.assign(results[name], { heapBytes, bufferBytes });
        }
      }
      const known = best.get(folder);
      if (known === undefined) {
        best.set(folder, { results, digest });
        continue;
      }
      for (const [name, result] of Object.entries(results)) {
        const kept = known.results[name];
        kept.us = Math.min(kept.us, result.us);
        kept.cpuUs = Math.min(kept.cpuUs, result.cpuUs);
        kept.bestUs = Math.min(kept.bestUs, result.bestUs);
        kept.longestSliceMs = Math.min(kept.longestSliceMs, result.longestSliceMs);
      }
    }
  }
  for (const [folder, { results, digest }] of best) {
    console.log(`\n${folder}   results ${digest.slice(0, 16)}`);
    console.log("  block of            us/payment    best   heap B   buffer B   longest slice ms");
    for (const [name, result] of Object.entries(results)) {
      const { us, bestUs, cpuUs, heapBytes, bufferBytes, longestSliceMs } = result;
      console.log(
        `  ${name.padEnd(18)}${us.toFixed(2).padStart(12)}${bestUs.toFixed(2).padStart(8)}${cpuUs.toFixed(2).padStart(8)}` +
          `${(withHeap ? heapBytes.toFixed(0) : "-").padStart(9)}${(withHeap ? bufferBytes.toFixed(0) : "-").padStart(11)}` +
          `${longestSliceMs.toFixed(2).padStart(19)}`,
      );
    }
  }
  const digests = new Set([...best.values()].map(({ digest }) => digest));
  if (digests.size > 1) throw new Error("the builds disagree about results");
}
