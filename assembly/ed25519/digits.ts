import { MAX_POINTS } from "./layout";

/*
 * Scalars and points of one sum, and the scalars cut into signed digits. Both ways of summing (multiscalar.ts,
 * straus.ts) read these.
 */

/** A scalar is 32 bytes; 8 zero bytes behind it let digits be read without a check of the end. */
export const SCALAR_BYTES: usize = 40;
export const SCALARS = memory.data(81960, 16);
/** Addresses of the points' table records (u32). */
export const RECORDS = memory.data(8196, 16);

/** Bits of a scalar modulo L and of a random coefficient, with one to spare for the last carry. */
export const FULL_BITS: u32 = 254;
export const SHORT_BITS: u32 = 129;

/** One u32 for a window pair and a point: the digit of window 2k below, that of 2k + 1 above. */
export const DIGITS = memory.data(262272, 16);
/** There are at most 32 rows: ceil(254 / 8) for the smallest window of 4 bits. */
export const DIGIT_ROW: usize = MAX_POINTS * 4;

/** Window pairs for scalars of `bits` bits. */
export function pairsFor(bits: u32, window: u32): u32 {
  return (bits + 2 * window - 1) / (2 * window);
}

/** Signed digits of a scalar, in [-2^(window - 1), 2^(window - 1)], into column `point` of DIGITS. */
export function recode(point: usize, pairs: u32, window: u32): void {
  const scalar = SCALARS + point * SCALAR_BYTES;
  const mask: u32 = (1 << window) - 1;
  const half: i32 = 1 << (window - 1);
  let at = DIGITS + (point << 2);
  let carried: i32 = 0;
  let bit: u32 = 0;
  for (let pair: u32 = 0; pair < pairs; pair++) {
    for (let lane: usize = 0; lane < 2; lane++) {
      const raw: u32 = bit >= 256 ? 0 : (load<u32>(scalar + (bit >> 3)) >> (bit & 7)) & mask;
      let digit = <i32>raw + carried;
      carried = 0;
      if (digit > half) {
        digit -= 1 << window;
        carried = 1;
      }
      store<i16>(at + (lane << 1), <i16>digit);
      bit += window;
    }
    at += DIGIT_ROW;
  }
}
