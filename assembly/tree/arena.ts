import {
  INNER_BYTES,
  INNER_LEFT,
  INNER_REFERENCES,
  INNER_RIGHT,
  LEAF_BYTES,
  LEAF_HASH,
  LEAF_REFERENCES,
  ZERO_HASH,
} from "./layout";

const PAGE_BYTES: u64 = 65536;
/** Memory grows by 4 MiB at a time: growing moves no data but makes the host renew its views. */
const GROWTH_PAGES: i32 = 64;

let limit: u64 = 0;
let next: u64 = 0;
let end: u64 = 0;
let freeInner: u32 = 0;
let freeLeaf: u32 = 0;
let innerCount: u32 = 0;
let leafCount: u32 = 0;
/** Set when an allocation was refused; the update under way unwinds and fails. */
let full: bool = false;

/** Starts the arena behind the static data. `limitBytes` bounds the whole memory. */
export function startArena(limitBytes: f64): void {
  limit = <u64>limitBytes;
  next = (<u64>__heap_base + 15) & ~15;
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

/** A fresh piece of `size` bytes, or 0 when the limit is reached. */
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

/** Address of a leaf's fields from its reference. */
export function leafAt(ref: u32): usize {
  return <usize>(ref ^ 1);
}

/** Where the 32-byte hash of any subtree lies. */
export function hashAt(ref: u32): usize {
  if (ref == 0) return ZERO_HASH;
  return isLeaf(ref) ? leafAt(ref) + LEAF_HASH : <usize>ref;
}

/** An inner node that owns the caller's references to `left` and `right`; 0 when the arena is full. */
export function newInner(left: u32, right: u32): u32 {
  let node = freeInner;
  if (node != 0) freeInner = load<u32>(node);
  else {
    node = bump(INNER_BYTES);
    if (node == 0) return 0;
  }
  innerCount++;
  store<u32>(node, left, INNER_LEFT);
  store<u32>(node, right, INNER_RIGHT);
  store<u32>(node, 1, INNER_REFERENCES);
  return node;
}

/** A leaf without contents, as a reference; 0 when the arena is full. */
export function newLeaf(): u32 {
  let leaf = freeLeaf;
  if (leaf != 0) freeLeaf = load<u32>(leaf);
  else {
    leaf = bump(LEAF_BYTES);
    if (leaf == 0) return 0;
  }
  leafCount++;
  store<u32>(leaf, 1, LEAF_REFERENCES);
  return leaf | 1;
}

/** One more owner of a subtree; gives the reference back. */
export function retain(ref: u32): u32 {
  if (ref != 0) {
    const counter = isLeaf(ref) ? leafAt(ref) + LEAF_REFERENCES : <usize>ref + INNER_REFERENCES;
    store<u32>(counter, load<u32>(counter) + 1);
  }
  return ref;
}

/** One owner less; frees what nobody owns any more. Recursion is as deep as the tree: at most 256. */
export function release(ref: u32): void {
  if (ref == 0) return;
  if (isLeaf(ref)) {
    const leaf = leafAt(ref);
    const left = load<u32>(leaf, LEAF_REFERENCES) - 1;
    store<u32>(leaf, left, LEAF_REFERENCES);
    if (left != 0) return;
    store<u32>(leaf, freeLeaf);
    freeLeaf = <u32>leaf;
    leafCount--;
    return;
  }
  const node = <usize>ref;
  const left = load<u32>(node, INNER_REFERENCES) - 1;
  store<u32>(node, left, INNER_REFERENCES);
  if (left != 0) return;
  release(load<u32>(node, INNER_LEFT));
  release(load<u32>(node, INNER_RIGHT));
  store<u32>(node, freeInner);
  freeInner = ref;
  innerCount--;
}
