import { isFull, isLeaf, leafAt, newInner, newLeaf, release, retain } from "./arena";
import {
  CHANGE_KINDS,
  CHANGE_PATHS,
  CHANGE_VALUES,
  INNER_LEFT,
  INNER_RIGHT,
  LEAF_VALUE,
} from "./layout";
import { addPendingInner, addPendingLeaf } from "./pending";

/** Bit `depth` of a path, counted from the most significant bit of byte 0. */
export function bitAt(path: usize, depth: u32): u32 {
  return (<u32>load<u8>(path + (<usize>depth >> 3)) >> (7 - (depth & 7))) & 1;
}

export function equal32(a: usize, b: usize): bool {
  return (
    load<u64>(a) == load<u64>(b) &&
    load<u64>(a, 8) == load<u64>(b, 8) &&
    load<u64>(a, 16) == load<u64>(b, 16) &&
    load<u64>(a, 24) == load<u64>(b, 24)
  );
}

function pathOf(change: u32): usize {
  return CHANGE_PATHS + ((<usize>change) << 5);
}

/** First change of the sorted range [low, high), all alike before `depth`, whose bit there is 1. */
function split(depth: u32, low: u32, high: u32): u32 {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitAt(pathOf(middle), depth) != 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The subtree over two subtrees whose references it takes over: a new inner node, or, when at most one
 * leaf is left in both, that leaf itself.
 */
function join(left: u32, right: u32, depth: u32): u32 {
  if (isFull()) {
    release(left);
    release(right);
    return 0;
  }
  if (left == 0 && (right == 0 || isLeaf(right))) return right;
  if (right == 0 && isLeaf(left)) return left;
  const node = newInner(left, right);
  if (node == 0) {
    release(left);
    release(right);
    return 0;
  }
  addPendingInner(node, depth);
  return node;
}

function setLeaf(change: u32): u32 {
  const ref = newLeaf();
  if (ref == 0) return 0;
  memory.copy(leafAt(ref), pathOf(change), 32);
  memory.copy(leafAt(ref) + LEAF_VALUE, CHANGE_VALUES + ((<usize>change) << 5), 32);
  addPendingLeaf(ref);
  return ref;
}

/** A subtree of nothing but `old` (a leaf, or 0) after the changes [low, high). */
function build(old: u32, depth: u32, low: u32, high: u32): u32 {
  if (low == high) return retain(old);
  if (high - low == 1) {
    const sets = load<u8>(CHANGE_KINDS + low) != 0;
    if (old == 0) return sets ? setLeaf(low) : 0;
    if (equal32(leafAt(old), pathOf(low))) {
      if (!sets) return 0;
      const same = equal32(leafAt(old) + LEAF_VALUE, CHANGE_VALUES + ((<usize>low) << 5));
      return same ? retain(old) : setLeaf(low);
    }
    if (!sets) return retain(old);
  }
  const middle = split(depth, low, high);
  const oldBit: u32 = old == 0 ? 0 : bitAt(leafAt(old), depth);
  const left = build(oldBit == 0 ? old : 0, depth + 1, low, middle);
  const right = build(oldBit == 0 ? 0 : old, depth + 1, middle, high);
  return join(left, right, depth);
}

/**
 * The subtree `ref` after the changes [low, high), as a reference that the caller owns. What did not change
 * is shared with `ref`, which stays as it is. When the arena is full it gives 0 and has freed all it made.
 */
export function apply(ref: u32, depth: u32, low: u32, high: u32): u32 {
  if (low == high) return retain(ref);
  if (ref == 0 || isLeaf(ref)) return build(ref, depth, low, high);
  const oldLeft = load<u32>(ref, INNER_LEFT);
  const oldRight = load<u32>(ref, INNER_RIGHT);
  const middle = split(depth, low, high);
  const left = apply(oldLeft, depth + 1, low, middle);
  const right = apply(oldRight, depth + 1, middle, high);
  if (left == oldLeft && right == oldRight && !isFull()) {
    release(left);
    release(right);
    return retain(ref);
  }
  return join(left, right, depth);
}
