import { CURVE_2D } from "../generated/field";
import { DIGIT_ROW, DIGITS, FULL_BITS, pairsFor, recode, recordAt, SHORT_BITS } from "./digits";
import { add, COMPACT_BYTES, carry, gather, mul, scatter, sub } from "./field";
import {
  addNiels,
  addPoints,
  broadcastLane,
  double,
  finishAdd,
  isNeutralLane,
  SUM_A,
  SUM_B,
  SUM_C,
  SUM_D,
  setNeutral,
  T,
  X,
  Y,
  Z,
} from "./point";

/*
 * Sum of scalars times points by Straus: tables of the multiples 0..8 of every point, and one chain of
 * doublings that all share. The lanes work on two points. Better than buckets for few points, because it has
 * nothing to fold.
 */

/** Up to this many points Straus is the faster way. */
export const STRAUS_MAX_POINTS: u32 = 64;

const WINDOW: u32 = 4;
/** A multiple: y - x, y + x, 2dxy, -2dxy, 2z over a common denominator, as compact elements. */
const ENTRY_BYTES: usize = 200;
/** Multiples 0 to 8. */
const TABLE_BYTES: usize = 1800;
const TABLES = memory.data(115200, 16);

const TOTAL = memory.data(320, 16);
const MULTIPLE = memory.data(320, 16);
const LOADED = memory.data(80, 16);
const WORK = memory.data(80, 16);
const ZERO = memory.data(80, 16);

/** Writes MULTIPLE as an entry of each of two tables. */
function storeEntry(a: usize, b: usize): void {
  sub(WORK, MULTIPLE + Y, MULTIPLE + X);
  carry(WORK, WORK);
  scatter(WORK, a, b);
  add(WORK, MULTIPLE + Y, MULTIPLE + X);
  carry(WORK, WORK);
  scatter(WORK, a + COMPACT_BYTES, b + COMPACT_BYTES);
  mul(WORK, MULTIPLE + T, CURVE_2D);
  scatter(WORK, a + 2 * COMPACT_BYTES, b + 2 * COMPACT_BYTES);
  sub(WORK, ZERO, WORK);
  carry(WORK, WORK);
  scatter(WORK, a + 3 * COMPACT_BYTES, b + 3 * COMPACT_BYTES);
  add(WORK, MULTIPLE + Z, MULTIPLE + Z); // 2
  scatter(WORK, a + 4 * COMPACT_BYTES, b + 4 * COMPACT_BYTES);
}

function buildTables(a: usize, recordA: usize, b: usize, recordB: usize): void {
  setNeutral(MULTIPLE);
  storeEntry(a, b);
  for (let offset = ENTRY_BYTES; offset < TABLE_BYTES; offset += ENTRY_BYTES) {
    addNiels(MULTIPLE, recordA, 0, recordB, 0);
    storeEntry(a + offset, b + offset);
  }
}

/** TOTAL += a table entry in each lane, subtracted where `negative` is 1. */
function addEntry(a: usize, negativeA: u32, b: usize, negativeB: u32): void {
  const swapA = <usize>negativeA * COMPACT_BYTES,
    swapB = <usize>negativeB * COMPACT_BYTES;
  sub(SUM_A, TOTAL + Y, TOTAL + X); // 3
  gather(LOADED, a + swapA, b + swapB);
  mul(SUM_A, SUM_A, LOADED);
  add(SUM_B, TOTAL + Y, TOTAL + X); // 2
  gather(LOADED, a + COMPACT_BYTES - swapA, b + COMPACT_BYTES - swapB);
  mul(SUM_B, SUM_B, LOADED);
  gather(LOADED, a + 2 * COMPACT_BYTES + swapA, b + 2 * COMPACT_BYTES + swapB);
  mul(SUM_C, TOTAL + T, LOADED);
  gather(LOADED, a + 4 * COMPACT_BYTES, b + 4 * COMPACT_BYTES); // 2
  mul(SUM_D, TOTAL + Z, LOADED);
  finishAdd(TOTAL);
}

/** Adds the digits of one window of all points below `count`; `half` is 0 for the even window of the pair. */
function addWindow(pair: u32, half: usize, count: u32): void {
  const row = DIGITS + <usize>pair * DIGIT_ROW + (half << 1);
  for (let point: u32 = 0; point < count; point += 2) {
    const at = row + ((<usize>point) << 2);
    const digitA = <i32>load<i16>(at);
    const digitB = point + 1 < count ? <i32>load<i16>(at, 4) : 0;
    if ((digitA | digitB) == 0) continue;
    const table = TABLES + <usize>point * TABLE_BYTES;
    addEntry(
      table + <usize>abs(digitA) * ENTRY_BYTES,
      <u32>digitA >> 31,
      table + TABLE_BYTES + <usize>abs(digitB) * ENTRY_BYTES,
      <u32>digitB >> 31,
    );
  }
}

/** As `sumTimes8IsNeutral` of multiscalar.ts, for at most STRAUS_MAX_POINTS points. */
export function strausIsNeutral(full: u32, short: u32): bool {
  const count = full + short;
  const pairs = pairsFor(FULL_BITS, WINDOW);
  const shortPairs = pairsFor(SHORT_BITS, WINDOW);
  for (let i: u32 = 0; i < full; i++) recode(i, pairs, WINDOW);
  for (let i = full; i < count; i++) recode(i, shortPairs, WINDOW);
  for (let i: u32 = 0; i < count; i += 2) {
    const record = recordAt(i);
    const other = i + 1 < count ? recordAt(i + 1) : record;
    const table = TABLES + <usize>i * TABLE_BYTES;
    buildTables(table, record, table + TABLE_BYTES, other);
  }

  setNeutral(TOTAL);
  for (let pair = <i32>pairs - 1; pair >= 0; pair--) {
    const points = <u32>pair < shortPairs ? count : full;
    double(TOTAL, WINDOW);
    addWindow(pair, 1, points);
    double(TOTAL, WINDOW);
    addWindow(pair, 0, points);
  }
  broadcastLane(MULTIPLE, TOTAL, 1);
  addPoints(TOTAL, TOTAL, MULTIPLE);
  double(TOTAL, 3);
  return isNeutralLane(TOTAL, 0);
}
