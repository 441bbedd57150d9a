import { keyedPairs4 } from "../hash/blake3";
import { bodyOf } from "./arena";
import { NODE_KEY } from "./layout";

/*
 * Hashes that new inner nodes lack, because the half in question is a new inner node itself: one list for each depth, linked
 * through the places where the hashes will be. There, the first word is the next such place, the second one the address of
 * the half's body. Computing level by level, deepest first, lets four hashes share one pass of the 4-lane kernel.
 */

const HEADS = memory.data(1024, 16);
const HALVES = memory.data(32, 16);
const OUTS = memory.data(16, 16);
let deepest: i32 = -1;
let waiting: u32 = 0;
let computed: u64 = 0;

/** The hash of the new inner node `half` is to be put to `place`, in a node at `depth`. */
export function addPending(place: usize, half: u32, depth: u32): void {
  const head = HEADS + ((<usize>depth) << 2);
  store<u64>(place, ((<u64>half) << 32) | load<u32>(head));
  store<u32>(head, <u32>place);
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

/** Puts a node into a lane of the next `hashLanes`; its hash goes to `out`. */
export function setLane(lane: u32, node: u32, out: u32): void {
  // Both addresses of the lane at once.
  store<u64>(HALVES + ((<usize>lane) << 3), ((<u64>(node + 32)) << 32) | node);
  store<u32>(OUTS + ((<usize>lane) << 2), out);
}

/** Hashes the nodes in the first `lanes` lanes, 1 to 4; the others repeat the last one. */
export function hashLanes(lanes: u32): void {
  computed += lanes;
  for (let lane = <usize>lanes; lane < 4; lane++) {
    store<u64>(HALVES + (lane << 3), load<u64>(HALVES + ((lane - 1) << 3)));
    store<u32>(OUTS + (lane << 2), load<u32>(OUTS + ((lane - 1) << 2)));
  }
  keyedPairs4(NODE_KEY, HALVES, OUTS);
}

function hashLevel(depth: i32): void {
  const head = HEADS + ((<usize>depth) << 2);
  let place = load<u32>(head);
  store<u32>(head, 0);
  let lanes: u32 = 0;
  while (place != 0) {
    const entry = load<u64>(place);
    setLane(lanes, <u32>(entry >> 32), place);
    place = <u32>entry;
    if (++lanes == 4) {
      hashLanes(4);
      lanes = 0;
    }
  }
  if (lanes != 0) hashLanes(lanes);
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
