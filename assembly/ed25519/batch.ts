import { multiplyAdd, reduceWide } from "../generated/scalar";
import { sha512 } from "../hash/sha2";
import { decompress } from "./decompress";
import { RECORDS, SCALAR_BYTES, SCALARS } from "./digits";
import {
  ITEM_BYTES,
  ITEM_DIGESTED,
  ITEM_LENGTH,
  ITEM_OFFSET,
  ITEM_S,
  ITEM_Z,
  ITEMS,
  VERDICTS,
} from "./layout";
import { sumTimes8IsNeutral } from "./multiscalar";
import { NIELS_BYTES } from "./point";

/*
 * ZIP-215: valid iff s < L, A and R decode to points, and 8 (s B - k A - R) is the neutral element, where k is
 * SHA-512(R || A || M) modulo L. A batch checks one random combination of such equations,
 *
 *   8 (sum z R + sum over keys (sum z k) A - (sum z s) B) = neutral,
 *
 * which a wrong signature among them satisfies with a chance of 2^-127. (Multiplying by 8 makes the group
 * that is left one of prime order, and odd z below 2^128 are units there.) When the combination fails it is
 * halved, so a verdict is always that of the equation of the one signature.
 */

/** L, little-endian words. */
const ORDER_0: u64 = 0x5812631a5cf5d3ed;
const ORDER_1: u64 = 0x14def9dea2f79cd6;
const ORDER_3: u64 = 0x1000000000000000;

/** The base point with the sign bit set: -B. */
const NEGATIVE_BASE = memory.data<u8>(
  [
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0xe6,
  ],
  16,
);
const BASE_RECORD = memory.data(160, 16);
const UNUSED_RECORD = memory.data(160, 16);

/** Table records of the Rs by item, and of the distinct keys. */
const R_RECORDS = memory.data(81920, 16);
const KEY_RECORDS = memory.data(81920, 16);
/** Address of each distinct key's encoding, and whether it is a point. */
const KEY_ENCODINGS = memory.data(2048, 16);
const KEY_VALID = memory.data(512, 16);
/** Key index of each item (u16). */
const ITEM_KEYS = memory.data(1024, 16);
/** Open addressing over the keys: index + 1 (u16), 0 for a free place. */
const KEY_TABLE = memory.data(4096, 16);
const KEY_TABLE_MASK: u32 = 2047;

/** z k and z s of each item, 32 bytes each. */
const ZK = memory.data(16384, 16);
const ZS = memory.data(16384, 16);
/** Sums over a range: z k by key, and where each key's sum is in the order of the points. */
const KEY_POSITIONS = memory.data(1024, 16);

/** Items that take part in the sums (u16), in order. */
const ACTIVE = memory.data(1024, 16);

const DIGEST = memory.data(64, 16);
const K = memory.data(32, 16);
const WIDE_Z = memory.data(32, 16);
const ZERO = memory.data(32, 16);

let keyCount: u32 = 0;

function itemAt(item: u32): usize {
  return ITEMS + <usize>item * ITEM_BYTES;
}

/** Whether the 32-byte number is below L. */
function isBelowOrder(s: usize): bool {
  const w3 = load<u64>(s, 24);
  if (w3 != ORDER_3) return w3 < ORDER_3;
  if (load<u64>(s, 16) != 0) return false;
  const w1 = load<u64>(s, 8);
  if (w1 != ORDER_1) return w1 < ORDER_1;
  return load<u64>(s) < ORDER_0;
}

/** sum += value modulo L; both below L. */
function addScalar(sum: usize, value: usize): void {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const a = load<u64>(sum + i),
      b = load<u64>(value + i);
    const partial = a + b;
    const total = partial + carry;
    carry = u64(partial < a) | u64(total < partial);
    store<u64>(sum + i, total);
  }
  if (isBelowOrder(sum)) return;
  let borrow: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const order = i == 0 ? ORDER_0 : i == 8 ? ORDER_1 : i == 16 ? 0 : ORDER_3;
    const a = load<u64>(sum + i);
    const partial = a - order;
    store<u64>(sum + i, partial - borrow);
    borrow = u64(a < order) | u64(partial < borrow);
  }
}

/** Index of the key at `encoding`, entered if it is new. */
function keyIndex(encoding: usize): u32 {
  let place = load<u32>(encoding, 8) & KEY_TABLE_MASK;
  for (;;) {
    const entry = <u32>load<u16>(KEY_TABLE + ((<usize>place) << 1));
    if (entry == 0) break;
    const known = <usize>load<u32>(KEY_ENCODINGS + ((<usize>(entry - 1)) << 2));
    if (memory.compare(known, encoding, 32) == 0) return entry - 1;
    place = (place + 1) & KEY_TABLE_MASK;
  }
  store<u32>(KEY_ENCODINGS + ((<usize>keyCount) << 2), <u32>encoding);
  keyCount++;
  store<u16>(KEY_TABLE + ((<usize>place) << 1), <u16>keyCount);
  return keyCount - 1;
}

/** Address of R || A of an item. */
function encodingsOf(item: u32, input: usize): usize {
  return input + <usize>load<u32>(itemAt(item), ITEM_OFFSET);
}

function decompressKeys(): void {
  for (let i: u32 = 0; i < keyCount; i += 2) {
    const first = <usize>load<u32>(KEY_ENCODINGS + ((<usize>i) << 2));
    const paired = i + 1 < keyCount;
    const second = paired ? <usize>load<u32>(KEY_ENCODINGS + ((<usize>i) << 2), 4) : NEGATIVE_BASE;
    const record = KEY_RECORDS + <usize>i * NIELS_BYTES;
    const valid = decompress(first, second, record, paired ? record + NIELS_BYTES : UNUSED_RECORD);
    store<u8>(KEY_VALID + i, <u8>(valid & 1));
    if (paired) store<u8>(KEY_VALID + i, <u8>(valid >> 1), 1);
  }
}

/** Decodes the Rs; VERDICTS says afterwards of each item whether its R is a point. */
function decompressRs(count: u32, input: usize): void {
  for (let i: u32 = 0; i < count; i += 2) {
    const paired = i + 1 < count;
    const second = paired ? encodingsOf(i + 1, input) : NEGATIVE_BASE;
    const record = R_RECORDS + <usize>i * NIELS_BYTES;
    const other = paired ? record + NIELS_BYTES : UNUSED_RECORD;
    const valid = decompress(encodingsOf(i, input), second, record, other);
    store<u8>(VERDICTS + i, <u8>(valid & 1));
    if (paired) store<u8>(VERDICTS + i, <u8>(valid >> 1), 1);
  }
}

/** z k and z s of one item. */
function combineScalars(item: u32, input: usize): void {
  const at = itemAt(item);
  const signed = encodingsOf(item, input);
  let digest = signed + 64;
  if (load<u32>(at, ITEM_DIGESTED) == 0) {
    sha512(signed, load<u32>(at, ITEM_LENGTH), DIGEST);
    digest = DIGEST;
  }
  reduceWide(K, digest);
  memory.copy(WIDE_Z, at + ITEM_Z, 16);
  multiplyAdd(ZK + ((<usize>item) << 5), WIDE_Z, K, ZERO);
  multiplyAdd(ZS + ((<usize>item) << 5), WIDE_Z, at + ITEM_S, ZERO);
}

/** Whether the combined equation of the active items [low, high) holds. */
function holds(low: u32, high: u32): bool {
  // Points in order: the base point, the distinct keys of the range, then the Rs.
  memory.fill(KEY_POSITIONS, 0, 1024);
  memory.fill(SCALARS, 0, SCALAR_BYTES);
  store<u32>(RECORDS, <u32>BASE_RECORD);
  let full: u32 = 1;
  for (let i = low; i < high; i++) {
    const item = <u32>load<u16>(ACTIVE + ((<usize>i) << 1));
    addScalar(SCALARS, ZS + ((<usize>item) << 5));
    const key = <u32>load<u16>(ITEM_KEYS + ((<usize>item) << 1));
    let position = <u32>load<u16>(KEY_POSITIONS + ((<usize>key) << 1));
    if (position == 0) {
      position = full++;
      store<u16>(KEY_POSITIONS + ((<usize>key) << 1), <u16>position);
      store<u32>(RECORDS + ((<usize>position) << 2), <u32>(KEY_RECORDS + <usize>key * NIELS_BYTES));
      memory.fill(SCALARS + <usize>position * SCALAR_BYTES, 0, SCALAR_BYTES);
    }
    addScalar(SCALARS + <usize>position * SCALAR_BYTES, ZK + ((<usize>item) << 5));
  }
  for (let i = low; i < high; i++) {
    const item = <u32>load<u16>(ACTIVE + ((<usize>i) << 1));
    const position = full + (i - low);
    store<u32>(RECORDS + ((<usize>position) << 2), <u32>(R_RECORDS + <usize>item * NIELS_BYTES));
    const scalar = SCALARS + <usize>position * SCALAR_BYTES;
    memory.fill(scalar, 0, SCALAR_BYTES);
    memory.copy(scalar, itemAt(item) + ITEM_Z, 16);
  }
  return sumTimes8IsNeutral(full, high - low);
}

/** Writes the verdicts of the active items [low, high). `fails` says that their equation is known to fail. */
function judge(low: u32, high: u32, fails: bool): bool {
  const valid = !fails && holds(low, high);
  if (valid || high - low == 1) {
    for (let i = low; i < high; i++) {
      store<u8>(VERDICTS + <usize>load<u16>(ACTIVE + ((<usize>i) << 1)), <u8>valid);
    }
    return valid;
  }
  const middle = (low + high) >> 1;
  const leftValid = judge(low, middle, false);
  // If the left half is fine the fault is in the right half, and asking for it would be a waste.
  judge(middle, high, leftValid);
  return false;
}

/** Checks the first `count` items (layout.ts); one byte each in VERDICTS. */
export function verify(count: u32, input: usize): void {
  if (load<u32>(BASE_RECORD) == 0 && load<u32>(BASE_RECORD, 4) == 0) {
    decompress(NEGATIVE_BASE, NEGATIVE_BASE, BASE_RECORD, UNUSED_RECORD);
  }
  decompressRs(count, input);
  keyCount = 0;
  memory.fill(KEY_TABLE, 0, 4096);
  for (let i: u32 = 0; i < count; i++) {
    const key = keyIndex(encodingsOf(i, input) + 32);
    store<u16>(ITEM_KEYS + ((<usize>i) << 1), <u16>key);
  }
  decompressKeys();

  let active: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const key = <usize>load<u16>(ITEM_KEYS + ((<usize>i) << 1));
    const decodes = load<u8>(VERDICTS + i) != 0 && load<u8>(KEY_VALID + key) != 0;
    store<u8>(VERDICTS + i, 0);
    if (!decodes || !isBelowOrder(itemAt(i) + ITEM_S)) continue;
    const z = itemAt(i) + ITEM_Z;
    store<u8>(z, load<u8>(z) | 1);
    combineScalars(i, input);
    store<u16>(ACTIVE + ((<usize>active) << 1), <u16>i);
    active++;
  }
  if (active > 0) judge(0, active, false);
}
