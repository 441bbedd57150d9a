import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { compareBytes, concatBytes, equalBytes, fromMapKey, utf8 } from "../../src/base/bytes.js";
import type { StatePath } from "../../src/merkle/stateTree.js";

export const leafKey = sha256(utf8("fondaco/leaf/1."));
export const nodeKey = sha256(utf8("fondaco/node/1."));

export interface OracleLeaf {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array;
}

const bitAt = (path: Uint8Array, depth: number) =>
  ((path[depth >> 3] as number) >> (7 - (depth & 7))) & 1;

const hashLeaf = (leaf: OracleLeaf) =>
  blake3(concatBytes(leaf.path, leaf.valueHash), { key: leafKey });

const hashNode = (left: Uint8Array, right: Uint8Array) =>
  blake3(concatBytes(left, right), { key: nodeKey });

function rootOfSorted(leaves: readonly OracleLeaf[], depth: number): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32);
  if (leaves.length === 1) return hashLeaf(leaves[0] as OracleLeaf);
  const right = leaves.findIndex((leaf) => bitAt(leaf.path, depth) === 1);
  const middle = right < 0 ? leaves.length : right;
  return hashNode(
    rootOfSorted(leaves.slice(0, middle), depth + 1),
    rootOfSorted(leaves.slice(middle), depth + 1),
  );
}

/** The root straight from its definition. Keys of `contents` are map keys of paths. */
export function oracleRoot(contents: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const leaves = [...contents].map(([key, valueHash]) => ({ path: fromMapKey(key), valueHash }));
  leaves.sort((a, b) => compareBytes(a.path, b.path));
  return rootOfSorted(leaves, 0);
}

/** What a proof says about `path` under `root`: the value hash, absent, or that it proves nothing. */
export function checkProof(
  root: Uint8Array,
  path: Uint8Array,
  { siblings, terminal }: StatePath,
): Uint8Array | "absent" | "invalid" {
  if (terminal !== undefined) {
    for (let depth = 0; depth < siblings.length; depth++) {
      if (bitAt(terminal.path, depth) !== bitAt(path, depth)) return "invalid";
    }
  }
  let hash = terminal === undefined ? new Uint8Array(32) : hashLeaf(terminal);
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as Uint8Array;
    hash = bitAt(path, depth) === 1 ? hashNode(sibling, hash) : hashNode(hash, sibling);
  }
  if (!equalBytes(hash, root)) return "invalid";
  return terminal !== undefined && equalBytes(terminal.path, path) ? terminal.valueHash : "absent";
}
