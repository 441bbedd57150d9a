import {
  BIRTH,
  BODY_BYTES,
  FIRST_BODY,
  headOf,
  LEFT,
  NODE_PAGE_BYTES,
  NODES_IN_PAGE,
} from "./layout";

const PAGE_BYTES: u64 = 65536;
/**
 * Memory grows by an eighth, and by 4 MiB at least: pages that were not written to cost nothing, while the host counts all
 * of the memory as newly allocated each time and collects garbage the sooner.
 */
const GROWTH_BYTES: u64 = 64 * PAGE_BYTES;

let limit: u64 = 0;
let first: u64 = 0;
/** Where the next fresh body lies, or, at the start of a page, that page. */
let next: u64 = 0;
let end: u64 = 0;
let innerCount: u32 = 0;
let leafCount: u32 = 0;
let leavesMade: u64 = 0;
/** Set when an allocation was refused; the update under way unwinds and fails. */
let full: bool = false;

/*
 * Freed nodes are a stack of addresses that is written into freed bodies: one in the chain holds
 * the address of the one below, 14 others, and that of the body some steps below in the chain, so that
 * `touchFree` need not wait for one after the other. Taking a node from a plain list of freed nodes
 * would wait for memory each time to learn which comes after it; and nothing
 * but the nodes themselves is needed to free a node, so freeing cannot fail.
 */
const HELD: u32 = BODY_BYTES / 4 - 2;
const FAR_BELOW: usize = BODY_BYTES - 4;
const FAR_STEPS: i32 = 8;
let top: u32 = 0;
let held: u32 = 0;

/** Starts the arena at `from`. `limitBytes` bounds the whole memory. */
export function startArena(from: usize, limitBytes: f64): void {
  limit = <u64>limitBytes;
  first = (<u64>from + NODE_PAGE_BYTES - 1) & ~(<u64>NODE_PAGE_BYTES - 1);
  next = first;
  end = <u64>memory.size() * PAGE_BYTES;
}

export function isFull(): bool {
  return full;
}

export function clearFull(): void {
  full = false;
}

export function bytesInUse(): f64 {
  return <f64>(innerCount + leafCount) * (<f64>NODE_PAGE_BYTES / <f64>NODES_IN_PAGE);
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

/** Grows by `wanted` bytes, or as far as the limit allows if that is less. */
function growBy(wanted: u64): bool {
  const most = limit > end ? (limit - end) & ~(PAGE_BYTES - 1) : 0;
  const bytes = min(wanted, most);
  if (bytes == 0 || memory.grow(<i32>(bytes / PAGE_BYTES)) < 0) return false;
  end += bytes;
  return true;
}

function grow(): bool {
  return growBy(max(GROWTH_BYTES, (end >> 3) & ~(PAGE_BYTES - 1))) || growBy(GROWTH_BYTES);
}

/** Makes room for `count` nodes at once if the host has it: many small steps would cost more. */
export function reserveNodes(count: f64): void {
  const wanted = <u64>(bytesInUse() + count * (<f64>NODE_PAGE_BYTES / <f64>NODES_IN_PAGE));
  if (wanted > end - first) growBy((wanted - (end - first) + PAGE_BYTES) & ~(PAGE_BYTES - 1));
}

/** A body that was never used, or 0 when the limit is reached. */
function freshBody(): u32 {
  if ((<u32>next & (NODE_PAGE_BYTES - 1)) == 0) {
    if (next + NODE_PAGE_BYTES > end && !grow()) {
      full = true;
      return 0;
    }
    next += FIRST_BODY;
  }
  const body = <u32>next;
  next += BODY_BYTES;
  return body;
}

export function isLeaf(ref: u32): bool {
  return (ref & 1) != 0;
}

/** Address of the body of a node of either kind from its reference. */
export function bodyOf(ref: u32): usize {
  return <usize>(ref & ~1);
}

/** A body that is not counted as a node; 0 when the arena is full. */
export function takeBody(): u32 {
  const body = top;
  if (body == 0) return freshBody();
  if (held != 0) return load<u32>(body + (held-- << 2));
  top = load<u32>(body);
  held = HELD;
  return body;
}

/** Where `touchFree` is in the stack of freed bodies. */
let ahead: u32 = 0;
let aheadHeld: u32 = 0;

/** From the next call on `touchFree` begins with the body that `takeBody` would give. */
export function startTouching(): void {
  ahead = top;
  aheadHeld = held;
}

/** Reads a byte of head and body of the next `count` free nodes, so that they are in the cache when they are taken. */
export function touchFree(count: usize): u32 {
  let at = ahead;
  let left = aheadHeld;
  let read: u32 = 0;
  for (; count > 0 && at != 0; count--) {
    let body = at;
    if (left != 0) {
      body = load<u32>(at + (left << 2));
      left--;
    } else {
      read += load<u8>(load<u32>(at, FAR_BELOW));
      at = load<u32>(at);
      left = HELD;
    }
    read += <u32>load<u8>(body) + load<u8>(headOf(body));
  }
  ahead = at;
  aheadHeld = left;
  return read;
}

/** The body `FAR_STEPS` below in the chain of freed bodies, or the last one. */
function farBelow(body: u32): u32 {
  let below = body;
  for (let step = 0; step < FAR_STEPS; step++) {
    const next = load<u32>(below);
    if (next == 0) break;
    below = next;
  }
  return below;
}

/** Gives back what `takeBody` gave. */
export function giveBody(body: u32): void {
  if (top != 0 && held < HELD) {
    held++;
    store<u32>(top + (held << 2), body);
  } else {
    store<u32>(body, top);
    store<u32>(body, farBelow(body), FAR_BELOW);
    top = body;
    held = 0;
  }
}

/** An inner node without hashes, over the halves `left | right << 32`; 0 when the arena is full. */
export function newInner(halves: u64, birth: u64): u32 {
  let node: u32;
  // Most are taken right here: a call costs as much as the rest of this.
  if (top != 0 && held != 0) node = load<u32>(top + (held-- << 2));
  else if (top == 0 && (<u32>next & (NODE_PAGE_BYTES - 1)) != 0) {
    node = <u32>next;
    next += BODY_BYTES;
  } else {
    node = takeBody();
    if (node == 0) return 0;
  }
  innerCount++;
  const head = headOf(node);
  store<u64>(head, birth, BIRTH);
  store<u64>(head, halves, LEFT);
  return node;
}

/** Both halves, `left | right << 32`. */
export function halvesOf(inner: u32): u64 {
  return load<u64>(headOf(inner), LEFT);
}

/** A leaf without contents, as a reference; 0 when the arena is full. */
export function newLeaf(birth: u64): u32 {
  const leaf = takeBody();
  if (leaf == 0) return 0;
  leafCount++;
  leavesMade++;
  store<u64>(headOf(leaf), birth, BIRTH);
  return leaf | 1;
}

export function leftOf(inner: u32): u32 {
  return load<u32>(headOf(inner), LEFT);
}

export function rightOf(inner: u32): u32 {
  return load<u32>(headOf(inner), LEFT + 4);
}

/** The right half if `right` is 1, the left one if it is 0. */
export function halfOf(inner: u32, right: u32): u32 {
  return load<u32>(headOf(inner) + (right << 2), LEFT);
}

export function birthOf(ref: u32): u64 {
  return load<u64>(headOf(bodyOf(ref)), BIRTH);
}

/** Frees one node, not what is below it. */
export function freeNode(ref: u32): void {
  if (isLeaf(ref)) leafCount--;
  else innerCount--;
  giveBody(ref & ~1);
}

/**
 * Frees the nodes at and below `ref` that were made after version `birth`. What is below an older node is
 * older too. Recursion is as deep as the tree: at most 256.
 */
export function freeYounger(ref: u32, birth: u64): void {
  if (ref == 0 || birthOf(ref) <= birth) return;
  if (!isLeaf(ref)) {
    freeYounger(leftOf(ref), birth);
    freeYounger(rightOf(ref), birth);
  }
  freeNode(ref);
}
