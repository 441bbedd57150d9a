import { multiplyAdd } from "../generated/scalar";
import { RECORDS, SCALAR_BYTES, SCALARS } from "./digits";
import { COEFFICIENT_BYTES, COEFFICIENTS, ITEM_S, itemAt, listed } from "./layout";
import { sumTimes8 } from "./multiscalar";
import { addScalar, challenge, shorten, subScalar } from "./order";
import { NIELS_BYTES } from "./point";

/*
 * The combined equation of batch.ts for any range of the items that take part: its points are decoded and its
 * products made once, whatever ranges are asked for.
 */

/** Items that take part in the sums (u16), in order. */
export const ACTIVE = memory.data(2048, 16);
/** Index of the key of each item (u16), and address of the table record of each key (u32). */
export const ITEM_KEYS = memory.data(2048, 16);
export const KEY_POINTS = memory.data(4096, 16);
/** Table records of the Rs by item, and of the negative base point. */
export const R_RECORDS = memory.data(163840, 16);
export const BASE_RECORD = memory.data(160, 16);

/** |z| k and |z| s of each item, 32 bytes each. */
const ZK = memory.data(32768, 16);
const ZS = memory.data(32768, 16);
/** Sums over a range: z k by key, and where each key's sum is in the order of the points. */
const KEY_POSITIONS = memory.data(2048, 16);

const K = memory.data(32, 16);
const WIDE_Z = memory.data(32, 16);
const ZERO = memory.data(32, 16);

function coefficientOf(item: u32): usize {
  return COEFFICIENTS + <usize>item * COEFFICIENT_BYTES;
}

/** Whether z is negative: the highest of its 128 bits is the sign. */
function isNegative(item: u32): bool {
  return load<u8>(coefficientOf(item), 15) >> 7 != 0;
}

/** The first 16 bytes at `out` = |z| < 2^127. */
function copyMagnitude(out: usize, z: usize): void {
  store<u64>(out, load<u64>(z));
  store<u64>(out, load<u64>(z, 8) & 0x7fffffffffffffff, 8);
}

/** |z| k and |z| s of one item. */
export function combineScalars(item: u32, input: usize): void {
  challenge(K, item, input);
  const z = coefficientOf(item);
  store<u8>(z, load<u8>(z) | 1);
  copyMagnitude(WIDE_Z, z);
  multiplyAdd(ZK + ((<usize>item) << 5), WIDE_Z, K, ZERO);
  multiplyAdd(ZS + ((<usize>item) << 5), WIDE_Z, itemAt(item) + ITEM_S, ZERO);
}

/** sum += z times something modulo L, of which `value` is |z| times that. */
function accumulate(sum: usize, value: usize, item: u32): void {
  if (isNegative(item)) subScalar(sum, value);
  else addScalar(sum, value);
}

/** Notes that the scalar of a point counts negative. */
function negate(point: u32): void {
  const record = RECORDS + ((<usize>point) << 2);
  store<u32>(record, load<u32>(record) | 1);
}

/** Lane 0 of the point at `out` = 8 times the combination of the active items [low, high): neutral if all are valid. */
export function sumOfRange(out: usize, low: u32, high: u32): void {
  // Points in order: the base point, the distinct keys of the range, then the Rs.
  memory.fill(KEY_POSITIONS, 0, 2048);
  memory.fill(SCALARS, 0, SCALAR_BYTES);
  store<u32>(RECORDS, <u32>BASE_RECORD);
  let full: u32 = 1;
  for (let i = low; i < high; i++) {
    const item = listed(ACTIVE, i);
    accumulate(SCALARS, ZS + ((<usize>item) << 5), item);
    const key = listed(ITEM_KEYS, item);
    let position = listed(KEY_POSITIONS, key);
    if (position == 0) {
      position = full++;
      store<u16>(KEY_POSITIONS + ((<usize>key) << 1), <u16>position);
      store<u32>(RECORDS + ((<usize>position) << 2), load<u32>(KEY_POINTS + ((<usize>key) << 2)));
      memory.fill(SCALARS + <usize>position * SCALAR_BYTES, 0, SCALAR_BYTES);
    }
    accumulate(SCALARS + <usize>position * SCALAR_BYTES, ZK + ((<usize>item) << 5), item);
  }
  for (let i: u32 = 0; i < full; i++) {
    if (shorten(SCALARS + <usize>i * SCALAR_BYTES)) negate(i);
  }
  for (let i = low; i < high; i++) {
    const item = listed(ACTIVE, i);
    const position = full + (i - low);
    store<u32>(RECORDS + ((<usize>position) << 2), <u32>(R_RECORDS + <usize>item * NIELS_BYTES));
    const scalar = SCALARS + <usize>position * SCALAR_BYTES;
    memory.fill(scalar, 0, SCALAR_BYTES);
    copyMagnitude(scalar, coefficientOf(item));
    if (isNegative(item)) negate(position);
  }
  sumTimes8(out, full, high - low);
}
