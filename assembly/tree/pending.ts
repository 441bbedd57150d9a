import { keyedBlock, keyedPair, keyedPairs4 } from "../hash/blake3";
import { hashAt, leafAt } from "./arena";
import { INNER_LEFT, INNER_RIGHT, LEAF_HASH, LEAF_KEY, MAX_DEPTH, NODE_KEY } from "./layout";

/*
 * Nodes that an update made and whose hashes are still to be computed: one list for the leaves and one
 * for each depth of inner nodes, linked through the hash fields. Hashing level by level, deepest first,
 * lets four nodes of a level share one pass of the 4-lane kernel.
 */

const HEADS = memory.data(1028, 16);
const HALVES = memory.data(32, 16);
const OUTS = memory.data(16, 16);
let leafHead: u32 = 0;

export function addPendingLeaf(ref: u32): void {
  store<u32>(leafAt(ref), leafHead, LEAF_HASH);
  leafHead = ref;
}

export function addPendingInner(node: u32, depth: u32): void {
  const head = HEADS + ((<usize>depth) << 2);
  store<u32>(node, load<u32>(head));
  store<u32>(head, node);
}

/** Forgets all pending nodes, after an update that failed has freed them. */
export function dropPending(): void {
  leafHead = 0;
  memory.fill(HEADS, 0, 1028);
}

function hashLeaves(): void {
  let ref = leafHead;
  leafHead = 0;
  let lanes: usize = 0;
  while (ref != 0) {
    const leaf = leafAt(ref);
    ref = load<u32>(leaf, LEAF_HASH);
    store<u32>(HALVES + (lanes << 3), <u32>leaf);
    store<u32>(HALVES + (lanes << 3), <u32>leaf + 32, 4);
    store<u32>(OUTS + (lanes << 2), <u32>(leaf + LEAF_HASH));
    if (++lanes == 4) {
      keyedPairs4(LEAF_KEY, HALVES, OUTS);
      lanes = 0;
    }
  }
  for (let lane: usize = 0; lane < lanes; lane++) {
    keyedBlock(LEAF_KEY, load<u32>(HALVES + (lane << 3)), load<u32>(OUTS + (lane << 2)));
  }
}

function hashLevel(depth: u32): void {
  const head = HEADS + ((<usize>depth) << 2);
  let node = load<u32>(head);
  store<u32>(head, 0);
  let lanes: usize = 0;
  while (node != 0) {
    const at = <usize>node;
    node = load<u32>(at);
    store<u32>(HALVES + (lanes << 3), <u32>hashAt(load<u32>(at, INNER_LEFT)));
    store<u32>(HALVES + (lanes << 3), <u32>hashAt(load<u32>(at, INNER_RIGHT)), 4);
    store<u32>(OUTS + (lanes << 2), <u32>at);
    if (++lanes == 4) {
      keyedPairs4(NODE_KEY, HALVES, OUTS);
      lanes = 0;
    }
  }
  for (let lane: usize = 0; lane < lanes; lane++) {
    const pair = HALVES + (lane << 3);
    keyedPair(NODE_KEY, load<u32>(pair), load<u32>(pair, 4), load<u32>(OUTS + (lane << 2)));
  }
}

/** Computes every pending hash: leaves, then inner nodes from the deepest level up. */
export function hashPending(): void {
  hashLeaves();
  for (let depth = <i32>MAX_DEPTH - 1; depth >= 0; depth--) hashLevel(depth);
}
