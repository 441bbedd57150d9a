// Whole trees: an RFC 9162 root over 1,024 leaves, and 1,000 changes of 100,000 leaves in the state tree.
//
// Inside the timed part of the state tree: sorting the changes, copying them in, the new version, its root, and giving
// the old version back. "The same hashes alone" is what the four-lane kernel takes for as many node hashes.

import { createHash, randomBytes } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { loadKernels } from "../../../dist/kernels/index.js";
import { casesOf, loadRival } from "../rivals.mjs";

const LIST_LEAVES = 1024;
const rival = (name, label, units, run) => ({ name, label, own: false, units, run });
const own = (name, label, units, run) => ({ name, label, own: true, units, run });

function listRoot(leafHashes, hash) {
  let level = Array.from({ length: LIST_LEAVES }, (_, i) =>
    leafHashes.subarray(32 * i, 32 * i + 32),
  );
  const pair = new Uint8Array(65).fill(1, 0, 1);
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i < level.length; i += 2) {
      pair.set(level[i], 1);
      pair.set(level[i + 1], 33);
      next.push(hash(pair));
    }
    level = next;
  }
  return level[0];
}

function listTable({ kernels, scalar, asSha256, wasmHasher }) {
  const leafHashes = new Uint8Array(randomBytes(32 * LIST_LEAVES));
  const byHash = (name, label, hash) =>
    rival(name, label, LIST_LEAVES, () => listRoot(leafHashes, hash));
  return {
    id: "rfc9162/1024",
    title: "RFC 9162 root over 1,024 leaf hashes",
    unit: "leaf",
    baseline: "node:crypto",
    notes: ["The rivals hash the same nodes, one a call, in a loop of JavaScript."],
    cases: [
      own("rfc9162/1024", "kernel, whole tree in one call", LIST_LEAVES, () =>
        kernels.bulk.rfc9162Root(leafHashes),
      ),
      ...casesOf(scalar, ({ bulk }) => [
        own("rfc9162/1024 scalar", "kernel, scalar build", LIST_LEAVES, () =>
          bulk.rfc9162Root(leafHashes),
        ),
      ]),
      ...casesOf(asSha256, ({ digest }) => [
        byHash("as-sha256", "@chainsafe/as-sha256 digest (Wasm)", digest),
      ]),
      ...casesOf(wasmHasher, (hasher) => [
        byHash("hash-wasm", "hash-wasm", (message) =>
          hasher.init().update(message).digest("binary"),
        ),
      ]),
      byHash("noble", "@noble/hashes", sha256),
      byHash("node:crypto", "node:crypto createHash", (message) =>
        createHash("sha256").update(message).digest(),
      ),
    ],
  };
}

const bitAt = (path, depth) => (path[depth >> 3] >> (7 - (depth & 7))) & 1;

/** How many inner nodes lie above the changed leaves: what an update must hash besides the leaves. */
function countNodesAbove(paths, isChanged) {
  const order = Array.from(paths.keys()).sort((a, b) => Buffer.compare(paths[a], paths[b]));
  const visit = (from, to, depth) => {
    if (to - from < 2 || !order.slice(from, to).some(isChanged)) return 0;
    let middle = from;
    while (middle < to && bitAt(paths[order[middle]], depth) === 0) middle++;
    return 1 + visit(from, middle, depth + 1) + visit(middle, to, depth + 1);
  };
  return visit(0, paths.length, 0);
}

/** Calls that give the next 1,000 leaves new values and keep the new version; the answer is its root. */
function treeUpdates(kernels, keys, leaves, changeCount) {
  const tree = kernels.createStateTree(keys);
  let version = tree.load(leaves);
  let round = 0;
  return () => {
    const start = (round * changeCount) % leaves.length;
    round++;
    const changes = leaves.slice(start, start + changeCount).map(({ path }, i) => ({
      path,
      valueHash: leaves[(round * 7919 + i) % leaves.length].valueHash,
    }));
    const next = tree.update(version, changes);
    tree.release(version);
    version = next;
    return tree.root(version);
  };
}

function stateTable({ kernels, scalar, quick }) {
  const leafCount = quick ? 10_000 : 100_000;
  const changeCount = 1_000;
  const leaves = Array.from({ length: leafCount }, () => ({
    path: new Uint8Array(randomBytes(32)),
    valueHash: new Uint8Array(randomBytes(32)),
  }));
  const keys = {
    leafKey: new Uint8Array(randomBytes(32)),
    nodeKey: new Uint8Array(randomBytes(32)),
  };
  const above = countNodesAbove(
    leaves.map(({ path }) => path),
    (index) => index < changeCount,
  );
  const hashes = above + changeCount;
  const blocks = new Uint8Array(randomBytes(64 * hashes));
  const one = blocks.subarray(0, 64);
  const perLeaf = hashes / changeCount;
  const updates = (built) => treeUpdates(built, keys, leaves, changeCount);
  const id = `tree/${changeCount} of ${leafCount}`;
  return {
    id,
    title: `State tree: 1,000 changes of ${leafCount.toLocaleString("en")} leaves in one update`,
    unit: "changed leaf",
    baseline: "same hashes alone",
    notes: [
      `An update computes ${hashes.toLocaleString("en")} hashes, ${perLeaf.toFixed(1)} a changed leaf.`,
    ],
    cases: [
      own(id, "kernel, one call", changeCount, updates(kernels)),
      ...casesOf(scalar, (built) => [
        own(`${id} scalar`, "kernel, scalar build", changeCount, updates(built)),
      ]),
      {
        ...rival("same hashes alone", "the same hashes alone, four lanes", changeCount, () =>
          kernels.bulk.blake3KeyedMany(keys.nodeKey, blocks),
        ),
        answer: "hashes",
      },
      {
        ...rival("noble", "the same hashes alone, @noble/hashes", 16 / perLeaf, () => {
          for (let i = 0; i < 16; i++) blake3(one, { key: keys.nodeKey });
        }),
        answer: "no",
      },
    ],
  };
}

export async function createSuite({ quick }) {
  const missing = [];
  const kernels = await loadKernels();
  const scalar = kernels.compiled.simd ? await loadKernels({ simd: false }) : undefined;
  const asSha256 = await loadRival("@chainsafe/as-sha256", missing);
  const wasmHasher = await (await loadRival("hash-wasm", missing))?.createSHA256();
  return {
    tables: [
      listTable({ kernels, scalar, asSha256, wasmHasher }),
      stateTable({ kernels, scalar, quick }),
    ],
    facts: {},
    missing,
  };
}
