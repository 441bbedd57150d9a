// BLAKE3 of tree nodes (64 bytes to 32, keyed as in the state tree) and of a long message. The rival of the nodes is
// native SHA-256 by hashtree: the fastest tree hash that JavaScript can install, though another hash.
//
// Inside the timed part: copying in and out, as with SHA-256.

import { randomBytes } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import { loadKernels } from "../../../dist/kernels/index.js";
import { casesOf, loadRival } from "../rivals.mjs";
import { into, NODES_A_CALL, oneByOne } from "./sha2.mjs";

const rival = (name, label, units, run) => ({ name, label, own: false, units, run });
const own = (name, label, units, run) => ({ name, label, own: true, units, run });

export async function createSuite() {
  const missing = [];
  const kernels = await loadKernels();
  const scalar = kernels.compiled.simd ? await loadKernels({ simd: false }) : undefined;
  const hashtree = await loadRival("@chainsafe/hashtree", missing);
  const hashWasm = await loadRival("hash-wasm", missing);
  const key = new Uint8Array(randomBytes(32));
  const blocks = new Uint8Array(randomBytes(64 * NODES_A_CALL));
  const keyedWasm = await hashWasm?.createBLAKE3(256, key);
  const plainWasm = await hashWasm?.createBLAKE3();
  const large = new Uint8Array(randomBytes(65_536));
  const binary = (hasher) => (message) => hasher.init().update(message).digest("binary");

  const nodes = {
    id: "blake3/node",
    title: "BLAKE3 of tree nodes",
    unit: "node of 64 bytes",
    baseline: "hashtree",
    notes: [
      "hashtree computes SHA-256, with the processor's instructions for it where there are some.",
    ],
    cases: [
      own(
        "blake3/node",
        "kernel, four lanes",
        NODES_A_CALL,
        into((out) => kernels.bulk.blake3NodesInto(key, blocks, out)),
      ),
      ...casesOf(scalar, ({ bulk }) => [
        own(
          "blake3/node scalar",
          "kernel, scalar build",
          NODES_A_CALL,
          into((out) => bulk.blake3NodesInto(key, blocks, out)),
        ),
      ]),
      ...casesOf(hashtree, ({ hashInto }) => [
        {
          ...rival(
            "hashtree",
            "@chainsafe/hashtree hashInto, SHA-256 (native)",
            NODES_A_CALL,
            into((out) => hashInto(blocks, out)),
          ),
          answer: "sha256",
        },
      ]),
      ...casesOf(keyedWasm, (hasher) => [
        rival("hash-wasm", "hash-wasm", NODES_A_CALL, oneByOne(blocks, binary(hasher))),
      ]),
      rival(
        "noble",
        "@noble/hashes",
        NODES_A_CALL,
        oneByOne(blocks, (node) => blake3(node, { key })),
      ),
    ],
  };
  const long = {
    id: "blake3/64 KiB",
    title: "BLAKE3 of one message, 64 KiB",
    unit: "message of 64 KiB",
    baseline: "hash-wasm",
    notes: [],
    cases: [
      own("blake3/64 KiB", "Hasher", 1, () => kernels.hasher.blake3(large)),
      ...casesOf(plainWasm, (hasher) => [
        rival("hash-wasm", "hash-wasm", 1, () => binary(hasher)(large)),
      ]),
      rival("noble", "@noble/hashes", 1, () => blake3(large)),
    ],
  };
  return { tables: [nodes, long], facts: {}, missing };
}
