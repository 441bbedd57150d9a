import { keyedPairs4 } from "../hash/blake3";
import { bodyOf, leftOf, rightOf } from "./arena";
import { NODE_KEY } from "./layout";

/*
 * New inner nodes that lack the hash of a half, which is a new inner node itself: one list for each depth, linked
 * through the place of (the first of) the missing hashes. A link is the address of the next node, with bits 0 and 1
 * set if the hash of its left and its right half is missing. Computing level by level, deepest
 * first, lets four hashes share one pass of the 4-lane kernel.
 */

export const LEFT_MISSING: u32 = 1;
export const RIGHT_MISSING: u32 = 2;

const HEADS = memory.data(1024, 16);
const HALVES = memory.data(32, 16);
const OUTS = memory.data(16, 16);
let deepest: i32 = -1;
let waiting: u32 = 0;
let computed: u64 = 0;

/** `missing`: LEFT_MISSING, RIGHT_MISSING or both. */
export function addPending(node: u32, depth: u32, missing: u32): void {
  const head = HEADS + ((<usize>depth) << 2);
  store<u32>(<usize>node + ((missing & LEFT_MISSING) != 0 ? 0 : 32), load<u32>(head));
  store<u32>(head, node | missing);
  if (<i32>depth > deepest) deepest = <i32>depth;
  waiting++;
}

export function countPending(): u32 {
  return waiting;
}

/** Hashes of inner nodes computed since the start. */
export function computedHashes(): u64 {
  return computed;
}

/** Forgets all pending nodes, after an update that failed has freed them. */
export function dropPending(): void {
  memory.fill(HEADS, 0, 1024);
  deepest = -1;
  waiting = 0;
}

function setLane(lane: u32, half: u32, out: usize): void {
  store<u32>(HALVES + (lane << 3), half);
  store<u32>(HALVES + (lane << 3), half + 32, 4);
  store<u32>(OUTS + (lane << 2), <u32>out);
}

function hashLevel(depth: i32): void {
  const head = HEADS + ((<usize>depth) << 2);
  let link = load<u32>(head);
  store<u32>(head, 0);
  let lanes: u32 = 0;
  while (link != 0) {
    const missing = link;
    const node = <usize>(link & ~3);
    link = load<u32>(node + ((missing & LEFT_MISSING) != 0 ? 0 : 32));
    if ((missing & LEFT_MISSING) != 0) {
      setLane(lanes, leftOf(<u32>node), node);
      if (++lanes == 4) {
        keyedPairs4(NODE_KEY, HALVES, OUTS);
        computed += 4;
        lanes = 0;
      }
    }
    if ((missing & RIGHT_MISSING) != 0) {
      setLane(lanes, rightOf(<u32>node), node + 32);
      if (++lanes == 4) {
        keyedPairs4(NODE_KEY, HALVES, OUTS);
        computed += 4;
        lanes = 0;
      }
    }
  }
  if (lanes == 0) return;
  computed += lanes;
  // Lanes without work repeat the last one.
  for (let lane = lanes; lane < 4; lane++) {
    store<u64>(HALVES + (lane << 3), load<u64>(HALVES + ((lanes - 1) << 3)));
    store<u32>(OUTS + (lane << 2), load<u32>(OUTS + ((lanes - 1) << 2)));
  }
  keyedPairs4(NODE_KEY, HALVES, OUTS);
}

/** Computes every pending hash, from the deepest level up. */
export function hashPending(): void {
  for (; deepest >= 0; deepest--) hashLevel(deepest);
  waiting = 0;
}

/** Hashes of `count` messages of 64 bytes at `messages`, 32 bytes each to `out`. */
export function hashRow(key: usize, messages: usize, count: u32, out: usize): void {
  for (let done: u32 = 0; done < count; done += 4) {
    for (let lane: u32 = 0; lane < 4; lane++) {
      const i = <usize>min(done + lane, count - 1);
      store<u32>(HALVES + (lane << 3), <u32>(messages + (i << 6)));
      store<u32>(HALVES + (lane << 3), <u32>(messages + (i << 6) + 32), 4);
      store<u32>(OUTS + (lane << 2), <u32>(out + (i << 5)));
    }
    keyedPairs4(key, HALVES, OUTS);
  }
}

/** Hash of a node of either kind. */
export function hashNode(ref: u32, key: usize, out: usize): void {
  hashRow(key, bodyOf(ref), 1, out);
}
