// SHA-256 of tree nodes (64 bytes to 32), of one message, short and long, and SHA-512 of what a signature hashes.
//
// Inside the timed part: copying the input into Wasm memory and the digests out, into one array of all digests of a
// call (nodes) or into a fresh array (messages).

import { createHash, hash, randomBytes } from "node:crypto";
import { sha256 as nobleSha256, sha512 as nobleSha512 } from "@noble/hashes/sha2.js";
import { loadKernels } from "../../../dist/kernels/index.js";
import { casesOf, loadRival } from "../rivals.mjs";

export const NODES_A_CALL = 1024;

const rival = (name, label, units, run) => ({ name, label, own: false, units, run });
const own = (name, label, units, run) => ({ name, label, own: true, units, run });

/** For libraries that hash one message a call: all nodes of `blocks`, digests in one array. */
export function oneByOne(blocks, digest) {
  const nodes = Array.from({ length: blocks.length / 64 }, (_, i) =>
    blocks.subarray(64 * i, 64 * i + 64),
  );
  const digests = new Uint8Array(blocks.length / 2);
  return () => {
    for (let i = 0; i < nodes.length; i++) digests.set(digest(nodes[i]), 32 * i);
    return digests;
  };
}

/** For libraries that write all digests of a call into an array, which they may keep. */
export function into(fill) {
  const digests = new Uint8Array(32 * NODES_A_CALL);
  return () => {
    fill(digests);
    return digests;
  };
}

function nodesTable({ kernels, scalar, asSha256, hashtree, wasmHasher }) {
  const blocks = new Uint8Array(randomBytes(64 * NODES_A_CALL));
  const quads = Array.from({ length: NODES_A_CALL / 4 }, (_, i) =>
    [0, 1, 2, 3].map((j) => blocks.subarray(64 * (4 * i + j), 64 * (4 * i + j + 1))),
  );
  const each = (name, label, run) => rival(name, label, NODES_A_CALL, run);
  return {
    id: "sha256/node",
    title: "SHA-256 of tree nodes",
    unit: "node of 64 bytes",
    baseline: "as-sha256",
    notes: [
      `${NODES_A_CALL.toLocaleString("en")} nodes a call; libraries that hash one message a call are called that often.`,
    ],
    cases: [
      own(
        "sha256/node",
        "kernel, four lanes",
        NODES_A_CALL,
        into((out) => kernels.bulk.sha256NodesInto(blocks, out)),
      ),
      ...casesOf(scalar, ({ bulk }) => [
        own(
          "sha256/node scalar",
          "kernel, scalar build",
          NODES_A_CALL,
          into((out) => bulk.sha256NodesInto(blocks, out)),
        ),
      ]),
      ...casesOf(asSha256, ({ hashInto, batchHash4UintArray64s }) => [
        each(
          "as-sha256",
          "@chainsafe/as-sha256 hashInto (Wasm)",
          into((out) => hashInto(blocks, out)),
        ),
        each(
          "as-sha256 batchHash4",
          "@chainsafe/as-sha256 batchHash4UintArray64s",
          into((out) => {
            for (let i = 0; i < quads.length; i++) {
              const digests = batchHash4UintArray64s(quads[i]);
              for (let j = 0; j < 4; j++) out.set(digests[j], 32 * (4 * i + j));
            }
          }),
        ),
      ]),
      ...casesOf(hashtree, ({ hashInto }) => [
        each(
          "hashtree",
          "@chainsafe/hashtree hashInto (native)",
          into((out) => hashInto(blocks, out)),
        ),
      ]),
      ...casesOf(wasmHasher, (hasher) => [
        each("hash-wasm", "hash-wasm", oneByOne(blocks, hasher)),
      ]),
      each("noble", "@noble/hashes", oneByOne(blocks, nobleSha256)),
      each(
        "node:crypto",
        "node:crypto createHash",
        oneByOne(blocks, (node) => createHash("sha256").update(node).digest()),
      ),
    ],
  };
}

function messageTable({ algorithm, sizeBytes, size, kernels, asSha256, wasmHasher, noble, many }) {
  const message = new Uint8Array(randomBytes(sizeBytes));
  const id = `${algorithm}/${size}`;
  const title = `SHA-${algorithm.slice(3)} of one message, ${size}`;
  const messages = new Uint8Array(randomBytes(1024 * 111));
  return {
    id,
    title,
    unit: `message of ${size}`,
    baseline: "node:crypto",
    notes: ["Above 55 bytes `Hasher` calls node:crypto, which uses instructions that Wasm lacks."],
    cases: [
      own(id, "Hasher", 1, () => kernels.hasher[algorithm](message)),
      ...(many
        ? [
            {
              ...own(`${id} many`, "kernel, four lanes, 1,024 messages a call", 1024, () =>
                kernels.bulk.sha256Many(messages, 111),
              ),
              answer: "many",
            },
          ]
        : []),
      ...casesOf(asSha256, ({ digest }) => [
        rival("as-sha256", "@chainsafe/as-sha256 digest (Wasm)", 1, () => digest(message)),
      ]),
      ...casesOf(wasmHasher, (hasher) => [
        rival("hash-wasm", "hash-wasm", 1, () => hasher(message)),
      ]),
      rival("noble", "@noble/hashes", 1, () => noble(message)),
      rival("node:crypto", "node:crypto createHash", 1, () =>
        createHash(algorithm).update(message).digest(),
      ),
      rival("node:crypto hash", "node:crypto hash", 1, () => hash(algorithm, message, "buffer")),
    ],
  };
}

export async function createSuite() {
  const missing = [];
  const kernels = await loadKernels();
  const scalar = kernels.compiled.simd ? await loadKernels({ simd: false }) : undefined;
  const asSha256 = await loadRival("@chainsafe/as-sha256", missing);
  const hashtree = await loadRival("@chainsafe/hashtree", missing);
  const hashWasm = await loadRival("hash-wasm", missing);
  const oneShot = (hasher) =>
    hasher && ((message) => hasher.init().update(message).digest("binary"));
  const wasm256 = oneShot(await hashWasm?.createSHA256());
  const wasm512 = oneShot(await hashWasm?.createSHA512());
  const sha256 = {
    algorithm: "sha256",
    kernels,
    asSha256,
    wasmHasher: wasm256,
    noble: nobleSha256,
  };
  return {
    tables: [
      nodesTable({ kernels, scalar, asSha256, hashtree, wasmHasher: wasm256 }),
      messageTable({ ...sha256, sizeBytes: 111, size: "111 bytes", many: true }),
      messageTable({ ...sha256, sizeBytes: 65_536, size: "64 KiB" }),
      messageTable({
        algorithm: "sha512",
        sizeBytes: 192,
        size: "192 bytes",
        kernels,
        wasmHasher: wasm512,
        noble: nobleSha512,
      }),
    ],
    facts: {},
    missing,
  };
}
