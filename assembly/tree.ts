/**
 * Module `tree`: the nodes of the state tree, a persistent compressed sparse Merkle tree. A version is
 * the reference of its root; versions share what they have in common and are counted by owners.
 */
import {
  bytesInUse,
  clearFull,
  countInner,
  countLeaves,
  hashAt,
  isFull,
  isLeaf,
  leafAt,
  release as releaseRef,
  startArena,
} from "./tree/arena";
import {
  CHANGE_KINDS,
  CHANGE_PATHS,
  CHANGE_VALUES,
  INNER_BYTES,
  INNER_LEFT,
  INNER_RIGHT,
  KEYS,
  LEAF_BYTES,
  MAX_CHANGES,
  QUERY_PATH,
  RESULT,
  RESULT_LEAF,
} from "./tree/layout";
import { dropPending, hashPending } from "./tree/pending";
import { apply, bitAt, equal32 } from "./tree/update";

export {
  CHANGE_KINDS,
  CHANGE_PATHS,
  CHANGE_VALUES,
  INNER_BYTES,
  KEYS,
  LEAF_BYTES,
  MAX_CHANGES,
  QUERY_PATH,
  RESULT,
  RESULT_LEAF,
};

export const STATUS_OK: i32 = 0;
export const STATUS_FULL: i32 = 1;

/** Root reference that the last `update` made; valid when it gave STATUS_OK. */
let updated: u32 = 0;

/** Call once, after the two keys are written to KEYS. `limitBytes` bounds the module's memory. */
export function start(limitBytes: f64): void {
  startArena(limitBytes);
}

/**
 * Applies the first `count` changes of the change buffers, sorted by path and without repeats, to the tree
 * at `root`. The old tree stays; `updatedRoot` is a new reference that the caller owns.
 */
export function update(root: u32, count: u32): i32 {
  updated = apply(root, 0, 0, count);
  if (isFull()) {
    clearFull();
    dropPending();
    releaseRef(updated);
    updated = 0;
    return STATUS_FULL;
  }
  hashPending();
  return STATUS_OK;
}

export function updatedRoot(): u32 {
  return updated;
}

/** Writes the root hash of the tree at `root` to RESULT. */
export function rootHash(root: u32): void {
  memory.copy(RESULT, hashAt(root), 32);
}

/** 1 and the leaf in RESULT_LEAF when the tree has QUERY_PATH, else 0. */
export function get(root: u32): i32 {
  let ref = root;
  for (let depth: u32 = 0; ref != 0 && !isLeaf(ref); depth++) {
    ref = load<u32>(<usize>ref + (bitAt(QUERY_PATH, depth) != 0 ? INNER_RIGHT : INNER_LEFT));
  }
  if (ref == 0 || !equal32(leafAt(ref), QUERY_PATH)) return 0;
  memory.copy(RESULT_LEAF, leafAt(ref), 64);
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
    const left = load<u32>(ref, INNER_LEFT);
    const right = load<u32>(ref, INNER_RIGHT);
    const goRight = bitAt(QUERY_PATH, depth) != 0;
    memory.copy(RESULT + ((<usize>depth) << 5), hashAt(goRight ? left : right), 32);
    ref = goRight ? right : left;
    depth++;
  }
  if (ref == 0) return depth << 1;
  memory.copy(RESULT_LEAF, leafAt(ref), 64);
  return (depth << 1) | 1;
}

/** Gives up one reference to the tree at `root`. */
export function release(root: u32): void {
  releaseRef(root);
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
