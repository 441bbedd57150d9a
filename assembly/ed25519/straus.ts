import { CURVE_2D } from "../generated/field";
import { DIGITS, FULL_BITS, recodeSparse, recordAt, SHORT_BITS } from "./digits";
import { add, COMPACT_BYTES, carry, gather, mul, scatter, sub } from "./field";
import {
  addPoints,
  broadcastLane,
  double,
  finishAdd,
  NIELS_BYTES,
  POINT_BYTES,
  SUM_A,
  SUM_B,
  SUM_C,
  SUM_D,
  setNeutral,
  setNiels,
  T,
  X,
  Y,
  Z,
} from "./point";

/*
 * Sum of scalars times points by Straus: tables of the multiples 1, 3, .. 15 of every point, scalars as sums of
 * such multiples of powers of two that are at least five apart (NAF of width 5), and one chain of doublings
 * that all share. What is to be added at a bit goes to the two lanes by twos, whichever points it is of. Better than
 * buckets for few points, because it has nothing to fold.
 */

/** Up to this many points Straus is the faster way. */
export const STRAUS_MAX_POINTS: u32 = 113;

/** A multiple: y - x, y + x, 2dxy, -2dxy, 2z over a common denominator, as compact elements. */
const ENTRY_BYTES: usize = 200;
const TABLE_BYTES: usize = 1600;
/** One table a point. That of the first one, the base point, is kept from call to call. */
const TABLES = memory.data(180800, 64);
/** The neutral element as an entry. */
const NEUTRAL = memory.data<u32>(
  [
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ],
  16,
);

/** DIGITS as rows of one i8 a point, a row for each bit. */
const ROW_BYTES: usize = 120;
/** Entries to be added at one bit (u32), bit 0 set to subtract. */
const ENTRIES = memory.data(456, 16);
const TOUCHED = memory.data(4, 16);

const TOTAL = memory.data(320, 16);
const MULTIPLE = memory.data(320, 16);
const TWICE = memory.data(320, 16);
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

/** The first entry of a table: a table record, with 2z = 2. */
function storeFirst(table: usize, record: usize): void {
  memory.copy(table, record, NIELS_BYTES);
  memory.copy(table + NIELS_BYTES, NEUTRAL + NIELS_BYTES, COMPACT_BYTES);
}

function buildTables(a: usize, recordA: usize, b: usize, recordB: usize): void {
  storeFirst(a, recordA);
  storeFirst(b, recordB);
  setNiels(MULTIPLE, recordA, recordB);
  memory.copy(TWICE, MULTIPLE, POINT_BYTES);
  double(TWICE, 1);
  // Twice the point in the form of an entry, as second operand of the sums.
  sub(WORK, TWICE + Y, TWICE + X);
  add(TWICE + Y, TWICE + Y, TWICE + X); // 2
  carry(TWICE + X, WORK); // 1
  mul(TWICE + T, TWICE + T, CURVE_2D);
  add(TWICE + Z, TWICE + Z, TWICE + Z); // 2
  for (let offset = ENTRY_BYTES; offset < TABLE_BYTES; offset += ENTRY_BYTES) {
    sub(SUM_A, MULTIPLE + Y, MULTIPLE + X); // 3
    mul(SUM_A, SUM_A, TWICE + X);
    add(SUM_B, MULTIPLE + Y, MULTIPLE + X); // 2
    mul(SUM_B, SUM_B, TWICE + Y);
    mul(SUM_C, MULTIPLE + T, TWICE + T);
    mul(SUM_D, MULTIPLE + Z, TWICE + Z);
    finishAdd(MULTIPLE);
    storeEntry(a + offset, b + offset);
  }
}

/** TOTAL += an entry in each lane; bit 0 of an address says "subtract". T is left wrong without `withT`. */
function addEntry(entryA: usize, entryB: usize, withT: bool): void {
  const a = entryA & ~1,
    b = entryB & ~1;
  const swapA = (entryA & 1) * COMPACT_BYTES,
    swapB = (entryB & 1) * COMPACT_BYTES;
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
  finishAdd(TOTAL, withT);
}

/**
 * Lists what the first `count` points add at a bit, and reads all cache lines of it, so that the additions do not
 * wait for memory one by one. Gives the length, made even with the neutral element.
 */
function listEntries(bit: usize, count: u32): usize {
  const row = DIGITS + bit * ROW_BYTES;
  let length: usize = 0;
  let touched: u32 = 0;
  for (let first: usize = 0; first < <usize>count; first += 8) {
    let digits = load<u64>(row + first);
    while (digits != 0) {
      const shift = ctz(digits) & ~7;
      const digit = <i32>(<i8>(digits >> shift));
      digits &= ~((<u64>255) << shift);
      const negative = digit >> 31;
      const index = <usize>(((digit ^ negative) - negative) >> 1);
      const point = first + <usize>(shift >> 3);
      const entry = TABLES + point * TABLE_BYTES + index * ENTRY_BYTES;
      touched ^= load<u32>(entry) ^ load<u32>(entry, 64) ^ load<u32>(entry, 128);
      touched ^= load<u32>(entry, 192);
      store<u32>(ENTRIES + (length << 2), <u32>entry | (negative & 1));
      length++;
    }
  }
  store<u32>(TOUCHED, touched);
  if ((length & 1) != 0) {
    store<u32>(ENTRIES + (length << 2), <u32>NEUTRAL);
    length++;
  }
  return length;
}

/** As `sumTimes8` of multiscalar.ts, for at most STRAUS_MAX_POINTS points, of which the first is the base point. */
export function strausTimes8(out: usize, full: u32, short: u32): void {
  const count = full + short;
  memory.fill(DIGITS, 0, <usize>(FULL_BITS + 1) * ROW_BYTES);
  for (let i: u32 = 0; i < count; i++) {
    recodeSparse(i, i < full ? FULL_BITS : SHORT_BITS, DIGITS + i, ROW_BYTES);
  }
  // The base point's table is made with that of any point, once.
  if (load<u32>(TABLES) == 0) buildTables(TABLES, recordAt(0), TABLES + TABLE_BYTES, recordAt(0));
  for (let i: u32 = 1; i < count; i += 2) {
    const table = TABLES + <usize>i * TABLE_BYTES;
    const pair = i + 1 < count;
    buildTables(table, recordAt(i), pair ? table + TABLE_BYTES : table, recordAt(pair ? i + 1 : i));
  }

  setNeutral(TOTAL);
  let begun = false;
  for (let bit = <i32>FULL_BITS; bit >= 0; bit--) {
    const length = listEntries(bit, <u32>bit <= SHORT_BITS ? count : full);
    if (begun) double(TOTAL, 1, length != 0 || bit == 0);
    for (let i: usize = 0; i < length; i += 2) {
      const at = ENTRIES + (i << 2);
      // A doubling that follows does not read T.
      addEntry(load<u32>(at), load<u32>(at, 4), i + 2 < length || bit == 0);
      begun = true;
    }
  }
  broadcastLane(MULTIPLE, TOTAL, 1);
  addPoints(TOTAL, TOTAL, MULTIPLE);
  double(TOTAL, 3);
  memory.copy(out, TOTAL, POINT_BYTES);
}
