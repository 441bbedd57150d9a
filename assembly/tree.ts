/**
 * Module `tree`: the nodes of the state tree, a persistent compressed sparse Merkle tree. A version is
 * the reference of its root and a number, its birth: larger than that of the version it was made from. Versions
 * share what they have in common; who came from whom is known to the caller (src/kernels/stateTree.ts).
 */
import {
  bodyOf,
  bytesInUse,
  clearFull,
  countInner,
  countLeaves,
  countLeavesMade,
  freeYounger as freeYoungerNodes,
  halfOf,
  isFull,
  isLeaf,
  reserveNodes,
  startArena,
} from "./tree/arena";
import { BUFFERS_BYTES, givenAt, givenRemovesAt, placeBuffers, sortChanges } from "./tree/changes";
import {
  BODY_BYTES,
  bitAt,
  copy32,
  equal32,
  KEYS,
  LEAF_KEY,
  MAX_CHANGES,
  NODE_KEY,
  QUERY_PATH,
  RESULT,
  RESULT_LEAF,
  ZERO_HASH,
} from "./tree/layout";
import { computedHashes, dropPending, hashNode, hashPending } from "./tree/pending";
import {
  dropList as dropReplaced,
  freeReplaced as freeReplacedNodes,
  takeReplaced,
} from "./tree/replaced";
import { applyChanges } from "./tree/update";

export { KEYS, MAX_CHANGES, QUERY_PATH, RESULT, RESULT_LEAF };

/** 1 + 1 / ln 2 if paths are random, rounded up. */
const NODES_PER_LEAF: f64 = 2.45;

export const STATUS_OK: i32 = 0;
export const STATUS_FULL: i32 = 1;
/** Two changes name one path. */
export const STATUS_TWICE: i32 = 2;

/** What the last `update` made; valid when it gave STATUS_OK. */
let madeRoot: u32 = 0;
let madeReplaced: u32 = 0;

/**
 * Call once, after the two keys are written to KEYS. `limitBytes` bounds the module's memory, but for the
 * buffers of changes, which are made in any case; false when the host has not even that much.
 */
export function start(limitBytes: f64): bool {
  const buffers = (__heap_base + 15) & ~15;
  const end = buffers + BUFFERS_BYTES;
  const pages = <i32>((end + 65535) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  placeBuffers(buffers);
  startArena(end, limitBytes);
  return true;
}

/** Grows the memory once for `count` more leaves with random paths, as far as the limit and the host allow. */
export function reserve(count: f64): void {
  reserveNodes(count * NODES_PER_LEAF);
}

/** Where the changes of the next update go: 64 bytes each, path and value hash. */
export function changes(): usize {
  return givenAt();
}

/** Where one byte for each change goes: not 0 if it takes the leaf away. */
export function removals(): usize {
  return givenRemovesAt();
}

/**
 * Applies the first `count` changes, in any order, to the tree at `root`, as version `birth`. The old tree stays. The
 * caller owns `updatedRoot` and `updatedReplaced`, the list of the old tree's nodes that the new one does not have.
 */
export function update(root: u32, count: u32, birth: f64): i32 {
  if (!sortChanges(count)) return STATUS_TWICE;
  madeRoot = applyChanges(root, count, <u64>birth);
  madeReplaced = takeReplaced();
  if (isFull()) {
    clearFull();
    dropPending();
    freeYoungerNodes(madeRoot, <u64>birth - 1);
    dropReplaced(madeReplaced);
    return STATUS_FULL;
  }
  hashPending();
  return STATUS_OK;
}

export function updatedRoot(): u32 {
  return madeRoot;
}

export function updatedReplaced(): u32 {
  return madeReplaced;
}

/** Frees the nodes of the tree at `root` that were made after version `birth`. */
export function freeYounger(root: u32, birth: f64): void {
  freeYoungerNodes(root, <u64>birth);
}

/** Frees the nodes in `list` that were made after version `birth`; the list of all others in both lists. */
export function freeReplaced(list: u32, birth: f64, older: u32): u32 {
  return freeReplacedNodes(list, <u64>birth, older);
}

/** Ends a list; its nodes stay. */
export function dropList(list: u32): void {
  dropReplaced(list);
}

/** Writes the root hash of the tree at `root` to RESULT. */
export function rootHash(root: u32): void {
  if (root == 0) copy32(RESULT, ZERO_HASH);
  else hashNode(root, isLeaf(root) ? LEAF_KEY : NODE_KEY, RESULT);
}

/** 1 and the leaf in RESULT_LEAF when the tree has QUERY_PATH, else 0. */
export function get(root: u32): i32 {
  let ref = root;
  for (let depth: u32 = 0; ref != 0 && !isLeaf(ref); depth++) {
    ref = halfOf(ref, bitAt(QUERY_PATH, depth));
  }
  if (ref == 0 || !equal32(bodyOf(ref), QUERY_PATH)) return 0;
  memory.copy(RESULT_LEAF, bodyOf(ref), BODY_BYTES);
  return 1;
}

/**
 * Writes the siblings of QUERY_PATH from the root downward to RESULT. Gives 2 * (their number), plus 1 when
 * the walk ended at a leaf, which is then in RESULT_LEAF; otherwise it ended at an empty subtree.
 */
export function prove(root: u32): u32 {
  let ref = root;
  let depth: u32 = 0;
  while (ref != 0 && !isLeaf(ref)) {
    const right = bitAt(QUERY_PATH, depth);
    copy32(RESULT + ((<usize>depth) << 5), <usize>ref + (right != 0 ? 0 : 32));
    ref = halfOf(ref, right);
    depth++;
  }
  if (ref == 0) return depth << 1;
  memory.copy(RESULT_LEAF, bodyOf(ref), BODY_BYTES);
  return (depth << 1) | 1;
}

export function usedBytes(): f64 {
  return bytesInUse();
}

export function innerNodes(): u32 {
  return countInner();
}

export function leaves(): u32 {
  return countLeaves();
}

/** Hashes of nodes that updates have computed since the start, without roots and those of unchanged leaves. */
export function hashes(): f64 {
  return <f64>(computedHashes() + countLeavesMade());
}
