import {
  LANE_SCHEDULE_BYTES,
  LANE_STATE_BYTES,
  LANE_WORDS,
  sha256Block,
  sha256Block8,
  sha256Padding,
  sha256Padding8,
  sha256Start,
  sha256Start8,
} from "../generated/sha2";
import { sha256, storeDigest256 } from "./sha2";

/*
 * Many messages of equal length, eight at a time with SIMD: two groups of four lanes. What is left over when
 * their number is no multiple of eight takes the lanes too, if it is at least LANES_FROM; the other lanes then
 * hash what happens to be there, and nobody reads what they give.
 */

/** Longest message of `sha256Many`; longer ones gain nothing from lanes. */
export const MAX_MANY_LENGTH: usize = 1024;
/** A domain byte below this value is put before the message; this value means none. */
export const NO_PREFIX: u32 = 256;

/** Fewer messages than this are hashed one by one: the lanes take as long as two of those. */
const LANES_FROM: usize = 3;
const LANES: usize = 8;
/** One message with prefix and padding: 1 + 1,024 + 9 bytes, rounded up to blocks. */
const LANE_BYTES: usize = 1088;
const PADDED = memory.data(8704, 16);
const STATE8 = memory.data(256, 16);
const STATE = memory.data(32, 16);
const DIGESTS = memory.data(256, 16);

/** Big-endian words of 16 bytes of each of four messages into four rows of the schedule. */
function transposeIn(row: usize, p0: usize, p1: usize, p2: usize, p3: usize): void {
  const swap = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const a = i8x16.swizzle(v128.load(p0), swap);
  const b = i8x16.swizzle(v128.load(p1), swap);
  const c = i8x16.swizzle(v128.load(p2), swap);
  const d = i8x16.swizzle(v128.load(p3), swap);
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5),
    abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5),
    cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(row, i64x2.shuffle(abLow, cdLow, 0, 2), 0);
  v128.store(row, i64x2.shuffle(abLow, cdLow, 1, 3), 16);
  v128.store(row, i64x2.shuffle(abHigh, cdHigh, 0, 2), 32);
  v128.store(row, i64x2.shuffle(abHigh, cdHigh, 1, 3), 48);
}

/** The schedule's first 16 rows of both groups from blocks `step` bytes apart. */
function loadBlocks(block: usize, step: usize): void {
  for (let group: usize = 0; group < 2; group++) {
    const row = LANE_WORDS + group * LANE_SCHEDULE_BYTES;
    for (let part: usize = 0; part < 64; part += 16) {
      const at = block + part;
      transposeIn(row + (part << 2), at, at + step, at + 2 * step, at + 3 * step);
    }
    block += 4 * step;
  }
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
  v128.store(out, i64x2.shuffle(abLow, cdLow, 0, 2));
  v128.store(out, i64x2.shuffle(abLow, cdLow, 1, 3), 32);
  v128.store(out, i64x2.shuffle(abHigh, cdHigh, 0, 2), 64);
  v128.store(out, i64x2.shuffle(abHigh, cdHigh, 1, 3), 96);
}

/** The eight digests of STATE8 to `out`. */
function storeDigests(out: usize): void {
  for (let group: usize = 0; group < 2; group++) {
    const state = STATE8 + group * LANE_STATE_BYTES;
    transposeOut(state, out);
    transposeOut(state + 64, out + 16);
    out += 128;
  }
}

/** Copies exactly `length` bytes; much faster than `memory.copy`, which V8 calls a function for. */
function copyMessage(to: usize, from: usize, length: usize): void {
  if (length < 16) {
    memory.copy(to, from, length);
    return;
  }
  const last = length - 16;
  for (let i: usize = 0; i < last; i += 16) v128.store(to + i, v128.load(from + i));
  v128.store(to + last, v128.load(from + last));
}

/** Digests of eight blocks of 64 bytes, one after the other, each of which is a whole message. */
function hashNodes8(nodes: usize, out: usize): void {
  loadBlocks(nodes, 64);
  sha256Start8(STATE8);
  sha256Block8(STATE8);
  sha256Padding8(STATE8);
  storeDigests(out);
}

/** Puts prefix and padding of messages of `length` bytes into each lane of PADDED; gives the padded length. */
function padLanes(length: usize, prefix: u32): usize {
  const total = length + <usize>(prefix < NO_PREFIX);
  const padded = (total + 9 + 63) & ~63;
  for (let lane = PADDED; lane < PADDED + LANES * LANE_BYTES; lane += LANE_BYTES) {
    store<u8>(lane, <u8>prefix);
    memory.fill(lane + total, 0, padded - total);
    store<u8>(lane + total, 0x80);
    store<u32>(lane + padded - 4, bswap<u32>(<u32>(total << 3)));
  }
  return padded;
}

/** Digests of the messages in PADDED. */
function hashPadded8(padded: usize, out: usize): void {
  sha256Start8(STATE8);
  for (let block = PADDED; block < PADDED + padded; block += 64) {
    loadBlocks(block, LANE_BYTES);
    sha256Block8(STATE8);
  }
  storeDigests(out);
}

/** As `sha256Many`, by lanes, as long as enough messages are left; gives how many it hashed. */
function hashInLanes(messages: usize, length: usize, count: usize, prefix: u32, out: usize): usize {
  const isNodes = length == 64 && prefix == NO_PREFIX;
  const skipped = <usize>(prefix < NO_PREFIX);
  const padded: usize = isNodes ? 0 : padLanes(length, prefix);
  let done: usize = 0;
  while (done + LANES_FROM <= count) {
    const now = min(LANES, count - done);
    const to = now == LANES ? out + (done << 5) : DIGESTS;
    if (isNodes) {
      hashNodes8(messages + (done << 6), to);
    } else {
      for (let lane: usize = 0; lane < now; lane++) {
        const at = PADDED + lane * LANE_BYTES + skipped;
        copyMessage(at, messages + (done + lane) * length, length);
      }
      hashPadded8(padded, to);
    }
    if (now < LANES) memory.copy(out + (done << 5), DIGESTS, now << 5);
    done += now;
  }
  return done;
}

function hashOne(message: usize, length: usize, prefix: u32, out: usize): void {
  if (length == 64 && prefix == NO_PREFIX) {
    sha256Start(STATE);
    sha256Block(STATE, message);
    sha256Padding(STATE);
    storeDigest256(STATE, out);
    return;
  }
  const skipped = <usize>(prefix < NO_PREFIX);
  store<u8>(PADDED, <u8>prefix);
  memory.copy(PADDED + skipped, message, length);
  sha256(PADDED, skipped + length, out);
}

/**
 * SHA-256 of `count` messages of `length` bytes each, one after the other at `messages`, each behind the
 * byte `prefix`. Digests go to `out`, which may be `messages` when `length` is at least 32. With lanes,
 * messages of 64 bytes without a prefix are read in groups of eight, so the last ones up to 320 bytes beyond
 * their end.
 */
export function sha256Many(
  messages: usize,
  length: usize,
  count: usize,
  prefix: u32,
  out: usize,
): void {
  let done: usize = 0;
  if (ASC_FEATURE_SIMD) done = hashInLanes(messages, length, count, prefix, out);
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
