import { CURVE_2D } from "../generated/field";
import { DIGIT_ROW, DIGITS, RECORDS } from "./digits";
import { add, COMPACT_BYTES, carry, mul, mulTwice, PAIR_BYTES, sub } from "./field";
import {
  addNiels,
  addPoints,
  COMPACT_POINT_BYTES,
  finishAdd,
  gatherPoint,
  POINT_BYTES,
  SUM_A,
  SUM_B,
  SUM_C,
  SUM_D,
  scatterPoint,
  setNeutralCompact,
  setNiels,
  T,
  X,
  Y,
  Z,
} from "./point";

/*
 * Buckets of one pair of windows (multiscalar.ts): the sum of j times the sum of the points with digit j, in lane 0
 * for the lower window and in lane 1 for the upper one. Each lane has its own list of what it adds, and only
 * buckets tie them together: the first point of a bucket is put there, not added (a multiplication for two instead of
 * seven), and points whose digit is 0 are in no list.
 */

/** Compact points: up to 128, and bucket 0, which takes what the lane with the shorter list must not add anywhere. */
const BUCKETS_A = memory.data(20640, 16);
const BUCKETS_B = memory.data(20640, 16);
/** First entry of each bucket, or 0: address of a table record, bit 0 set to subtract it (u32). */
const FIRST_A = memory.data(516, 16);
const FIRST_B = memory.data(516, 16);

/** One addition, 8 bytes: address of the bucket, entry as above. */
const ADDITION_BYTES: usize = 8;
const ADDITIONS_A = memory.data(16392, 16);
const ADDITIONS_B = memory.data(16392, 16);

/** The neutral element as a table record: y - x = y + x = 1. */
const NEUTRAL = memory.data<u32>(
  [
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0,
  ],
  16,
);

const RUNNING = memory.data(320, 16);
const WORK = memory.data(320, 16);
/** Of RUNNING: y - x, y + x and 2dT, as second operands of two sums. */
const MINUS = memory.data(80, 16);
const PLUS = memory.data(80, 16);
const T2D = memory.data(80, 16);
/** First operands of the sums RUNNING + bucket and SUM + RUNNING. */
const WORK_A = memory.data(80, 16);
const OTHER_A = memory.data(80, 16);
const OTHER_B = memory.data(80, 16);
const OTHER_C = memory.data(80, 16);
const OTHER_D = memory.data(80, 16);

/** Lists what a lane adds: `digits` is the first of `count` digits (i16) of a window, 4 bytes apart. */
function listAdditions(
  digits: usize,
  count: u32,
  buckets: usize,
  firsts: usize,
  additions: usize,
): u32 {
  let at = additions;
  for (let point: usize = 0; point < <usize>count; point++) {
    const digit = <i32>load<i16>(digits + (point << 2));
    if (digit == 0) continue;
    const negative = digit >> 31;
    const bucket = <usize>((digit ^ negative) - negative);
    const entry = (load<u32>(RECORDS + (point << 2)) & ~1) | (negative & 1);
    const first = firsts + (bucket << 2);
    if (load<u32>(first) == 0) {
      store<u32>(first, entry);
      continue;
    }
    store<u32>(at, <u32>(buckets + bucket * COMPACT_POINT_BYTES));
    store<u32>(at, entry, 4);
    at += ADDITION_BYTES;
  }
  return <u32>((at - additions) / ADDITION_BYTES);
}

/** Fills a list up to `length` with additions to bucket 0. */
function pad(additions: usize, from: u32, length: u32, buckets: usize): void {
  for (let i = <usize>from; i < <usize>length; i++) {
    store<u32>(additions + i * ADDITION_BYTES, <u32>buckets);
    store<u32>(additions + i * ADDITION_BYTES, <u32>NEUTRAL, 4);
  }
}

/** WORK = the points of an entry in each lane. */
function setEntry(entryA: usize, entryB: usize): void {
  setNiels(
    WORK,
    entryA == 0 ? NEUTRAL : entryA & ~1,
    entryB == 0 ? NEUTRAL : entryB & ~1,
    (entryA & 1) * COMPACT_BYTES,
    (entryB & 1) * COMPACT_BYTES,
  );
}

/** Sums up the points of window pair `pair` by digits 1 to `buckets`. */
function fill(pair: u32, count: u32, buckets: usize): void {
  const row = DIGITS + <usize>pair * DIGIT_ROW;
  memory.fill(FIRST_A, 0, 4 * (buckets + 1));
  memory.fill(FIRST_B, 0, 4 * (buckets + 1));
  const lengthA = listAdditions(row, count, BUCKETS_A, FIRST_A, ADDITIONS_A);
  const lengthB = listAdditions(row + 2, count, BUCKETS_B, FIRST_B, ADDITIONS_B);
  const length = max(lengthA, lengthB);
  pad(ADDITIONS_A, lengthA, length, BUCKETS_A);
  pad(ADDITIONS_B, lengthB, length, BUCKETS_B);
  setNeutralCompact(BUCKETS_A);
  setNeutralCompact(BUCKETS_B);
  for (let j: usize = 1; j <= buckets; j++) {
    setEntry(load<u32>(FIRST_A + (j << 2)), load<u32>(FIRST_B + (j << 2)));
    scatterPoint(WORK, BUCKETS_A + j * COMPACT_POINT_BYTES, BUCKETS_B + j * COMPACT_POINT_BYTES);
  }
  for (let i: usize = 0; i < <usize>length * ADDITION_BYTES; i += ADDITION_BYTES) {
    const bucketA = <usize>load<u32>(ADDITIONS_A + i),
      bucketB = <usize>load<u32>(ADDITIONS_B + i);
    const entryA = load<u32>(ADDITIONS_A + i, 4),
      entryB = load<u32>(ADDITIONS_B + i, 4);
    gatherPoint(WORK, bucketA, bucketB);
    addNiels(WORK, entryA & ~1, entryA & 1, entryB & ~1, entryB & 1);
    scatterPoint(WORK, bucketA, bucketB);
  }
}

function gatherBucket(out: usize, j: usize): void {
  const bucket = j * COMPACT_POINT_BYTES;
  gatherPoint(out, BUCKETS_A + bucket, BUCKETS_B + bucket);
}

/**
 * sum = sum of j * bucket j, by running sums from the top: RUNNING is the sum of the buckets from j on, and `sum`
 * that of all RUNNINGs so far. Each RUNNING is the second operand of two sums, to `sum` and to the next bucket.
 */
function fold(sum: usize, buckets: usize): void {
  gatherBucket(RUNNING, buckets);
  memory.copy(sum, RUNNING, POINT_BYTES);
  gatherBucket(WORK, buckets - 1);
  addPoints(RUNNING, RUNNING, WORK);
  for (let j = buckets - 2; j > 0; j--) {
    gatherBucket(WORK, j);
    sub(MINUS, RUNNING + Y, RUNNING + X);
    carry(MINUS, MINUS); // 1
    add(PLUS, RUNNING + Y, RUNNING + X); // 2
    mul(T2D, RUNNING + T, CURVE_2D);
    sub(SUM_A, sum + Y, sum + X); // 3
    sub(WORK_A, WORK + Y, WORK + X); // 3
    mulTwice(SUM_A, SUM_A, OTHER_A, WORK_A, MINUS);
    add(SUM_B, sum + Y, sum + X); // 2
    add(WORK_A, WORK + Y, WORK + X); // 2
    mulTwice(SUM_B, SUM_B, OTHER_B, WORK_A, PLUS);
    mulTwice(SUM_C, sum + T, OTHER_C, WORK + T, T2D);
    mulTwice(SUM_D, sum + Z, OTHER_D, WORK + Z, RUNNING + Z);
    add(SUM_D, SUM_D, SUM_D); // 2
    finishAdd(sum);
    memory.copy(SUM_A, OTHER_A, PAIR_BYTES);
    memory.copy(SUM_B, OTHER_B, PAIR_BYTES);
    memory.copy(SUM_C, OTHER_C, PAIR_BYTES);
    add(SUM_D, OTHER_D, OTHER_D); // 2
    finishAdd(RUNNING);
  }
  addPoints(sum, sum, RUNNING);
}

/** sum = in each lane, the sum of digit times point over the first `count` points and one window of the pair. */
export function sumWindowPair(sum: usize, pair: u32, count: u32, buckets: usize): void {
  fill(pair, count, buckets);
  fold(sum, buckets);
}
