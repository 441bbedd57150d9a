import { MAX_POINTS } from "./layout";

/*
 * Scalars and points of one sum, and the scalars cut into signed digits. Both ways of summing (multiscalar.ts,
 * straus.ts) read these.
 */

/**
 * A scalar is 32 bytes, the absolute value of a signed one; 8 zero bytes behind it let digits be read without a
 * check of the end.
 */
export const SCALAR_BYTES: usize = 40;
export const SCALARS = memory.data(81960, 16);
/** Addresses of the points' table records (u32), bit 0 set if the scalar is negative. */
export const RECORDS = memory.data(8196, 16);

/**
 * Bits that digits must cover: full scalars are at most 2^251 + 2^125 in absolute value, short ones below 2^127.
 * n windows of c bits reach 2^(c - 1) (2^(c n) - 1) / (2^c - 1) > 2^(c n - 1) (1 + 2^-c), which is more for
 * each c here.
 */
export const FULL_BITS: u32 = 252;
export const SHORT_BITS: u32 = 128;

/** One u32 for a window pair and a point: the digit of window 2k below, that of 2k + 1 above. */
export const DIGITS = memory.data(262272, 16);
/** There are at most 32 rows: ceil(254 / 8) for the smallest window of 4 bits. */
export const DIGIT_ROW: usize = MAX_POINTS * 4;

/** Window pairs for scalars of `bits` bits. */
export function pairsFor(bits: u32, window: u32): u32 {
  return (bits + 2 * window - 1) / (2 * window);
}

/** Address of the table record of a point. */
export function recordAt(point: u32): usize {
  return <usize>load<u32>(RECORDS + ((<usize>point) << 2)) & ~1;
}

/** Signed digits of a scalar, in [-2^(window - 1), 2^(window - 1)], into column `point` of DIGITS. */
export function recode(point: usize, pairs: u32, window: u32): void {
  const scalar = SCALARS + point * SCALAR_BYTES;
  const mask: u32 = (1 << window) - 1;
  const half: i32 = 1 << (window - 1);
  // (digit ^ sign) - sign negates the digits of a negative scalar.
  const sign = -(<i32>load<u32>(RECORDS + (point << 2)) & 1);
  let at = DIGITS + (point << 2);
  let carried: i32 = 0;
  let bit: u32 = 0;
  for (let pair: u32 = 0; pair < pairs; pair++) {
    for (let lane: usize = 0; lane < 2; lane++) {
      const raw: u32 = bit >= 256 ? 0 : (load<u32>(scalar + (bit >> 3)) >> (bit & 7)) & mask;
      const digit = <i32>raw + carried;
      carried = i32(digit > half);
      store<i16>(at + (lane << 1), <i16>(((digit - (carried << window)) ^ sign) - sign));
      bit += window;
    }
    at += DIGIT_ROW;
  }
}

/**
 * Writes the NAF of width 5 of a scalar: digit i, odd in [-15, 15] or 0, to the byte at `out` + i * `stride`, which is
 * 0 before. Digits are five or more apart. A scalar whose absolute value is below 2^bits has none above `bits`.
 */
export function recodeSparse(point: usize, bits: u32, out: usize, stride: usize): void {
  const scalar = SCALARS + point * SCALAR_BYTES;
  const sign = -(<i32>load<u32>(RECORDS + (point << 2)) & 1);
  let carried: u32 = 0;
  for (let bit: u32 = 0; bit <= bits; ) {
    const word = load<u32>(scalar + (bit >> 3)) >> (bit & 7);
    if ((word & 1) == carried) {
      bit++;
      continue;
    }
    const digit = (word & 31) + carried;
    carried = digit >> 4;
    store<i8>(out + <usize>bit * stride, <i8>((<i32>(digit - (carried << 5)) ^ sign) - sign));
    bit += 5;
  }
}
