/**
 * Hashes of the state tree (DESIGN.md section 5) and the root to which a {@link StatePath} leads.
 * Everything is BLAKE3 `keyed_hash`; the keys are SHA-256 of 15-byte tags.
 */

import { assert } from "../base/assert.js";
import { concatBytes, equalBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { Writer } from "../codec/writer.js";
import { TREE_TAGS } from "../crypto/domainTags.js";
import type { Hasher } from "../crypto/interfaces.js";
import { HASH_SIZE_BYTES, type Hash, ZERO_HASH } from "../types/primitives.js";
import type { StatePath } from "./stateTree.js";

export const BLIND_SIZE_BYTES = 16;

/** Blind of public rows. */
export const ZERO_BLIND = new Uint8Array(BLIND_SIZE_BYTES);

/** BLAKE3 keys of the tree, 32 bytes each. */
export interface StateTreeKeys {
  readonly path: Uint8Array;
  readonly value: Uint8Array;
  readonly leaf: Uint8Array;
  readonly node: Uint8Array;
}

export function stateTreeKeys(hasher: Hasher): StateTreeKeys {
  return {
    path: hasher.sha256(TREE_TAGS.path),
    value: hasher.sha256(TREE_TAGS.value),
    leaf: hasher.sha256(TREE_TAGS.leaf),
    node: hasher.sha256(TREE_TAGS.node),
  };
}

/** The tree's hash functions over one hasher, with their keys made once. */
export interface StateHashes {
  readonly keys: StateTreeKeys;
  /** Place of a row: keyed hash of BCS(table u16, key bytes). */
  path(table: number, key: Uint8Array): Hash;
  /** Keyed hash of blind (16 bytes), then the row's bytes. */
  valueHash(blind: Uint8Array, row: Uint8Array): Hash;
  leaf(path: Hash, valueHash: Hash): Hash;
  node(left: Hash, right: Hash): Hash;
}

export function createStateHashes(hasher: Hasher): StateHashes {
  const keys = stateTreeKeys(hasher);
  return {
    keys,
    path: (table, key) => {
      const writer = new Writer(5 + key.length);
      writer.u16(table);
      writer.uleb(key.length);
      writer.raw(key);
      return hasher.blake3Keyed(keys.path, writer.finish());
    },
    valueHash: (blind, row) => {
      assert(blind.length === BLIND_SIZE_BYTES, "a blind has 16 bytes");
      return hasher.blake3Keyed(keys.value, concatBytes(blind, row));
    },
    leaf: (path, valueHash) => hasher.blake3Keyed(keys.leaf, concatBytes(path, valueHash)),
    node: (left, right) => hasher.blake3Keyed(keys.node, concatBytes(left, right)),
  };
}

/** Bit `depth` of a path: the most significant bit of byte 0 is bit 0, and 0 leads left. */
export function pathBit(path: Hash, depth: number): 0 | 1 {
  return (((path[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1;
}

/**
 * The root to which `proof` leads for `path`, or undefined when it is no proof about that path: it
 * is too deep, or its terminal leaf does not lie below the place where the walk ended.
 */
export function rootFromStatePath(
  hashes: StateHashes,
  path: Hash,
  proof: StatePath,
): Hash | undefined {
  const { siblings, terminal } = proof;
  if (path.length !== HASH_SIZE_BYTES || siblings.length > LIMITS.statePathDepthMax) {
    return undefined;
  }
  let hash = ZERO_HASH;
  if (terminal !== undefined) {
    for (let depth = 0; depth < siblings.length; depth++) {
      if (pathBit(terminal.path, depth) !== pathBit(path, depth)) return undefined;
    }
    hash = hashes.leaf(terminal.path, terminal.valueHash);
  }
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth]!;
    hash = pathBit(path, depth) === 0 ? hashes.node(hash, sibling) : hashes.node(sibling, hash);
  }
  return hash;
}

/** What a path says: a leaf with this value hash is there, none is, or nothing under this root. */
export type StateVerdict =
  | { readonly kind: "present"; readonly valueHash: Hash }
  | { readonly kind: "absent" }
  | { readonly kind: "invalid" };

export function verifyStatePath(
  hashes: StateHashes,
  root: Hash,
  path: Hash,
  proof: StatePath,
): StateVerdict {
  const computed = rootFromStatePath(hashes, path, proof);
  if (computed === undefined || !equalBytes(computed, root)) return { kind: "invalid" };
  if (proof.terminal === undefined || !equalBytes(proof.terminal.path, path)) {
    return { kind: "absent" };
  }
  return { kind: "present", valueHash: proof.terminal.valueHash };
}
