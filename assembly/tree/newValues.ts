import { bodyOf, freeYounger, halvesOf, isLeaf, newInner, newLeaf } from "./arena";
import { leafHashOf, pathOf } from "./changes";
import { copy32, LEAF_VALUE } from "./layout";
import { hashLanes, setLane } from "./pending";
import { addReplaced } from "./replaced";
import {
  endOfWays,
  MAX_TOGETHER,
  ONE,
  RECORD_BYTES,
  WAY_ABOVE,
  WAY_CHANGES,
  WAY_HASH,
  WAY_LEFT,
  WAY_RIGHT,
} from "./ways";

/*
 * Changes that give leaves new values and leave the shape of the tree as it is: the most frequent kind. Each record of `findWays`
 * then becomes one new node, and going through the records backwards makes halves before what is above them,
 * and hashes each four nodes right after they were made, while they are in the first cache.
 */

/** Hashes of nodes that those above them wait for: of no more than two levels, each at most as wide as a part. */
const HASHES_BYTES: usize = 32 * 2 * MAX_TOGETHER;
const HASHES = memory.data(16384, 16);

/** Frees what was made for the records behind `at`. */
function discardBehind(at: usize, birth: u64): u32 {
  const end = endOfWays();
  for (let behind = at + RECORD_BYTES; behind < end; behind += RECORD_BYTES) {
    if (<usize>load<u32>(behind, WAY_ABOVE) <= at) freeYounger(load<u32>(behind), birth - 1);
  }
  return 0;
}

/**
 * The inner node of the record `first` after its changes, which are counted from `low`, when `onlyNewValues`; its own hash
 * is not computed. 0 when the arena is full.
 */
export function applyNewValues(first: usize, low: u32, birth: u64): u32 {
  let lanes: u32 = 0;
  /** The record of the node in lane 0; those of the others are before it. */
  let lanesEnd: usize = 0;
  let out: usize = 0;
  let node: u32 = 0;
  for (let at = endOfWays() - RECORD_BYTES; at >= first; at -= RECORD_BYTES) {
    const old = load<u32>(at);
    addReplaced(old);
    if (isLeaf(old)) {
      const ref = newLeaf(birth);
      if (ref == 0) return discardBehind(at, birth);
      const change = low + (load<u32>(at, WAY_CHANGES) & 0xffff);
      const leaf = bodyOf(ref);
      copy32(leaf, pathOf(change));
      copy32(leaf + LEAF_VALUE, pathOf(change) + 32);
      store<u64>(at, ((<u64>leafHashOf(change)) << 32) | ref);
      continue;
    }
    const halves = halvesOf(old);
    const leftWay = <usize>load<u32>(at, WAY_LEFT);
    const rightWay = <usize>load<u32>(at, WAY_RIGHT);
    // Hashes of halves that are still in lanes are needed now.
    const nearest = leftWay != 0 ? leftWay & ~(<usize>ONE) : rightWay;
    if (lanes != 0 && nearest <= lanesEnd) {
      hashLanes(lanes);
      lanes = 0;
    }
    if ((leftWay & ONE) != 0) {
      // Without branches on the bit.
      const shift = rightWay << 5;
      const half = (<u64>load<u32>(nearest)) << (<u64>shift);
      node = newInner((halves & ~((<u64>0xffffffff) << (<u64>shift))) | half, birth);
      if (node == 0) return discardBehind(at, birth);
      const other = shift ^ 32;
      copy32(<usize>node + other, <usize>old + other);
      copy32(<usize>node + shift, load<u32>(nearest, WAY_HASH));
    } else {
      const left = leftWay != 0 ? load<u32>(leftWay) : <u32>halves;
      const right = rightWay != 0 ? load<u32>(rightWay) : <u32>(halves >> 32);
      node = newInner(((<u64>right) << 32) | left, birth);
      if (node == 0) return discardBehind(at, birth);
      copy32(node, leftWay != 0 ? load<u32>(leftWay, WAY_HASH) : old);
      copy32(<usize>node + 32, rightWay != 0 ? load<u32>(rightWay, WAY_HASH) : old + 32);
    }
    if (at == first) break;
    const hash = HASHES + out;
    out = (out + 32) & (HASHES_BYTES - 1);
    store<u64>(at, ((<u64>hash) << 32) | node);
    if (lanes == 0) lanesEnd = at;
    setLane(lanes, node, <u32>hash);
    if (++lanes == 4) {
      hashLanes(4);
      lanes = 0;
    }
  }
  return node;
}
