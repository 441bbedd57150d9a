import { compress, compress4 } from "../generated/blake3";

/** Flags of the BLAKE3 specification, 2.2. */
export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;
export const KEYED_HASH: u32 = 16;

/** A keyed hash of 64 bytes: one block that is first and last of its chunk and the root. */
const ONE_BLOCK: u32 = CHUNK_START | CHUNK_END | ROOT | KEYED_HASH;

const BLOCK = memory.data(64, 16);
const WORDS = memory.data(256, 16);

/** out = keyedHash(key, left || right); `left` and `right` are 32 bytes each, anywhere. */
export function keyedPair(key: usize, left: usize, right: usize, out: usize): void {
  memory.copy(BLOCK, left, 32);
  memory.copy(BLOCK + 32, right, 32);
  compress(key, BLOCK, out, 0, 64, ONE_BLOCK);
}

/** out = keyedHash(key, 64 bytes at `message`). */
export function keyedBlock(key: usize, message: usize, out: usize): void {
  compress(key, message, out, 0, 64, ONE_BLOCK);
}

/** Columns `row..row+3` of WORDS from 16 bytes of each of four messages. */
export function transposeIn(row: usize, p0: usize, p1: usize, p2: usize, p3: usize): void {
  const a = v128.load(p0),
    b = v128.load(p1),
    c = v128.load(p2),
    d = v128.load(p3);
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5),
    abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5),
    cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(row, i64x2.shuffle(abLow, cdLow, 0, 2), 0);
  v128.store(row, i64x2.shuffle(abLow, cdLow, 1, 3), 16);
  v128.store(row, i64x2.shuffle(abHigh, cdHigh, 0, 2), 32);
  v128.store(row, i64x2.shuffle(abHigh, cdHigh, 1, 3), 48);
}

/** Writes 16 bytes of each of four results from four rows of WORDS. */
export function transposeOut(row: usize, p0: usize, p1: usize, p2: usize, p3: usize): void {
  const a = v128.load(row, 0),
    b = v128.load(row, 16);
  const c = v128.load(row, 32),
    d = v128.load(row, 48);
  const abLow = i32x4.shuffle(a, b, 0, 4, 1, 5),
    abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdLow = i32x4.shuffle(c, d, 0, 4, 1, 5),
    cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(p0, i64x2.shuffle(abLow, cdLow, 0, 2));
  v128.store(p1, i64x2.shuffle(abLow, cdLow, 1, 3));
  v128.store(p2, i64x2.shuffle(abHigh, cdHigh, 0, 2));
  v128.store(p3, i64x2.shuffle(abHigh, cdHigh, 1, 3));
}

/**
 * Four keyed hashes of left || right at once. `halves` is a table of eight addresses (u32): left and
 * right of each lane in turn; `outs` of four. Without SIMD it does one after the other.
 */
export function keyedPairs4(key: usize, halves: usize, outs: usize): void {
  if (ASC_FEATURE_SIMD) {
    const l0 = <usize>load<u32>(halves, 0),
      r0 = <usize>load<u32>(halves, 4);
    const l1 = <usize>load<u32>(halves, 8),
      r1 = <usize>load<u32>(halves, 12);
    const l2 = <usize>load<u32>(halves, 16),
      r2 = <usize>load<u32>(halves, 20);
    const l3 = <usize>load<u32>(halves, 24),
      r3 = <usize>load<u32>(halves, 28);
    transposeIn(WORDS, l0, l1, l2, l3);
    transposeIn(WORDS + 64, l0 + 16, l1 + 16, l2 + 16, l3 + 16);
    transposeIn(WORDS + 128, r0, r1, r2, r3);
    transposeIn(WORDS + 192, r0 + 16, r1 + 16, r2 + 16, r3 + 16);
    compress4(WORDS, key, ONE_BLOCK);
    const o0 = <usize>load<u32>(outs, 0),
      o1 = <usize>load<u32>(outs, 4);
    const o2 = <usize>load<u32>(outs, 8),
      o3 = <usize>load<u32>(outs, 12);
    transposeOut(WORDS, o0, o1, o2, o3);
    transposeOut(WORDS + 64, o0 + 16, o1 + 16, o2 + 16, o3 + 16);
  } else {
    for (let lane: usize = 0; lane < 4; lane++) {
      const pair = halves + (lane << 3);
      keyedPair(key, load<u32>(pair), load<u32>(pair, 4), load<u32>(outs + (lane << 2)));
    }
  }
}
