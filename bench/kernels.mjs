// Figures of the Wasm kernels beside noble and node:crypto, in one run: node bench/kernels.mjs [name...]
// Needs `npm run build`. A suite's name on the command line runs only that one.

import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import benny from "benny";
import { loadKernels } from "../dist/kernels/index.js";

const simd = await loadKernels();
const scalar = await loadKernels({ simd: false });
const variants = [...(simd.compiled.simd ? [["simd", simd]] : []), ["scalar", scalar]];
const options = { minSamples: 20, maxTime: 1 };

/** One suite. Each case does `units` units of work a call; the table is in nanoseconds for one unit. */
async function suite(name, unit, cases) {
  const asked = process.argv.slice(2);
  if (asked.length > 0 && !asked.includes(name)) return;
  const unitsOf = new Map(cases.map(([label, units]) => [label, units]));
  await benny.suite(
    name,
    ...cases.map(([label, , run]) => benny.add(label, () => void run(), options)),
    benny.complete(({ results }) => {
      console.log(`\n${name}: nanoseconds for one ${unit}`);
      const perUnit = (r) => 1e9 / r.ops / unitsOf.get(r.name);
      const slowest = Math.max(...results.map(perUnit));
      for (const r of results) {
        const times = (slowest / perUnit(r)).toFixed(1);
        console.log(
          `  ${r.name.padEnd(28)} ${perUnit(r).toFixed(0).padStart(9)}  +-${r.margin}%  x${times}`,
        );
      }
    }),
  );
}

const small = randomBytes(111);
const large = randomBytes(65_536);
const native = (name, message) => createHash(name).update(message).digest();

await suite("sha256", "hash of 111 bytes", [
  ...variants.map(([name, { hasher }]) => [`kernel ${name}`, 1, () => hasher.sha256(small)]),
  ["noble", 1, () => sha256(small)],
  ["node:crypto", 1, () => native("sha256", small)],
]);

await suite("sha256-64k", "hash of 64 KiB", [
  ...variants.map(([name, { hasher }]) => [`kernel ${name}`, 1, () => hasher.sha256(large)]),
  ["noble", 1, () => sha256(large)],
  ["node:crypto", 1, () => native("sha256", large)],
]);

await suite("blake3-64k", "hash of 64 KiB", [
  ...variants.map(([name, { hasher }]) => [`kernel ${name}`, 1, () => hasher.blake3(large)]),
  ["noble", 1, () => blake3(large)],
]);

const leafHashes = randomBytes(32 * 1024);
function merkleRoot(hash) {
  let level = Array.from({ length: 1024 }, (_, i) => leafHashes.subarray(32 * i, 32 * i + 32));
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
await suite("rfc9162-1024", "leaf of 1,024", [
  ...variants.map(([name, { bulk }]) => [
    `kernel ${name}`,
    1024,
    () => bulk.rfc9162Root(leafHashes),
  ]),
  ["noble", 1024, () => merkleRoot(sha256)],
  ["node:crypto", 1024, () => merkleRoot((message) => native("sha256", message))],
]);

const key = randomBytes(32);
const blocks = randomBytes(64 * 1024);
await suite("blake3-nodes", "keyed hash of 64 bytes", [
  ...variants.map(([name, { bulk }]) => [
    `kernel ${name}`,
    1024,
    () => bulk.blake3KeyedMany(key, blocks),
  ]),
  ["noble", 1, () => blake3(blocks.subarray(0, 64), { key })],
]);

// Every signature under its own key: nothing is merged.
const jobs = Array.from({ length: 512 }, () => {
  const secret = randomBytes(32);
  const message = randomBytes(47);
  const publicKey = ed25519.getPublicKey(secret);
  return { publicKey, signature: ed25519.sign(message, secret), message };
});
const spki = Buffer.from("302a300506032b6570032100", "hex");
const keyObjects = jobs.map(({ publicKey }) =>
  createPublicKey({ key: Buffer.concat([spki, publicKey]), format: "der", type: "spki" }),
);
let turn = 0;
const nextJob = () => jobs[turn++ & 511];
await suite("ed25519", "signature, each under its own key", [
  ...variants.flatMap(([name, kernels]) => {
    const verifier = kernels.createBatchVerifier(randomBytes);
    return [1, 3, 16, 64, 256, 512].map((count) => {
      const batch = jobs.slice(0, count);
      return [`kernel ${name}, batch of ${count}`, count, () => verifier.verify(batch)];
    });
  }),
  [
    "noble, zip215",
    1,
    () => {
      const { signature, message, publicKey } = nextJob();
      return ed25519.verify(signature, message, publicKey, { zip215: true });
    },
  ],
  [
    "node:crypto (other rule)",
    1,
    () => {
      const { signature, message } = nextJob();
      return verify(null, message, keyObjects[turn & 511 ? (turn - 1) & 511 : 511], signature);
    },
  ],
]);

const leaves = Array.from({ length: 100_000 }, () => ({
  path: new Uint8Array(randomBytes(32)),
  valueHash: new Uint8Array(randomBytes(32)),
}));
await suite("tree", "changed leaf, 1,000 of 100,000 in one update", [
  ...variants.map(([name, kernels]) => {
    const tree = kernels.createStateTree({ leafKey: key, nodeKey: key });
    let version = tree.load(leaves);
    let round = 0;
    return [
      `kernel ${name}`,
      1000,
      () => {
        const start = (round++ % 100) * 1000;
        const changes = leaves.slice(start, start + 1000).map(({ path }, i) => ({
          path,
          valueHash: leaves[(round * 7919 + i) % 100_000].valueHash,
        }));
        const next = tree.update(version, changes);
        tree.release(version);
        version = next;
      },
    ];
  }),
]);
