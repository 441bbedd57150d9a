import { ONE } from "../generated/field";
import { BASE_COLUMNS, baseEntries, KEY_COLUMNS, keyEntries } from "./comb";
import { decompress, invert } from "./decompress";
import {
  add,
  COMPACT_BYTES,
  carry,
  encodeLane,
  gather,
  mul,
  mulTwice,
  PAIR_BYTES,
  sub,
} from "./field";
import { encodingsOf, ITEM_S, itemAt, listed, VERDICTS } from "./layout";
import { challenge, oddNegative, oddScalar } from "./order";
import {
  addNiels,
  addPoints,
  broadcastLane,
  double,
  isNeutralLane,
  NIELS_BYTES,
  POINT_BYTES,
  setNeutral,
  T,
  X,
  Y,
  Z,
} from "./point";

/*
 * Signatures by keys that have tables (comb.ts). R' = s B + (L - k) A is computed for each, two at a time, and its
 * encoding compared with the bytes of R. Equal: then R decodes and the equation of RFC 8032 holds, hence that
 * of ZIP-215. Unequal: 8 (R' - R) = neutral decides. Multiples of L that were added to the scalars move R'
 * by a point of small order if the key has one in it, and 8 times that is neutral: so the verdict is that of
 * ZIP-215 in both cases. It depends on this one signature only, and costs at most one decompression more.
 */

/** Signatures whose results share an inversion. */
const GROUP: u32 = 128;
/** A result: X, Y, Z of two signatures. */
const RESULT_BYTES: usize = 240;
const RESULTS = memory.data(15360, 16);
const PREFIXES = memory.data(5120, 16);

/** Entries of both signatures of a pair; those of the key first. */
const KEY_ENTRIES_A = memory.data(128, 16);
const KEY_ENTRIES_B = memory.data(128, 16);
const BASE_ENTRIES_A = memory.data(104, 16);
const BASE_ENTRIES_B = memory.data(104, 16);

/** Entries of a column, 4 bytes a table: both combs have two tables. */
const KEY_ROW: usize = 8;
const BASE_ROW: usize = 8;
/** Two entries that add nothing: y - x = y + x = 1, 2dxy = 0; and their addresses. */
const NEUTRAL = memory.data<u32>(
  [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  64,
);
const NEUTRAL_ENTRIES = memory.data(8, 16);
const BASE_PART = memory.data(320, 16);

const SCALAR = memory.data(40, 16);
const ODD = memory.data(40, 16);
const POINT = memory.data(320, 16);
const A = memory.data(80, 16);
const B = memory.data(80, 16);
const C = memory.data(80, 16);
const F = memory.data(80, 16);
const G = memory.data(80, 16);
const LOADED = memory.data(80, 16);
const INVERSE = memory.data(80, 16);
const INVERSE_Z = memory.data(80, 16);
const ENCODED = memory.data(32, 16);
const R_RECORDS = memory.data(320, 16);
const TOUCHED = memory.data(4, 16);

/** Signatures whose bytes of R differed, since the start. */
export let unequal: u32 = 0;

/**
 * POINT += entry in each lane; bit 0 of an address says "subtract". Without `withT` T is left wrong: a doubling
 * that follows does not read it.
 */
function addEntry(entryA: usize, entryB: usize, withT: bool): void {
  const negativeA = entryA & 1,
    negativeB = entryB & 1;
  const a = entryA - negativeA,
    b = entryB - negativeB;
  const swapA = negativeA * COMPACT_BYTES,
    swapB = negativeB * COMPACT_BYTES;
  sub(A, POINT + Y, POINT + X); // 3
  gather(LOADED, a + swapA, b + swapB);
  mul(A, A, LOADED);
  add(B, POINT + Y, POINT + X); // 2
  gather(LOADED, a + COMPACT_BYTES - swapA, b + COMPACT_BYTES - swapB);
  mul(B, B, LOADED);
  gather(LOADED, a + 2 * COMPACT_BYTES, b + 2 * COMPACT_BYTES);
  mul(C, POINT + T, LOADED);
  crossTerms(negativeA, negativeB);
  sub(C, B, A); // 3
  add(A, B, A); // 2
  mulTwice(POINT + X, C, POINT + Z, G, F);
  if (withT) mulTwice(POINT + Y, G, POINT + T, C, A);
  else mul(POINT + Y, G, A);
}

/** POINT = entry in each lane, with Z = 4: 2y and 2x are in the entry, and T = 4xy their product. */
function setEntry(entryA: usize, entryB: usize): void {
  const negativeA = entryA & 1,
    negativeB = entryB & 1;
  const a = entryA - negativeA,
    b = entryB - negativeB;
  const swapA = negativeA * COMPACT_BYTES,
    swapB = negativeB * COMPACT_BYTES;
  gather(A, a + swapA, b + swapB);
  gather(B, a + COMPACT_BYTES - swapA, b + COMPACT_BYTES - swapB);
  sub(C, B, A); // 3
  carry(C, C);
  add(A, B, A); // 2
  mul(POINT + T, C, A);
  add(POINT + X, C, C);
  carry(POINT + X, POINT + X);
  add(POINT + Y, A, A); // 4
  carry(POINT + Y, POINT + Y);
  add(POINT + Z, ONE, ONE);
  add(POINT + Z, POINT + Z, POINT + Z);
}

/** F = 2Z - C and G = 2Z + C, or the other way round in a lane that subtracts. F is carried, G has alpha 4. */
function crossTerms(negativeA: usize, negativeB: usize): void {
  add(LOADED, POINT + Z, POINT + Z); // 2
  sub(F, LOADED, C); // 4
  add(G, LOADED, C); // 3
  if (ASC_FEATURE_SIMD) {
    const mask = i64x2.splat((-(<i64>negativeA) & 0xffffffff) | (-(<i64>negativeB) << 32));
    for (let i: usize = 0; i < 80; i += 16) {
      const f = v128.load(F + i),
        g = v128.load(G + i);
      v128.store(F + i, v128.bitselect(g, f, mask));
      v128.store(G + i, v128.bitselect(f, g, mask));
    }
  } else {
    if (negativeA != 0) swapLane(0);
    if (negativeB != 0) swapLane(4);
  }
  carry(F, F); // 1
}

function swapLane(offset: usize): void {
  for (let i = offset; i < 80; i += 8) {
    const f = load<u32>(F + i);
    store<u32>(F + i, load<u32>(G + i));
    store<u32>(G + i, f);
  }
}

/** Reads both cache lines of every entry, so that the additions do not wait for memory one by one. */
function touch(entries: usize): u32 {
  let bits: u32 = 0;
  for (let i: usize = 0; i < KEY_ROW * KEY_COLUMNS; i += 4) {
    const entry = <usize>load<u32>(entries + i) & ~1;
    bits ^= load<u32>(entry) ^ load<u32>(entry, 64);
  }
  return bits;
}

/** Entries for one signature; gives what it read of them. */
function prepare(item: u32, input: usize, table: usize, key: usize, base: usize): u32 {
  challenge(SCALAR, item, input);
  oddNegative(ODD, SCALAR);
  keyEntries(key, ODD, table);
  const bits = touch(key);
  oddScalar(ODD, itemAt(item) + ITEM_S);
  baseEntries(base, ODD);
  return bits;
}

/** POINT = s B + (L - k) A of both signatures of a pair, T left wrong. */
function combine(): void {
  const top = <usize>(KEY_COLUMNS - 1) * KEY_ROW;
  setEntry(load<u32>(KEY_ENTRIES_A + top), load<u32>(KEY_ENTRIES_B + top));
  addEntry(load<u32>(KEY_ENTRIES_A + top, 4), load<u32>(KEY_ENTRIES_B + top, 4), false);
  for (let column = KEY_COLUMNS - 1; column-- > 0; ) {
    double(POINT, 1);
    const withBase = column < BASE_COLUMNS;
    const key = <usize>column * KEY_ROW;
    addColumn(KEY_ENTRIES_A + key, KEY_ENTRIES_B + key, withBase);
    if (!withBase) continue;
    const base = <usize>column * BASE_ROW;
    addColumn(BASE_ENTRIES_A + base, BASE_ENTRIES_B + base, false);
  }
}

/** As `combine` for one signature, in lane 0: the lanes do the key and the base point. */
function combineOne(): void {
  setNeutral(POINT);
  for (let column = KEY_COLUMNS; column-- > 0; ) {
    if (column != KEY_COLUMNS - 1) double(POINT, 1);
    const key = KEY_ENTRIES_A + <usize>column * KEY_ROW;
    const base =
      column < BASE_COLUMNS ? BASE_ENTRIES_A + <usize>column * BASE_ROW : NEUTRAL_ENTRIES;
    addColumn(key, base, column == 0);
  }
  broadcastLane(BASE_PART, POINT, 1);
  addPoints(POINT, POINT, BASE_PART);
}

/** Adds the two entries of a column, the last one `withT` or without. */
function addColumn(entriesA: usize, entriesB: usize, withT: bool): void {
  addEntry(load<u32>(entriesA), load<u32>(entriesB), true);
  addEntry(load<u32>(entriesA, 4), load<u32>(entriesB, 4), withT);
}

/** Whether an affine result (lane of A, B as x and y) has the encoding that was hashed as R. */
function equalsR(item: u32, lane: usize, input: usize): bool {
  encodeLane(ENCODED, A, B, lane);
  return memory.compare(ENCODED, encodingsOf(item, input), 32) == 0;
}

/** Decides by 8 (R' - R) for the two signatures whose affine results are in A and B. */
function decideCofactored(first: u32, second: u32, input: usize): void {
  unequal++;
  const decoded = decompress(
    encodingsOf(first, input),
    encodingsOf(second, input),
    R_RECORDS,
    R_RECORDS + NIELS_BYTES,
  );
  memory.copy(POINT + X, A, PAIR_BYTES);
  memory.copy(POINT + Y, B, PAIR_BYTES);
  memory.copy(POINT + Z, ONE, PAIR_BYTES);
  mul(POINT + T, A, B);
  addNiels(POINT, R_RECORDS, 1, R_RECORDS + NIELS_BYTES, 1);
  double(POINT, 3);
  // An odd one out has its result in lane 0 only, so that comes last.
  store<u8>(VERDICTS + second, <u8>((decoded & 2) != 0 && isNeutralLane(POINT, 1)));
  store<u8>(VERDICTS + first, <u8>((decoded & 1) != 0 && isNeutralLane(POINT, 0)));
}

/**
 * Verdicts of the items in `list`, whose tables are at the addresses in `tables` (u32, by item).
 * All have s below L.
 */
export function verifyWithTables(list: usize, count: u32, tables: usize, input: usize): void {
  store<u32>(NEUTRAL_ENTRIES, <u32>NEUTRAL);
  store<u32>(NEUTRAL_ENTRIES, <u32>NEUTRAL, 4);
  for (let start: u32 = 0; start < count; start += GROUP) {
    verifyGroup(list + 2 * start, min(GROUP, count - start), tables, input);
  }
}

/** The second item of a pair; that of an odd one out is the same item. */
function secondOf(list: usize, pair: u32, count: u32): u32 {
  const index: u32 = 2 * pair + 1;
  return listed(list, index < count ? index : index - 1);
}

function verifyGroup(list: usize, count: u32, tables: usize, input: usize): void {
  const pairs = (count + 1) >> 1;
  for (let pair: u32 = 0; pair < pairs; pair++) {
    const first = listed(list, 2 * pair);
    const second = secondOf(list, pair, count);
    const tableA = <usize>load<u32>(tables + ((<usize>first) << 2));
    const tableB = <usize>load<u32>(tables + ((<usize>second) << 2));
    let bits = prepare(first, input, tableA, KEY_ENTRIES_A, BASE_ENTRIES_A);
    if (second != first) {
      bits ^= prepare(second, input, tableB, KEY_ENTRIES_B, BASE_ENTRIES_B);
      combine();
    } else combineOne();
    store<u32>(TOUCHED, bits);
    memory.copy(RESULTS + <usize>pair * RESULT_BYTES, POINT, RESULT_BYTES);
    const prefix = PREFIXES + <usize>pair * PAIR_BYTES;
    if (pair == 0) memory.copy(prefix, POINT + Z, PAIR_BYTES);
    else mul(prefix, prefix - PAIR_BYTES, POINT + Z);
  }
  invert(INVERSE, PREFIXES + <usize>(pairs - 1) * PAIR_BYTES);
  for (let pair = pairs; pair-- > 0; ) {
    const result = RESULTS + <usize>pair * RESULT_BYTES;
    if (pair > 0) {
      mul(INVERSE_Z, INVERSE, PREFIXES + <usize>(pair - 1) * PAIR_BYTES);
      mul(INVERSE, INVERSE, result + Z);
    } else memory.copy(INVERSE_Z, INVERSE, PAIR_BYTES);
    mul(A, result + X, INVERSE_Z);
    mul(B, result + Y, INVERSE_Z);
    const first = listed(list, 2 * pair);
    const second = secondOf(list, pair, count);
    if (equalsR(first, 0, input) && (second == first || equalsR(second, 1, input))) {
      store<u8>(VERDICTS + first, 1);
      store<u8>(VERDICTS + second, 1);
    } else decideCofactored(first, second, input);
  }
}
