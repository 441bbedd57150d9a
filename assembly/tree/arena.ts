import { BIRTH, INNER_BYTES, INNER_LEFT, INNER_RIGHT, LEAF_BYTES } from "./layout";

const PAGE_BYTES: u64 = 65536;
/** Memory grows by 4 MiB at a time: growing moves no data but makes the host renew its views. */
const GROWTH_PAGES: i32 = 64;

let limit: u64 = 0;
let next: u64 = 0;
let end: u64 = 0;
let innerCount: u32 = 0;
let leafCount: u32 = 0;
let leavesMade: u64 = 0;
/** Set when an allocation was refused; the update under way unwinds and fails. */
let full: bool = false;

/*
 * Freed nodes of one size are a stack of addresses that is written into freed nodes: a node in the chain holds
 * the address of the one below and as many others as fit. Taking a node from a plain list of freed nodes
 * would wait for memory each time to learn which comes after it; here one in 18 does, and nothing
 * but the nodes themselves is needed to free a node, so freeing cannot fail.
 */
const INNER_HELD: u32 = INNER_BYTES / 4 - 1;
const LEAF_HELD: u32 = LEAF_BYTES / 4 - 1;
let innerTop: u32 = 0;
let innerHeld: u32 = 0;
let leafTop: u32 = 0;
let leafHeld: u32 = 0;

/** Starts the arena at `from`. `limitBytes` bounds the whole memory. */
export function startArena(from: usize, limitBytes: f64): void {
  limit = <u64>limitBytes;
  next = (<u64>from + 15) & ~15;
  end = <u64>memory.size() * PAGE_BYTES;
}

export function isFull(): bool {
  return full;
}

export function clearFull(): void {
  full = false;
}

export function bytesInUse(): f64 {
  return <f64>innerCount * <f64>INNER_BYTES + <f64>leafCount * <f64>LEAF_BYTES;
}

export function countInner(): u32 {
  return innerCount;
}

export function countLeaves(): u32 {
  return leafCount;
}

/** Leaves made since the start, each of which cost a hash. */
export function countLeavesMade(): u64 {
  return leavesMade;
}

/** A fresh piece of `size` bytes, a multiple of 8, or 0 when the limit is reached. */
function bump(size: u32): u32 {
  const address = next;
  if (address + size > end) {
    const grown = end + <u64>GROWTH_PAGES * PAGE_BYTES;
    if (grown > limit || memory.grow(GROWTH_PAGES) < 0) {
      full = true;
      return 0;
    }
    end = grown;
  }
  next = address + size;
  return <u32>address;
}

export function isLeaf(ref: u32): bool {
  return (ref & 1) != 0;
}

/** Address of a node of either kind from its reference. */
export function nodeAt(ref: u32): usize {
  return <usize>(ref & ~1);
}

/** Room of INNER_BYTES that is not counted as a node; 0 when the arena is full. */
export function takeRoom(): u32 {
  const node = innerTop;
  if (node == 0) return bump(INNER_BYTES);
  if (innerHeld != 0) return load<u32>(node + (innerHeld-- << 2));
  innerTop = load<u32>(node);
  innerHeld = INNER_HELD;
  return node;
}

/** Gives back what `takeRoom` gave. */
export function giveRoom(room: u32): void {
  if (innerTop != 0 && innerHeld < INNER_HELD) {
    innerHeld++;
    store<u32>(innerTop + (innerHeld << 2), room);
  } else {
    store<u32>(room, innerTop);
    innerTop = room;
    innerHeld = 0;
  }
}

/** An inner node without hashes; 0 when the arena is full. */
export function newInner(left: u32, right: u32, birth: u64): u32 {
  const node = takeRoom();
  if (node == 0) return 0;
  innerCount++;
  store<u64>(node, birth, BIRTH);
  store<u32>(node, left, INNER_LEFT);
  store<u32>(node, right, INNER_RIGHT);
  return node;
}

/** A leaf without contents, as a reference; 0 when the arena is full. */
export function newLeaf(birth: u64): u32 {
  let leaf = leafTop;
  if (leaf == 0) {
    leaf = bump(LEAF_BYTES);
    if (leaf == 0) return 0;
  } else if (leafHeld != 0) {
    leaf = load<u32>(leaf + (leafHeld << 2));
    leafHeld--;
  } else {
    leafTop = load<u32>(leaf);
    leafHeld = LEAF_HELD;
  }
  leafCount++;
  leavesMade++;
  store<u64>(leaf, birth, BIRTH);
  return leaf | 1;
}

/** Frees one node, not what is below it. */
export function freeNode(ref: u32): void {
  if (isLeaf(ref)) {
    const leaf = ref ^ 1;
    leafCount--;
    if (leafTop != 0 && leafHeld < LEAF_HELD) {
      leafHeld++;
      store<u32>(leafTop + (leafHeld << 2), leaf);
    } else {
      store<u32>(leaf, leafTop);
      leafTop = leaf;
      leafHeld = 0;
    }
    return;
  }
  innerCount--;
  giveRoom(ref);
}

/**
 * Frees the nodes at and below `ref` that were made after version `birth`. What is below an older node is
 * older too. Recursion is as deep as the tree: at most 256.
 */
export function freeYounger(ref: u32, birth: u64): void {
  if (ref == 0 || load<u64>(nodeAt(ref), BIRTH) <= birth) return;
  if (!isLeaf(ref)) {
    freeYounger(load<u32>(ref, INNER_LEFT), birth);
    freeYounger(load<u32>(ref, INNER_RIGHT), birth);
  }
  freeNode(ref);
}
