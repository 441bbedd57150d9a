import { CURVE_2D } from "../generated/field";
import { invert } from "./decompress";
import { add, COMPACT_BYTES, carry, copyLane, mul, PAIR_BYTES, scatter, sub } from "./field";
import {
  addNiels,
  addPoints,
  broadcastLane,
  double,
  negate,
  POINT_BYTES,
  setNeutral,
  X,
  Y,
  Z,
} from "./point";

/*
 * Tables of one fixed point (Lim and Lee's comb with digits that are never 0). An odd scalar k below 2^N is the
 * sum of (2 b_n - 1) 2^n over its N = teeth * columns * tables positions, where b = (k + 2^N - 1) / 2: each
 * position counts +1 or -1. Position n = c + columns * (i + teeth * j) belongs to column c, tooth i, table j:
 *
 *   k P = sum over c of 2^c (sum over j of the entry of table j for column c)
 *
 * and the doublings between the columns are all there are. A table holds the sums whose last tooth is +1;
 * the others are their negatives.
 */

/** An entry: y - x, y + x, 2dxy as compact elements of an affine point, in two lines of the cache. */
export const ENTRY_BYTES: usize = 128;

/** Keys: 256 positions. The digit of a column and a table is a bit of each of eight 16-bit words. */
const KEY_TEETH: u32 = 8;
export const KEY_COLUMNS: u32 = 16;
const KEY_TABLES: u32 = 2;
const KEY_TABLE_BYTES: usize = 16384;
/** All tables of a key. */
export const KEY_TABLES_BYTES: usize = 32768;

/** The base point: 260 positions; 26 additions with tables that stay in the second-level cache. */
const BASE_TEETH: u32 = 10;
export const BASE_COLUMNS: u32 = 13;
const BASE_TABLES: u32 = 2;
const BASE_TABLE_BYTES: usize = 65536;
const BASE_TABLES_AT = memory.data(131072, 64);

const TOP_BIT: u64 = 0x8000000000000000;

/** Multiples of the point by powers of two, one a tooth; then the entries before they are made affine. */
const TEETH = memory.data(3200, 16);
const ENTRIES = memory.data(163840, 16);
const PREFIXES = memory.data(40960, 16);
const INVERSE = memory.data(80, 16);
const INVERSE_Z = memory.data(80, 16);
const AFFINE_X = memory.data(80, 16);
const AFFINE_Y = memory.data(80, 16);
const WORK = memory.data(80, 16);
const SUM = memory.data(320, 16);
const START = memory.data(320, 16);

/** Makes the tables of a key from the table record (point.ts) of its point. */
export function buildKeyTables(record: usize, tables: usize): void {
  buildTables(record, KEY_TEETH, KEY_COLUMNS, KEY_TABLES, tables, KEY_TABLE_BYTES);
}

export function buildBaseTables(record: usize): void {
  buildTables(record, BASE_TEETH, BASE_COLUMNS, BASE_TABLES, BASE_TABLES_AT, BASE_TABLE_BYTES);
}

function buildTables(
  record: usize,
  teeth: u32,
  columns: u32,
  tables: u32,
  at: usize,
  tableBytes: usize,
): void {
  setNeutral(SUM);
  addNiels(SUM, record, 0, record, 0);
  for (let table: u32 = 0; table < tables; table += 2) {
    buildTwo(teeth, columns, at + tableBytes * table, at + tableBytes * (table + 1));
    // The next table begins where the teeth of lane 1 end.
    memory.copy(SUM, TEETH + <usize>(teeth - 1) * POINT_BYTES, POINT_BYTES);
    double(SUM, columns);
    memory.copy(START, SUM, POINT_BYTES);
    broadcastLane(SUM, START, 1);
  }
}

/**
 * Makes the table that begins at the point in SUM (both lanes) and the next one: lane 0 makes the
 * first, lane 1 the second. They have 2^(teeth - 1) entries each.
 */
function buildTwo(teeth: u32, columns: u32, table0: usize, table1: usize): void {
  memory.copy(START, SUM, POINT_BYTES);
  double(SUM, columns * teeth);
  for (let i: usize = 0; i < POINT_BYTES; i += PAIR_BYTES) copyLane(START + i, SUM + i, 1);
  const last = TEETH + <usize>(teeth - 1) * POINT_BYTES;
  memory.copy(TEETH, START, POINT_BYTES);
  for (let tooth = TEETH; tooth < last; tooth += POINT_BYTES) {
    memory.copy(tooth + POINT_BYTES, tooth, POINT_BYTES);
    double(tooth + POINT_BYTES, columns);
  }
  // Entry 0: the last tooth minus all others. Entry e has +1 at tooth i where bit i of e is set.
  memory.copy(SUM, TEETH, POINT_BYTES);
  for (let tooth = TEETH + POINT_BYTES; tooth < last; tooth += POINT_BYTES) {
    addPoints(SUM, SUM, tooth);
  }
  negate(SUM);
  addPoints(ENTRIES, SUM, last);
  const entries: usize = (<usize>1) << (teeth - 1);
  let span = POINT_BYTES;
  for (let tooth = TEETH; tooth < last; tooth += POINT_BYTES) {
    memory.copy(SUM, tooth, POINT_BYTES);
    double(SUM, 1);
    for (let i: usize = 0; i < span; i += POINT_BYTES) {
      addPoints(ENTRIES + span + i, ENTRIES + i, SUM);
    }
    span <<= 1;
  }
  storeAffine(entries, table0, table1);
}

/** Writes the points in ENTRIES as affine entries: one inversion for all (Montgomery's trick). */
function storeAffine(entries: usize, table0: usize, table1: usize): void {
  memory.copy(PREFIXES, ENTRIES + Z, PAIR_BYTES);
  for (let i: usize = 1; i < entries; i++) {
    const prefix = PREFIXES + i * PAIR_BYTES;
    mul(prefix, prefix - PAIR_BYTES, ENTRIES + i * POINT_BYTES + Z);
  }
  invert(INVERSE, PREFIXES + (entries - 1) * PAIR_BYTES);
  for (let i = entries; i-- > 0; ) {
    const point = ENTRIES + i * POINT_BYTES;
    if (i > 0) {
      mul(INVERSE_Z, INVERSE, PREFIXES + (i - 1) * PAIR_BYTES);
      mul(INVERSE, INVERSE, point + Z);
    } else memory.copy(INVERSE_Z, INVERSE, PAIR_BYTES);
    mul(AFFINE_X, point + X, INVERSE_Z);
    mul(AFFINE_Y, point + Y, INVERSE_Z);
    const entry0 = table0 + i * ENTRY_BYTES,
      entry1 = table1 + i * ENTRY_BYTES;
    sub(WORK, AFFINE_Y, AFFINE_X);
    carry(WORK, WORK);
    scatter(WORK, entry0, entry1);
    add(WORK, AFFINE_Y, AFFINE_X);
    carry(WORK, WORK);
    scatter(WORK, entry0 + COMPACT_BYTES, entry1 + COMPACT_BYTES);
    mul(WORK, AFFINE_X, AFFINE_Y);
    mul(WORK, WORK, CURVE_2D);
    scatter(WORK, entry0 + 2 * COMPACT_BYTES, entry1 + 2 * COMPACT_BYTES);
  }
}

/**
 * The entries of a key for each column and table, as addresses whose bit 0 says "subtract": those of column 0
 * in the order of the tables, those of column 1 ... `scalar` is odd and below 2^256.
 */
export function keyEntries(out: usize, scalar: usize, tables: usize): void {
  const w0 = load<u64>(scalar),
    w1 = load<u64>(scalar, 8);
  const w2 = load<u64>(scalar, 16),
    w3 = load<u64>(scalar, 24);
  if (ASC_FEATURE_SIMD) {
    let low = i64x2((w0 >> 1) | (w1 << 63), (w1 >> 1) | (w2 << 63));
    let high = i64x2((w2 >> 1) | (w3 << 63), (w3 >> 1) | TOP_BIT);
    // The sign bits of the eight words are the digit of the highest column that is left.
    for (let at = out + 8 * KEY_COLUMNS - 8; ; at -= 8) {
      storeEntry(at, i16x8.bitmask(low), KEY_TEETH, tables);
      storeEntry(at + 4, i16x8.bitmask(high), KEY_TEETH, tables + KEY_TABLE_BYTES);
      if (at == out) break;
      low = i16x8.shl(low, 1);
      high = i16x8.shl(high, 1);
    }
  } else {
    store<u64>(BITS, (w0 >> 1) | (w1 << 63));
    store<u64>(BITS, (w1 >> 1) | (w2 << 63), 8);
    store<u64>(BITS, (w2 >> 1) | (w3 << 63), 16);
    store<u64>(BITS, (w3 >> 1) | TOP_BIT, 24);
    combDigits(out, KEY_TEETH, KEY_COLUMNS, KEY_TABLES, tables, KEY_TABLE_BYTES);
  }
}

/** As `keyEntries`, for the base point. `scalar` is odd and below 2^254. */
export function baseEntries(out: usize, scalar: usize): void {
  for (let i: usize = 0; i < 24; i += 8) {
    store<u64>(BITS + i, (load<u64>(scalar + i) >> 1) | (load<u64>(scalar + i, 8) << 63));
  }
  store<u64>(BITS, load<u64>(scalar, 24) >> 1, 24);
  // Position 259, the last one, is bit 3 of byte 32.
  store<u64>(BITS, 8, 32);
  combDigits(out, BASE_TEETH, BASE_COLUMNS, BASE_TABLES, BASE_TABLES_AT, BASE_TABLE_BYTES);
}

/** The bits b of a scalar, and zeros behind them. */
const BITS = memory.data(48, 16);
/** A table's digits (u16) by column. */
const DIGITS = memory.data(32, 16);

/** Entries by the bits in BITS, for at most 16 teeth and 16 columns. */
function combDigits(
  out: usize,
  teeth: u32,
  columns: u32,
  tables: u32,
  table: usize,
  tableBytes: usize,
): void {
  const stride = tables << 2;
  for (let j: u32 = 0; j < tables; j++) {
    let columns0: u64 = 0,
      columns4: u64 = 0,
      columns8: u64 = 0,
      columns12: u64 = 0;
    for (let i: u32 = 0; i < teeth; i++) {
      const bit = columns * (i + teeth * j);
      const word = load<u32>(BITS + (bit >> 3)) >> (bit & 7);
      columns0 |= spread(word) << i;
      columns4 |= spread(word >> 4) << i;
      columns8 |= spread(word >> 8) << i;
      columns12 |= spread(word >> 12) << i;
    }
    store<u64>(DIGITS, columns0);
    store<u64>(DIGITS, columns4, 8);
    store<u64>(DIGITS, columns8, 16);
    store<u64>(DIGITS, columns12, 24);
    for (let c: u32 = 0; c < columns; c++) {
      const digit = <i32>load<u16>(DIGITS + (c << 1));
      storeEntry(out + stride * c + (j << 2), digit, teeth, table + tableBytes * j);
    }
  }
}

/** The lowest four bits as the lowest bits of four 16-bit words. */
function spread(bits: u32): u64 {
  return (<u64>(bits & 15) * 0x0000200040008001) & 0x0001000100010001;
}

function storeEntry(at: usize, digit: i32, teeth: u32, table: usize): void {
  const last = teeth - 1;
  // All ones when the last tooth counts -1: then the entry of the opposite digit is subtracted.
  const negative: i32 = (digit >> last) - 1;
  const index = (digit ^ negative) & ((1 << last) - 1);
  store<u32>(at, (<u32>table + index * <u32>ENTRY_BYTES) | (negative & 1));
}
