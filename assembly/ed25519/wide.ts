import { fromWide, mulWide, squareWide, toWide, WIDE_BYTES } from "../generated/wide";
import { PAIR_BYTES } from "./field";

/*
 * The power of a square root, of two pairs of field elements side by side, in floating point: a square takes a quarter
 * fewer vector instructions than in integers, but is a chain of dependent ones, which a second pair fills. SIMD only.
 */

const A = memory.data(352, 16);
const P0 = memory.data(352, 16);
const P1 = memory.data(352, 16);
const P2 = memory.data(352, 16);

/** out = a^(2^count) of both pairs. */
function squareTimes(out: usize, a: usize, count: u32, both: bool): void {
  if (out != a) memory.copy(out, a, 2 * WIDE_BYTES);
  for (; count > 0; count--) {
    squareWide(out);
    if (both) squareWide(out + WIDE_BYTES);
  }
}

function mul(out: usize, a: usize, b: usize, both: bool): void {
  mulWide(out, a, b);
  if (both) mulWide(out + WIDE_BYTES, a + WIDE_BYTES, b + WIDE_BYTES);
}

/** Each of `count` <= 2 reduced pairs at `pairs` becomes its power (p - 5) / 8 = 2^252 - 3. */
export function powersP58(pairs: usize, count: usize): void {
  const both = count > 1;
  toWide(A, pairs);
  if (both) toWide(A + WIDE_BYTES, pairs + PAIR_BYTES);
  squareTimes(P0, A, 1, both); // 2
  squareTimes(P1, P0, 2, both); // 8
  mul(P1, P1, A, both); // 9
  mul(P0, P0, P1, both); // 11
  squareTimes(P0, P0, 1, both); // 22
  mul(P0, P1, P0, both); // 2^5 - 1
  squareTimes(P1, P0, 5, both);
  mul(P0, P1, P0, both); // 2^10 - 1
  squareTimes(P1, P0, 10, both);
  mul(P1, P1, P0, both); // 2^20 - 1
  squareTimes(P2, P1, 20, both);
  mul(P1, P2, P1, both); // 2^40 - 1
  squareTimes(P1, P1, 10, both);
  mul(P0, P1, P0, both); // 2^50 - 1
  squareTimes(P1, P0, 50, both);
  mul(P1, P1, P0, both); // 2^100 - 1
  squareTimes(P2, P1, 100, both);
  mul(P1, P2, P1, both); // 2^200 - 1
  squareTimes(P1, P1, 50, both);
  mul(P0, P1, P0, both); // 2^250 - 1
  squareTimes(P0, P0, 2, both);
  mul(P0, P0, A, both); // 2^252 - 3
  fromWide(pairs, P0);
  if (both) fromWide(pairs + PAIR_BYTES, P0 + WIDE_BYTES);
}
