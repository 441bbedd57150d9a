import {
  bodyOf,
  freeYounger,
  halfOf,
  isFull,
  isLeaf,
  leftOf,
  newInner,
  newLeaf,
  rightOf,
} from "./arena";
import { hashLeavesTo, leafHashOf, pathOf, removesLeaf } from "./changes";
import { bitAt, copy32, equal32, LEAF_KEY, LEAF_VALUE, ZERO_HASH } from "./layout";
import {
  addPending,
  countPending,
  hashNode,
  hashPending,
  LEFT_MISSING,
  RIGHT_MISSING,
} from "./pending";
import { addReplaced } from "./replaced";
import { touchPaths } from "./touch";

/**
 * Changes that are applied and hashed together: what they read and make (about 2 KiB each) stays in the
 * cache between its uses.
 */
const PART: u32 = 64;
/** Below this many waiting nodes levels are too short to fill four lanes. */
const ENOUGH: u32 = 512;

/** The hash of an old root, which no node holds. */
const ROOT_HASH = memory.data(32, 16);
/** Number of the version that is being made. */
let birth: u64 = 0;
/**
 * Second result of the functions below: where the hash of the subtree they give can be read, or 0 when it is a
 * new inner node, whose hash is not there before `hashPending`.
 */
let resultHash: usize = 0;

/** First change of the sorted range [low, high), all alike before `depth`, whose bit there is 1. */
function split(depth: u32, low: u32, high: u32): u32 {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitAt(pathOf(middle), depth) != 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Frees what of two subtrees this update made. */
function discard(left: u32, right: u32): u32 {
  freeYounger(left, birth - 1);
  freeYounger(right, birth - 1);
  return 0;
}

/**
 * The subtree over two subtrees, whose hashes are at `leftHash` and `rightHash` (0: pending): a new inner
 * node, or, when at most one leaf is left in both, that leaf itself.
 */
function join(left: u32, leftHash: usize, right: u32, rightHash: usize, depth: u32): u32 {
  if (isFull()) return discard(left, right);
  if (left == 0 && (right == 0 || isLeaf(right))) {
    resultHash = rightHash;
    return right;
  }
  if (right == 0 && isLeaf(left)) {
    resultHash = leftHash;
    return left;
  }
  const node = newInner(left, right, birth);
  if (node == 0) return discard(left, right);
  let missing: u32 = 0;
  if (leftHash != 0) copy32(node, leftHash);
  else missing = LEFT_MISSING;
  if (rightHash != 0) copy32(node + 32, rightHash);
  else missing |= RIGHT_MISSING;
  if (missing != 0) addPending(node, depth, missing);
  resultHash = 0;
  return node;
}

function setLeaf(change: u32): u32 {
  const ref = newLeaf(birth);
  if (ref == 0) return 0;
  const leaf = bodyOf(ref);
  copy32(leaf, pathOf(change));
  copy32(leaf + LEAF_VALUE, pathOf(change) + 32);
  resultHash = leafHashOf(change);
  return ref;
}

function keep(ref: u32, hash: usize): u32 {
  resultHash = hash;
  return ref;
}

/** One change in a subtree of nothing but `old` (a leaf, or 0). Gives -1 when both must stay. */
function replaceLeaf(old: u32, oldHash: usize, change: u32): i64 {
  const removes = removesLeaf(change);
  if (old == 0) return removes ? keep(0, ZERO_HASH) : setLeaf(change);
  const leaf = bodyOf(old);
  if (!equal32(leaf, pathOf(change))) return removes ? keep(old, oldHash) : -1;
  if (!removes && equal32(leaf + LEAF_VALUE, pathOf(change) + 32)) return keep(old, oldHash);
  addReplaced(old);
  return removes ? keep(0, ZERO_HASH) : setLeaf(change);
}

/** A subtree of nothing but `old` (a leaf, or 0) after the changes [low, high). */
function build(old: u32, oldHash: usize, depth: u32, low: u32, high: u32): u32 {
  if (low == high) return keep(old, oldHash);
  if (high - low == 1) {
    const result = replaceLeaf(old, oldHash, low);
    if (result >= 0) return <u32>result;
  }
  const middle = split(depth, low, high);
  const oldRight = old != 0 && bitAt(bodyOf(old), depth) != 0;
  const left = build(oldRight ? 0 : old, oldRight ? ZERO_HASH : oldHash, depth + 1, low, middle);
  const leftHash = resultHash;
  const right = build(oldRight ? old : 0, oldRight ? oldHash : ZERO_HASH, depth + 1, middle, high);
  return join(left, leftHash, right, resultHash, depth);
}

/** Inner nodes on the way of one change, from where it alone goes on. */
const WAY = memory.data(1024, 16);

/** `applyPart` of a single change: most of the nodes that an update makes are made here. */
function applyOne(ref: u32, hash: usize, depth: u32, change: u32): u32 {
  const path = pathOf(change);
  const first = depth;
  let oldHalf = ref;
  let halfHash = hash;
  while (oldHalf != 0 && !isLeaf(oldHalf)) {
    store<u32>(WAY + ((<usize>depth) << 2), oldHalf);
    const right = bitAt(path, depth);
    halfHash = <usize>oldHalf + (right << 5);
    oldHalf = halfOf(oldHalf, right);
    depth++;
  }
  let half = build(oldHalf, halfHash, depth, change, change + 1);
  if (half == oldHalf && !isFull()) return keep(ref, hash);
  while (depth > first) {
    depth--;
    const old = load<u32>(WAY + ((<usize>depth) << 2));
    addReplaced(old);
    if (bitAt(path, depth) != 0) half = join(leftOf(old), old, half, resultHash, depth);
    else half = join(half, resultHash, rightOf(old), <usize>old + 32, depth);
  }
  return half;
}

/** `apply` of changes so few that they are one part, and at least one. */
function applyPart(ref: u32, hash: usize, depth: u32, low: u32, high: u32): u32 {
  if (ref == 0 || isLeaf(ref)) return build(ref, hash, depth, low, high);
  if (high - low == 1) return applyOne(ref, hash, depth, low);
  const oldLeft = leftOf(ref);
  const oldRight = rightOf(ref);
  const middle = split(depth, low, high);
  let left = oldLeft;
  let leftHash: usize = ref;
  if (low != middle) {
    left = applyPart(oldLeft, leftHash, depth + 1, low, middle);
    leftHash = resultHash;
  }
  let right = oldRight;
  let rightHash: usize = <usize>ref + 32;
  if (middle != high) {
    right = applyPart(oldRight, rightHash, depth + 1, middle, high);
    rightHash = resultHash;
  }
  if (left == oldLeft && right == oldRight && !isFull()) return keep(ref, hash);
  addReplaced(ref);
  return join(left, leftHash, right, rightHash, depth);
}

/**
 * The subtree `ref`, whose hash is at `hash`, after the changes [low, high). What did not change is shared with
 * `ref`, which stays as it is. When the arena is full it gives 0 and has freed all it made.
 */
function apply(ref: u32, hash: usize, depth: u32, low: u32, high: u32): u32 {
  if (low == high) return keep(ref, hash);
  if (high - low <= PART) {
    hashLeavesTo(high);
    touchPaths(ref, depth, low, high);
    const result = applyPart(ref, hash, depth, low, high);
    if (countPending() >= ENOUGH && !isFull()) hashPending();
    return result;
  }
  const inner = ref != 0 && !isLeaf(ref);
  let oldLeft: u32 = 0;
  let oldRight: u32 = 0;
  let leftHash: usize = ZERO_HASH;
  let rightHash: usize = ZERO_HASH;
  if (inner) {
    oldLeft = leftOf(ref);
    oldRight = rightOf(ref);
    leftHash = ref;
    rightHash = <usize>ref + 32;
  } else if (ref != 0 && bitAt(bodyOf(ref), depth) != 0) {
    oldRight = ref;
    rightHash = hash;
  } else if (ref != 0) {
    oldLeft = ref;
    leftHash = hash;
  }
  const middle = split(depth, low, high);
  const left = apply(oldLeft, leftHash, depth + 1, low, middle);
  leftHash = resultHash;
  const right = apply(oldRight, rightHash, depth + 1, middle, high);
  rightHash = resultHash;
  if (inner) {
    if (left == oldLeft && right == oldRight && !isFull()) return keep(ref, hash);
    addReplaced(ref);
  }
  return join(left, leftHash, right, rightHash, depth);
}

/** The tree `root` after the sorted changes, as version `version`; 0 and `isFull()` when there is no room. */
export function applyChanges(root: u32, count: u32, version: u64): u32 {
  birth = version;
  // It moves down when other leaves are added; an inner node never does.
  if (isLeaf(root)) hashNode(root, LEAF_KEY, ROOT_HASH);
  return apply(root, root == 0 ? ZERO_HASH : ROOT_HASH, 0, 0, count);
}
