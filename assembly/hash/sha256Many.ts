import { LANE_WORDS, sha256Block4, sha256Start4 } from "../generated/sha2";
import { sha256 } from "./sha2";

/** Longest message of the functions here; longer ones gain nothing from lanes. */
export const MAX_MANY_LENGTH: usize = 1024;
/** A domain byte below this value is put before the message; this value means none. */
export const NO_PREFIX: u32 = 256;

/** One message with prefix and padding: 1 + 1,024 + 9 bytes, rounded up to blocks. */
const LANE_BYTES: usize = 1088;
const LANES = memory.data(4352, 16);
const STATE4 = memory.data(128, 16);

/** Big-endian words `offset..offset+15` of four messages into four rows of the schedule. */
function transposeIn(row: usize, lanes: usize): void {
  const swap = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const a = i8x16.swizzle(v128.load(lanes), swap);
  const b = i8x16.swizzle(v128.load(lanes + LANE_BYTES), swap);
  const c = i8x16.swizzle(v128.load(lanes + 2 * LANE_BYTES), swap);
  const d = i8x16.swizzle(v128.load(lanes + 3 * LANE_BYTES), swap);
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5),
    abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5),
    cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(row, i64x2.shuffle(abLow, cdLow, 0, 2), 0);
  v128.store(row, i64x2.shuffle(abLow, cdLow, 1, 3), 16);
  v128.store(row, i64x2.shuffle(abHigh, cdHigh, 0, 2), 32);
  v128.store(row, i64x2.shuffle(abHigh, cdHigh, 1, 3), 48);
}

/** Four digests from rows `row..row+3` (four words each) to `out`, 32 bytes apart. */
function transposeOut(row: usize, out: usize): void {
  const swap = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const a = i8x16.swizzle(v128.load(row), swap),
    b = i8x16.swizzle(v128.load(row, 16), swap);
  const c = i8x16.swizzle(v128.load(row, 32), swap),
    d = i8x16.swizzle(v128.load(row, 48), swap);
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5),
    abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5),
    cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(out, i64x2.shuffle(abLow, cdLow, 0, 2), 0);
  v128.store(out, i64x2.shuffle(abLow, cdLow, 1, 3), 32);
  v128.store(out, i64x2.shuffle(abHigh, cdHigh, 0, 2), 64);
  v128.store(out, i64x2.shuffle(abHigh, cdHigh, 1, 3), 96);
}

/** Puts prefix, message and padding into lane buffer `lane`; gives the padded length. */
function fillLane(lane: usize, message: usize, length: usize, prefix: u32): usize {
  let at = LANES + lane * LANE_BYTES;
  let total = length;
  if (prefix < NO_PREFIX) {
    store<u8>(at++, <u8>prefix);
    total++;
  }
  memory.copy(at, message, length);
  const padded = (total + 9 + 63) & ~63;
  memory.fill(at + length, 0, padded - total);
  store<u8>(at + length, 0x80);
  store<u32>(LANES + lane * LANE_BYTES + padded - 4, bswap<u32>(<u32>(total << 3)));
  return padded;
}

function hashOne(message: usize, length: usize, prefix: u32, out: usize): void {
  let total = length;
  let at = LANES;
  if (prefix < NO_PREFIX) {
    store<u8>(at++, <u8>prefix);
    total++;
  }
  memory.copy(at, message, length);
  sha256(LANES, total, out);
}

/**
 * SHA-256 of `count` messages of `length` bytes each, one after the other at `messages`, each behind the
 * byte `prefix`. Digests go to `out`, which may be `messages` when `length` is at least 32.
 */
export function sha256Many(
  messages: usize,
  length: usize,
  count: usize,
  prefix: u32,
  out: usize,
): void {
  let done: usize = 0;
  if (ASC_FEATURE_SIMD) {
    for (; done + 4 <= count; done += 4) {
      let padded: usize = 0;
      for (let lane: usize = 0; lane < 4; lane++) {
        padded = fillLane(lane, messages + (done + lane) * length, length, prefix);
      }
      sha256Start4(STATE4);
      for (let block = LANES; block < LANES + padded; block += 64) {
        for (let part: usize = 0; part < 64; part += 16) {
          transposeIn(LANE_WORDS + (part << 2), block + part);
        }
        sha256Block4(STATE4);
      }
      transposeOut(STATE4, out + (done << 5));
      transposeOut(STATE4 + 64, out + (done << 5) + 16);
    }
  }
  for (; done < count; done++) {
    hashOne(messages + done * length, length, prefix, out + (done << 5));
  }
}

/**
 * Root of the RFC 9162 tree (2.1.1) over `count` >= 1 leaf hashes at `nodes`, left there. Pairing each level
 * from the left and lifting an odd last node gives the tree that the RFC defines by splitting.
 */
export function merkleRoot(nodes: usize, count: usize): void {
  while (count > 1) {
    const pairs = count >> 1;
    sha256Many(nodes, 64, pairs, 1, nodes);
    if ((count & 1) != 0) memory.copy(nodes + (pairs << 5), nodes + ((count - 1) << 5), 32);
    count = (count + 1) >> 1;
  }
}
