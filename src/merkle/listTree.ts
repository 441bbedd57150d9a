/**
 * Merkle trees over lists (RFC 9162, section 2.1) with SHA-256: receipts, events, records, history.
 * A leaf is SHA-256(0x00, data), an inner node SHA-256(0x01, left, right).
 *
 * One deviation: the root of an empty list is 32 zero bytes, as everywhere else in Fondaco, and not
 * SHA-256 of nothing. No path exists into an empty list, so auditors' tools never meet it.
 */

import { assert } from "../base/assert.js";
import { equalBytes } from "../base/bytes.js";
import type { Hasher } from "../crypto/interfaces.js";
import { HASH_SIZE_BYTES, type Hash, ZERO_HASH } from "../types/primitives.js";

/** Input of a node's hash: written anew for each call, and hashed before it returns. */
const nodeInput = new Uint8Array(65);
nodeInput[0] = 1;

/** Hash of a leaf that holds `data`. */
export function listLeafHash(hasher: Hasher, data: Uint8Array): Hash {
  const input = new Uint8Array(1 + data.length);
  input.set(data, 1);
  return hasher.sha256(input);
}

/** Leaf hashes, one after another, of items of `sizeBytes` bytes that lie one after another. */
export function listLeafHashes(hasher: Hasher, items: Uint8Array, sizeBytes: number): Uint8Array {
  if (hasher.sha256Many !== undefined) return hasher.sha256Many(items, sizeBytes, 0);
  const hashes = new Uint8Array((items.length / sizeBytes) * HASH_SIZE_BYTES);
  for (let i = 0; i * sizeBytes < items.length; i++) {
    const item = items.subarray(i * sizeBytes, (i + 1) * sizeBytes);
    hashes.set(listLeafHash(hasher, item), i * HASH_SIZE_BYTES);
  }
  return hashes;
}

/** Hash of an inner node. */
export function listNodeHash(hasher: Hasher, left: Hash, right: Hash): Hash {
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return hasher.sha256(nodeInput);
}

/** Largest power of two below `size`, which is at least 2. Sizes go up to 2^53. */
export function splitOf(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** Root over leaf data: MTH of RFC 9162, 2.1.1; zero for an empty list. */
export function listRoot(hasher: Hasher, leaves: readonly Uint8Array[]): Hash {
  return listRootOfHashes(
    hasher,
    leaves.map((data) => listLeafHash(hasher, data)),
  );
}

/** As {@link listRoot}, from the leaves' hashes. */
export function listRootOfHashes(hasher: Hasher, leafHashes: readonly Hash[]): Hash {
  if (leafHashes.length === 0) return ZERO_HASH;
  // Pairing level by level and carrying an odd last node upwards gives the same tree as the
  // recursive definition, without recursion.
  let level = leafHashes;
  while (level.length > 1) {
    const above: Hash[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      above.push(listNodeHash(hasher, level[i]!, level[i + 1]!));
    }
    if (level.length % 2 === 1) above.push(level[level.length - 1]!);
    level = above;
  }
  return level[0]!;
}

/** As {@link listRootOfHashes}, of leaf hashes that lie one after another. */
export function listRootOfPackedHashes(hasher: Hasher, leafHashes: Uint8Array): Hash {
  if (leafHashes.length === HASH_SIZE_BYTES) return leafHashes.slice();
  if (leafHashes.length === 2 * HASH_SIZE_BYTES) {
    nodeInput.set(leafHashes, 1);
    return hasher.sha256(nodeInput);
  }
  if (leafHashes.length > 0 && hasher.rfc9162Root !== undefined) {
    return hasher.rfc9162Root(leafHashes);
  }
  const hashes: Hash[] = [];
  for (let at = 0; at < leafHashes.length; at += HASH_SIZE_BYTES) {
    hashes.push(leafHashes.subarray(at, at + HASH_SIZE_BYTES));
  }
  return listRootOfHashes(hasher, hashes);
}

/** Root of the leaves `start` to `end - 1`, where that range is a node of the tree. */
export type RangeRoot = (start: number, end: number) => Hash;

function rangeRootOf(hasher: Hasher, leafHashes: readonly Hash[]): RangeRoot {
  return (start, end) => listRootOfHashes(hasher, leafHashes.slice(start, end));
}

/** Inclusion path of leaf `index` among `size` (RFC 9162, 2.1.3.1), from the leaf upwards. */
export function inclusionPathBy(rangeRoot: RangeRoot, index: number, size: number): Hash[] {
  assert(index >= 0 && index < size, "a path starts at a leaf of the tree");
  const path: Hash[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.push(rangeRoot(middle, end));
      end = middle;
    } else {
      path.push(rangeRoot(start, middle));
      start = middle;
    }
  }
  return path.reverse();
}

export function inclusionPath(hasher: Hasher, leafHashes: readonly Hash[], index: number): Hash[] {
  return inclusionPathBy(rangeRootOf(hasher, leafHashes), index, leafHashes.length);
}

/**
 * The root that a path leads to (RFC 9162, 2.1.3.2), or undefined when no tree of `size` leaves has
 * a path of this length at `index`.
 */
export function rootFromInclusionPath(
  hasher: Hasher,
  leafHash: Hash,
  index: number,
  size: number,
  path: readonly Hash[],
): Hash | undefined {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index)) return undefined;
  if (index < 0 || index >= size) return undefined;
  let node = index;
  let last = size - 1;
  let root = leafHash;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = listNodeHash(hasher, sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = listNodeHash(hasher, root, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
}

/** Whether `path` proves that leaf `index` of the list of `size` leaves under `root` is this one. */
export function verifyInclusion(
  hasher: Hasher,
  leafHash: Hash,
  index: number,
  size: number,
  path: readonly Hash[],
  root: Hash,
): boolean {
  const computed = rootFromInclusionPath(hasher, leafHash, index, size, path);
  return computed !== undefined && equalBytes(computed, root);
}

/** Proof that the first `oldSize` of `size` leaves are the older list (RFC 9162, 2.1.4.1). */
export function consistencyPathBy(rangeRoot: RangeRoot, oldSize: number, size: number): Hash[] {
  assert(oldSize >= 1 && oldSize <= size, "the older list is a part of the newer one");
  const path: Hash[] = [];
  let start = 0;
  let end = size;
  while (oldSize !== end) {
    const middle = start + splitOf(end - start);
    if (oldSize <= middle) {
      path.push(rangeRoot(middle, end));
      end = middle;
    } else {
      path.push(rangeRoot(start, middle));
      start = middle;
    }
  }
  // The verifier knows the old root; it needs the node where both trees meet unless that is it.
  if (start !== 0) path.push(rangeRoot(start, end));
  return path.reverse();
}

export function consistencyPath(
  hasher: Hasher,
  leafHashes: readonly Hash[],
  oldSize: number,
): Hash[] {
  return consistencyPathBy(rangeRootOf(hasher, leafHashes), oldSize, leafHashes.length);
}

/**
 * Whether the list of `size` leaves under `root` begins with the list of `oldSize` leaves under
 * `oldRoot` (RFC 9162, 2.1.4.2). Both sizes are at least 1.
 */
export function verifyConsistency(
  hasher: Hasher,
  oldSize: number,
  oldRoot: Hash,
  size: number,
  root: Hash,
  path: readonly Hash[],
): boolean {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(oldSize)) return false;
  if (oldSize < 1 || oldSize > size) return false;
  if (oldSize === size) return path.length === 0 && equalBytes(oldRoot, root);
  let node = oldSize - 1;
  let last = size - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  // An older list that is one complete subtree is its own first node.
  let next = 0;
  const first = node === 0 ? oldRoot : path[next++];
  if (first === undefined) return false;
  let oldNode = first;
  let newNode = first;
  for (; next < path.length; next++) {
    const sibling = path[next]!;
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldNode = listNodeHash(hasher, sibling, oldNode);
      newNode = listNodeHash(hasher, sibling, newNode);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newNode = listNodeHash(hasher, newNode, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(oldNode, oldRoot) && equalBytes(newNode, root);
}
