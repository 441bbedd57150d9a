import {
  bodyOf,
  freeYounger,
  halvesOf,
  isFull,
  isLeaf,
  leftOf,
  newInner,
  newLeaf,
  rightOf,
  startTouching,
} from "./arena";
import {
  commonBits,
  hashLeavesTo,
  leafHashOf,
  pathOf,
  removesLeaf,
  someRemove,
  split,
} from "./changes";
import { bitAt, copy32, equal32, LEAF_KEY, LEAF_VALUE, ZERO_HASH } from "./layout";
import { applyNewValues } from "./newValues";
import { addPending, countPending, hashNode, hashPending } from "./pending";
import { addReplaced } from "./replaced";
import {
  findWays,
  MAX_TOGETHER,
  ONE,
  onlyNewValues,
  WAY_ABOVE,
  WAY_CHANGES,
  WAY_HASH,
  WAY_LEFT,
  WAY_RIGHT,
} from "./ways";

/** Below this many waiting nodes levels are too short to fill four lanes. */
const ENOUGH: u32 = 1024;

/** The hash of an old root, which no node holds. */
const ROOT_HASH = memory.data(32, 16);
/** Number of the version that is being made. */
let birth: u64 = 0;
/**
 * Second result of the functions below: where the hash of the subtree they give can be read, or 0 when it is a
 * new inner node, whose hash is not there before `hashPending`.
 */
let resultHash: usize = 0;

function isInner(ref: u32): bool {
  return ref != 0 && !isLeaf(ref);
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
  if (left == 0 && (right == 0 || isLeaf(right))) {
    resultHash = rightHash;
    return right;
  }
  if (right == 0 && isLeaf(left)) {
    resultHash = leftHash;
    return left;
  }
  const node = newInner(((<u64>right) << 32) | left, birth);
  if (node == 0) return discard(left, right);
  if (leftHash != 0) copy32(node, leftHash);
  else addPending(node, left, depth);
  if (rightHash != 0) copy32(<usize>node + 32, rightHash);
  else addPending(<usize>node + 32, right, depth);
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

/**
 * Subtrees to the left of the one that `buildNew` is at, each with the depth where it and what follows it part:
 * reference, where its hash is (0: pending), depth, 4 bytes unused.
 */
const LEFT_OPEN = memory.data(4112, 16);

/**
 * The subtree of the changes [low, high) alone, at least one, none of which removes. Neighbours say where they part, so
 * each node is made once from left to right, without looking for where a half begins.
 */
function buildNew(depth: u32, low: u32, high: u32): u32 {
  let open: usize = LEFT_OPEN;
  let ref: u32 = 0;
  let hash: usize = 0;
  for (let change = low; change < high; change++) {
    if (((change - low) & 63) == 0) hashLeavesTo(min(change + 64, high));
    const path = pathOf(change);
    const last = change + 1 == high;
    const parts: i32 = last ? <i32>depth - 1 : commonBits(path, path + 64);
    ref = setLeaf(change);
    hash = leafHashOf(change);
    while (open != LEFT_OPEN && load<i32>(open - 16, 8) > parts) {
      open -= 16;
      let at = load<i32>(open, 8);
      ref = join(load<u32>(open), load<u32>(open, 4), ref, hash, at);
      hash = resultHash;
      // What is above it up to where it meets its neighbours has it as the only half.
      const above = open == LEFT_OPEN ? parts : max(parts, load<i32>(open - 16, 8));
      while (--at > above) {
        if (bitAt(path, at) != 0) ref = join(0, ZERO_HASH, ref, hash, at);
        else ref = join(ref, hash, 0, ZERO_HASH, at);
        hash = resultHash;
      }
    }
    if (last) break;
    store<u32>(open, ref);
    store<u32>(open, <u32>hash, 4);
    store<i32>(open, parts, 8);
    open += 16;
    if (countPending() >= ENOUGH && !isFull()) hashPending();
  }
  resultHash = hash;
  return ref;
}

/** A subtree of nothing but `old` (a leaf, or 0) after the changes [low, high). */
function build(old: u32, oldHash: usize, depth: u32, low: u32, high: u32): u32 {
  if (low == high) return keep(old, oldHash);
  if (high - low == 1) {
    const result = replaceLeaf(old, oldHash, low);
    if (result >= 0) return <u32>result;
  }
  if (old == 0 && !someRemove()) return buildNew(depth, low, high);
  const middle = split(depth, low, high);
  const oldRight = old != 0 && bitAt(bodyOf(old), depth) != 0;
  const left = build(oldRight ? 0 : old, oldRight ? ZERO_HASH : oldHash, depth + 1, low, middle);
  const leftHash = resultHash;
  const right = build(oldRight ? old : 0, oldRight ? oldHash : ZERO_HASH, depth + 1, middle, high);
  return join(left, leftHash, right, resultHash, depth);
}

/** `applyWay` of a record with ONE: most of the nodes that an update makes are made here. */
function applyOne(way: usize, depth: u32, low: u32): u32 {
  let at = way;
  do {
    at = <usize>(load<u32>(at, WAY_LEFT) & ~ONE);
    depth++;
  } while (isInner(load<u32>(at)));
  const oldEnd = load<u32>(at);
  const change = low + (load<u32>(at, WAY_CHANGES) & 0xffff);
  let half = build(oldEnd, load<u32>(at, WAY_HASH), depth, change, change + 1);
  if (half == oldEnd) return keep(load<u32>(way), load<u32>(way, WAY_HASH));
  do {
    at = load<u32>(at, WAY_ABOVE);
    depth--;
    const old = load<u32>(at);
    addReplaced(old);
    const shift = (<u64>load<u32>(at, WAY_RIGHT)) << 5;
    const others = halvesOf(old) & ~((<u64>0xffffffff) << shift);
    if (half == 0 || (others == 0 && isLeaf(half))) {
      const other = <u32>(others >> (32 - shift));
      const otherHash = <usize>old + 32 - <usize>shift;
      if (shift != 0) half = join(other, otherHash, half, resultHash, depth);
      else half = join(half, resultHash, other, otherHash, depth);
      continue;
    }
    const node = newInner(others | ((<u64>half) << shift), birth);
    if (node == 0) {
      half = discard(half, 0);
      continue;
    }
    copy32(node, old);
    copy32(<usize>node + 32, <usize>old + 32);
    const place = <usize>node + <usize>shift;
    if (resultHash != 0) copy32(place, resultHash);
    else addPending(place, half, depth);
    resultHash = 0;
    half = node;
  } while (at != way);
  return half;
}

/** The subtree of a record of `findWays` after its changes, which are counted from `low`. */
function applyWay(way: usize, depth: u32, low: u32): u32 {
  const ref = load<u32>(way);
  const hash = <usize>load<u32>(way, WAY_HASH);
  if (!isInner(ref)) {
    const range = load<u32>(way, WAY_CHANGES);
    return build(ref, hash, depth, low + (range & 0xffff), low + (range >> 16));
  }
  const leftWay = load<u32>(way, WAY_LEFT);
  if ((leftWay & ONE) != 0) return applyOne(way, depth, low);
  const rightWay = load<u32>(way, WAY_RIGHT);
  let changed = false;
  let left: u32;
  let leftHash: usize = ref;
  if (leftWay != 0) {
    left = applyWay(leftWay, depth + 1, low);
    leftHash = resultHash;
    changed = left != load<u32>(leftWay);
  } else left = leftOf(ref);
  let right: u32;
  let rightHash: usize = <usize>ref + 32;
  if (rightWay != 0) {
    right = applyWay(rightWay, depth + 1, low);
    rightHash = resultHash;
    changed = changed || right != load<u32>(rightWay);
  } else right = rightOf(ref);
  if (!changed) return keep(ref, hash);
  addReplaced(ref);
  return join(left, leftHash, right, rightHash, depth);
}

/**
 * The subtree `ref`, whose hash is at `hash`, after the changes [low, high). What did not change is shared with
 * `ref`, which stays as it is. When the arena is full the result is of no use, but all new nodes are in it once.
 */
function apply(ref: u32, hash: usize, depth: u32, low: u32, high: u32): u32 {
  if (low == high) return keep(ref, hash);
  if (ref == 0 && !someRemove()) return buildNew(depth, low, high);
  if (high - low <= MAX_TOGETHER) {
    hashLeavesTo(high);
    startTouching();
    const ways = findWays(ref, hash, depth, low, high);
    if (onlyNewValues() && isInner(ref)) {
      const made = applyNewValues(ways, low, birth);
      resultHash = 0;
      return made;
    }
    const result = applyWay(ways, depth, low);
    if (countPending() >= ENOUGH && !isFull()) hashPending();
    return result;
  }
  const inner = isInner(ref);
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
    if (left == oldLeft && right == oldRight) return keep(ref, hash);
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
