import { bitAt, LEAF_KEY, MAX_CHANGES } from "./layout";
import { hashRow } from "./pending";

/*
 * The changes of one update. The caller writes them, in any order, to GIVEN (path and value hash, 64 bytes each) and
 * GIVEN_REMOVES (one byte each, not 0 where the leaf goes away). `sortChanges` copies them
 * in the order of paths unless they are in it; LEAF_HASHES are the hashes of the leaves that they make, in the same order.
 */

const RECORDS_BYTES: usize = (<usize>MAX_CHANGES) << 6;
const WORDS_BYTES: usize = (<usize>MAX_CHANGES) << 3;
const DIGIT_BITS: u32 = 11;
const DIGITS: u32 = 1 << DIGIT_BITS;
const COUNTS = memory.data(8192, 16);
/** Leaves that are hashed at a time, so that their records are still in the cache when they are copied. */
const LEAVES_AT_ONCE: u32 = 256;

let given: usize = 0;
let givenRemoves: usize = 0;
let changes: usize = 0;
let removes: usize = 0;
let leafHashes: usize = 0;
let sortA: usize = 0;
let sortB: usize = 0;
let hashedTo: u32 = 0;
let total: u32 = 0;

let sorted: usize = 0;
let sortedRemoves: usize = 0;
let anyRemoves: bool = false;

/** Bytes of all buffers. */
export const BUFFERS_BYTES: usize =
  2 * RECORDS_BYTES + 2 * <usize>MAX_CHANGES + RECORDS_BYTES / 2 + 2 * WORDS_BYTES;

/** Lays the buffers out from `at` on, a multiple of 16. */
export function placeBuffers(at: usize): void {
  given = at;
  sorted = given + RECORDS_BYTES;
  leafHashes = sorted + RECORDS_BYTES;
  sortA = leafHashes + RECORDS_BYTES / 2;
  sortB = sortA + WORDS_BYTES;
  givenRemoves = sortB + WORDS_BYTES;
  sortedRemoves = givenRemoves + MAX_CHANGES;
}

export function givenAt(): usize {
  return given;
}

export function givenRemovesAt(): usize {
  return givenRemoves;
}

export function pathOf(change: u32): usize {
  return changes + ((<usize>change) << 6);
}

export function removesLeaf(change: u32): bool {
  return load<u8>(removes + change) != 0;
}

/** Whether any change of the update takes a leaf away. */
export function someRemove(): bool {
  return anyRemoves;
}

export function leafHashOf(change: u32): usize {
  return leafHashes + ((<usize>change) << 5);
}

/** Below 0, 0 or above 0 as the path at `a` is before, the same as or after that at `b`. */
function compare(a: usize, b: usize): i32 {
  for (let i: usize = 0; i < 32; i += 8) {
    const x = bswap<u64>(load<u64>(a + i));
    const y = bswap<u64>(load<u64>(b + i));
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

function isAscending(count: u32): bool {
  for (let i: u32 = 1; i < count; i++) {
    const at = given + ((<usize>i) << 6);
    if (compare(at - 64, at) >= 0) return false;
  }
  return true;
}

/** One pass of a radix sort of words by the digit at `shift`, which keeps the order of equal ones. */
function sortByDigit(from: usize, to: usize, count: u32, shift: u64): void {
  memory.fill(COUNTS, 0, 4 * DIGITS);
  for (let i: usize = 0; i < count; i++) {
    const digit = <usize>(load<u64>(from + (i << 3)) >> shift) & (DIGITS - 1);
    const at = COUNTS + (digit << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let sum: u32 = 0;
  for (let digit: usize = 0; digit < DIGITS; digit++) {
    const at = COUNTS + (digit << 2);
    const own = load<u32>(at);
    store<u32>(at, sum);
    sum += own;
  }
  for (let i: usize = 0; i < count; i++) {
    const word = load<u64>(from + (i << 3));
    const at = COUNTS + ((<usize>(word >> shift) & (DIGITS - 1)) << 2);
    const place = load<u32>(at);
    store<u32>(at, place + 1);
    store<u64>(to + ((<usize>place) << 3), word);
  }
}

function givenOfWord(at: usize): usize {
  return given + ((<usize>load<u32>(at)) << 6);
}

/** Puts the runs of words with equal first 22 bits in order: such paths are few unless chosen so. */
function sortEqualHeads(words: usize, count: u32): void {
  const rest: u32 = 32 - 2 * DIGIT_BITS;
  for (let start: u32 = 0; start < count; ) {
    const head = load<u32>(words + ((<usize>start) << 3), 4) >> rest;
    let end = start + 1;
    while (end < count && load<u32>(words + ((<usize>end) << 3), 4) >> rest == head) end++;
    if (end - start > 1) sortRun(words + ((<usize>start) << 3), end - start);
    start = end;
  }
}

/** Heap sort by whole paths: never slower than n log n, whoever chose the paths. */
function sortRun(words: usize, count: u32): void {
  for (let i = count >> 1; i > 0; i--) siftDown(words, i - 1, count);
  for (let left = count - 1; left > 0; left--) {
    const top = load<u64>(words);
    store<u64>(words, load<u64>(words + ((<usize>left) << 3)));
    store<u64>(words + ((<usize>left) << 3), top);
    siftDown(words, 0, left);
  }
}

function siftDown(words: usize, from: u32, count: u32): void {
  const word = load<u64>(words + ((<usize>from) << 3));
  const path = given + ((<usize>(<u32>word)) << 6);
  let hole = from;
  for (;;) {
    let child: u32 = 2 * hole + 1;
    if (child >= count) break;
    let at = words + ((<usize>child) << 3);
    if (child + 1 < count && compare(givenOfWord(at), givenOfWord(at + 8)) < 0) {
      child++;
      at += 8;
    }
    if (compare(givenOfWord(at), path) <= 0) break;
    store<u64>(words + ((<usize>hole) << 3), load<u64>(at));
    hole = child;
  }
  store<u64>(words + ((<usize>hole) << 3), word);
}

/** Orders the first `count` given changes by path; false when a path occurs twice. */
export function sortChanges(count: u32): bool {
  hashedTo = 0;
  total = count;
  anyRemoves = false;
  for (let i: usize = 0; i < count; i++) {
    if (load<u8>(givenRemoves + i) != 0) anyRemoves = true;
  }
  if (isAscending(count)) {
    changes = given;
    removes = givenRemoves;
    return true;
  }
  changes = sorted;
  removes = sortedRemoves;
  for (let i: u32 = 0; i < count; i++) {
    const head = bswap<u32>(load<u32>(given + ((<usize>i) << 6)));
    store<u64>(sortA + ((<usize>i) << 3), ((<u64>head) << 32) | i);
  }
  sortByDigit(sortA, sortB, count, 64 - 2 * DIGIT_BITS);
  sortByDigit(sortB, sortA, count, 64 - DIGIT_BITS);
  sortEqualHeads(sortA, count);
  for (let i: u32 = 0; i < count; i++) {
    const index = load<u32>(sortA + ((<usize>i) << 3));
    const from = given + ((<usize>index) << 6);
    const to = pathOf(i);
    for (let at: usize = 0; at < 64; at += 8) store<u64>(to + at, load<u64>(from + at));
    store<u8>(removes + i, load<u8>(givenRemoves + index));
    if (i > 0 && compare(to - 64, to) == 0) return false;
  }
  return true;
}

/** Makes sure that the hashes of the leaves of all changes before `end` are there. */
export function hashLeavesTo(end: u32): void {
  while (hashedTo < end) {
    const count = min(LEAVES_AT_ONCE, total - hashedTo);
    hashRow(LEAF_KEY, pathOf(hashedTo), count, leafHashOf(hashedTo));
    hashedTo += count;
  }
}

/** First change of the sorted range [low, high), all alike before `depth`, whose bit there is 1. */
export function split(depth: u32, low: u32, high: u32): u32 {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitAt(pathOf(middle), depth) != 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many bits from the first on two different paths have in common. */
export function commonBits(a: usize, b: usize): i32 {
  for (let i: usize = 0; i < 32; i += 8) {
    const differing = bswap<u64>(load<u64>(a + i) ^ load<u64>(b + i));
    if (differing != 0) return <i32>(i << 3) + <i32>clz<u64>(differing);
  }
  return 256;
}
