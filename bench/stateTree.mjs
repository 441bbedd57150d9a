// What updates and rebuilds of the state tree cost beside the bare four-lane BLAKE3 kernel doing just as many keyed hashes
// of 64 bytes, in CPU time and in one run (after `npm run build`):
//
//   node bench/stateTree.mjs [--leaves N] [--changes M] [--rounds R] [--scalar] [--dist DIST] [--json OUT]
//
// The kernel's time is that of `blake3KeyedMany` of module `kernels` on input that lies in Wasm memory already, 512 KiB at a
// time, with no copy in or out: nothing but the hashing. Each round times the kernel right after the part; medians are of rounds.

import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createRandom, showHelp } from "./support.mjs";

showHelp(import.meta.url);
const { values: options } = parseArgs({
  options: {
    leaves: { type: "string", default: "1000000" },
    changes: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
    scalar: { type: "boolean", default: false },
    dist: { type: "string", default: "dist" },
    json: { type: "string" },
  },
});
const [leafCount, changeCount, rounds] = ["leaves", "changes", "rounds"].map((name) => {
  const number = Number(options[name]);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} takes a count`);
  return number;
});
const dist = (file) => import(resolve(options.dist, file));
const { loadKernels } = await dist("kernels/index.js");
const { instantiateModule } = await dist("kernels/wasmModules.js");

const random = createRandom(20_261_122);
const key = new Uint8Array(32).fill(7);
const kernels = await loadKernels({ simd: !options.scalar, keyTablesSizeBytes: 0 });
const bare = instantiateModule(kernels.compiled.kernels);
const perCall = Math.min(8192, bare.INPUT_BYTES.value / 64);

function runKernel(hashes) {
  for (let done = 0; done < hashes; done += perCall) {
    bare.blake3KeyedMany(Math.min(perCall, hashes - done));
  }
}

/** Milliseconds of CPU time of this process; garbage collection of other threads included. */
function cpuMs(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function randomBytes(length) {
  const words = new Uint32Array(length / 4);
  for (let i = 0; i < words.length; i++) words[i] = random(2 ** 32);
  return new Uint8Array(words.buffer);
}

/** 64 bytes a leaf: path, value hash. Paths ascend, as the node's store gives them. */
function sortedLeaves(count) {
  const heads = new Float64Array(count);
  for (let i = 0; i < count; i++) heads[i] = random(2 ** 32) * 2 ** 16 + random(2 ** 16);
  heads.sort();
  const records = randomBytes(64 * count);
  const view = new DataView(records.buffer);
  heads.forEach((head, i) => {
    view.setUint32(64 * i, Math.floor(head / 2 ** 16));
    view.setUint16(64 * i + 4, head % 2 ** 16);
  });
  return records;
}

const pathOf = (records, i) => records.subarray(64 * i, 64 * i + 32);
const leafOf = (records, i) => ({
  path: pathOf(records, i),
  valueHash: records.subarray(64 * i + 32, 64 * i + 64),
});
function* leavesOf(records) {
  for (let i = 0; i < records.length / 64; i++) yield leafOf(records, i);
}

/** Indexes of `count` different leaves, in random order. */
function pick(count) {
  const picked = new Set();
  while (picked.size < Math.min(count, leafCount)) picked.add(random(leafCount));
  return [...picked];
}

const results = {};

/**
 * `part()` prepares and gives what is timed, which gives `{ hashes, after }`: how many node hashes were made,
 * and what must happen before the next round, untimed.
 */
function measure(name, units, times, part) {
  const samples = [];
  for (let round = 0; round < times; round++) {
    const run = part();
    let outcome;
    globalThis.gc?.();
    runKernel(50_000);
    const ms = cpuMs(() => {
      outcome = run();
    });
    const sizes = Math.max(outcome.hashes, 100_000);
    const kernelMs = (cpuMs(() => runKernel(sizes)) * outcome.hashes) / sizes;
    samples.push({ ms, kernelMs, ratio: ms / kernelMs, hashes: outcome.hashes });
    outcome.after?.();
  }
  const of = (field) => median(samples.map((sample) => sample[field]));
  results[name] = {
    ratio: of("ratio"),
    ms: of("ms"),
    kernelMs: of("kernelMs"),
    nsEach: (of("ms") * 1e6) / units,
    hashes: of("hashes"),
    hashesEach: of("hashes") / units,
  };
  const r = results[name];
  console.log(
    `${name.padEnd(44)} ratio ${r.ratio.toFixed(2)}  ${r.ms.toFixed(1).padStart(8)} ms  kernel ${r.kernelMs.toFixed(1).padStart(7)} ms` +
      `  ${r.nsEach.toFixed(0).padStart(6)} ns each  ${r.hashesEach.toFixed(2)} hashes each`,
  );
}

console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, ${options.scalar ? "scalar" : "SIMD"} build; ` +
    `${leafCount} leaves, ${changeCount} changes`,
);
runKernel(1_000_000);

const records = sortedLeaves(leafCount);
const maxBytes = 2 ** 32 - 2 ** 16;
const newTree = () => kernels.createStateTree({ leafKey: key, nodeKey: key, maxBytes });
const madeIn = (tree, before) => {
  const stats = tree.stats();
  if (stats.hashes !== undefined) return stats.hashes - (before?.hashes ?? 0);
  return stats.innerNodes + stats.leaves - (before?.innerNodes ?? 0) - (before?.leaves ?? 0);
};

let tree;
let version;
/** `again`: into a tree that held as much before, so that the system has given its memory already. */
function rebuild(name, load, again) {
  measure(name, leafCount, Math.min(rounds, leafCount > 2_000_000 ? 1 : 5), () => {
    tree = undefined;
    const fresh = newTree();
    if (again) fresh.release(load(fresh));
    const before = fresh.stats();
    return () => {
      version = load(fresh);
      tree = fresh;
      return { hashes: madeIn(fresh, before) };
    };
  });
}
if (newTree().updateFlat === undefined || leafCount <= 2_000_000) {
  // The time includes making the objects, as reading them from a store would.
  rebuild("rebuild, leaves as objects", (fresh) => fresh.load(leavesOf(records)));
}
if (newTree().loadFlat !== undefined) {
  rebuild("rebuild, one array, memory used before", (fresh) => fresh.loadFlat(records), true);
  rebuild("rebuild, one array", (fresh) => fresh.loadFlat(records));
}
const { usedBytes, memoryBytes, innerNodes } = tree.stats();
results.memory = {
  usedBytesPerLeaf: usedBytes / leafCount,
  memoryBytesPerLeaf: memoryBytes / leafCount,
  innerNodesPerLeaf: innerNodes / leafCount,
};
console.log(
  `${(usedBytes / leafCount).toFixed(1)} bytes of nodes a leaf, ${(memoryBytes / leafCount).toFixed(1)} bytes of memory a leaf, ` +
    `${(innerNodes / leafCount).toFixed(3)} inner nodes a leaf`,
);

/** Sets new values at `count` existing paths. */
function newValues(count) {
  const flat = randomBytes(64 * count);
  pick(count).forEach((index, i) => {
    flat.set(pathOf(records, index), 64 * i);
  });
  return flat;
}
/** A quarter each: new leaves, deleted leaves; the rest new values. Afterwards the contents are as before. */
function mixed(count) {
  const flat = newValues(count);
  const removed = new Uint8Array(count);
  for (let i = 0; i < count >> 1; i++) {
    if ((i & 1) === 0) flat.set(randomBytes(32), 64 * i);
    else removed[i] = 1;
  }
  return { flat, removed };
}
const objectsOf = (flat, removed) =>
  Array.from({ length: flat.length / 64 }, (_, i) =>
    removed?.[i] ? { path: pathOf(flat, i), valueHash: undefined } : leafOf(flat, i),
  );

function timeUpdate(apply, releases, keeps) {
  const before = tree.stats();
  const next = apply();
  const hashes = madeIn(tree, before);
  const previous = version;
  if (!keeps) {
    return { hashes, after: () => tree.release(next) };
  }
  version = next;
  if (releases) tree.release(previous);
  return { hashes, after: releases ? undefined : () => tree.release(previous) };
}

function updates(label, change, keeps) {
  measure(`${label}, as objects`, changeCount, rounds, () => {
    const { flat, removed } = change();
    const objects = objectsOf(flat, removed);
    return () => timeUpdate(() => tree.update(version, objects), false, keeps);
  });
  if (tree.updateFlat === undefined) return;
  measure(`${label}, one array`, changeCount, rounds, () => {
    const { flat, removed } = change();
    return () => timeUpdate(() => tree.updateFlat(version, flat, removed), false, keeps);
  });
  measure(`${label}, one array, release`, changeCount, rounds, () => {
    const { flat, removed } = change();
    return () => timeUpdate(() => tree.updateFlat(version, flat, removed), true, keeps);
  });
}
updates("new values", () => ({ flat: newValues(changeCount) }), true);
updates("half new values, quarter new, quarter gone", () => mixed(changeCount), false);

for (const [name, releases] of [
  ["release of the older version", (_older, newer) => newer],
  ["undo (release of the newer version)", (older) => older],
]) {
  const samples = [];
  for (let round = 0; round < rounds; round++) {
    const older = version;
    const flat = newValues(changeCount);
    const newer = tree.updateFlat?.(older, flat) ?? tree.update(older, objectsOf(flat));
    version = releases(older, newer);
    samples.push(cpuMs(() => tree.release(version === older ? newer : older)));
  }
  results[name] = { ms: median(samples), nsEach: (median(samples) * 1e6) / changeCount };
  console.log(
    `${name.padEnd(44)} ${median(samples).toFixed(2)} ms, ${results[name].nsEach.toFixed(0)} ns a change`,
  );
}

const proofs = 20_000;
const asked = Array.from({ length: proofs }, () => pathOf(records, random(leafCount)));
let siblings = 0;
for (const path of asked.slice(0, 2000)) tree.prove(version, path);
const proofMs = cpuMs(() => {
  for (const path of asked) siblings += tree.prove(version, path).siblings.length;
});
results.proof = { ns: (proofMs * 1e6) / proofs, siblings: siblings / proofs };
console.log(
  `proof: ${results.proof.ns.toFixed(0)} ns, ${results.proof.siblings.toFixed(1)} siblings`,
);

if (options.json !== undefined) {
  const about = { cpu: cpus()[0]?.model, node: process.version, leafCount, changeCount, rounds };
  writeFileSync(options.json, `${JSON.stringify({ about, results }, undefined, 2)}\n`);
}
