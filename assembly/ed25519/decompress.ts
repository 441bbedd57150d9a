import { CURVE_2D, CURVE_D, ONE, ROOT_MINUS_ONE } from "../generated/field";
import {
  add,
  COMPACT_BYTES,
  carry,
  copyLane,
  isZeroLane,
  mul,
  parityLane,
  readLane,
  scatter,
  square,
  squareTimes,
  sub,
} from "./field";

const Y = memory.data(80, 16);
const X = memory.data(80, 16);
const U = memory.data(80, 16);
const V = memory.data(80, 16);
const V3 = memory.data(80, 16);
const S = memory.data(80, 16);
const P0 = memory.data(80, 16);
const P1 = memory.data(80, 16);
const P2 = memory.data(80, 16);
const NEGATIVE = memory.data(80, 16);
const ZERO = memory.data(80, 16);

/** out = a^((p - 5) / 8) = a^(2^252 - 3): 251 squarings and 11 multiplications. `out` is not `a`. */
function powerP58(out: usize, a: usize): void {
  square(P0, a); // 2
  squareTimes(P1, P0, 2); // 8
  mul(P1, P1, a); // 9
  mul(P0, P0, P1); // 11
  square(P0, P0); // 22
  mul(P0, P1, P0); // 2^5 - 1
  squareTimes(P1, P0, 5);
  mul(P0, P1, P0); // 2^10 - 1
  squareTimes(P1, P0, 10);
  mul(P1, P1, P0); // 2^20 - 1
  squareTimes(P2, P1, 20);
  mul(P1, P2, P1); // 2^40 - 1
  squareTimes(P1, P1, 10);
  mul(P0, P1, P0); // 2^50 - 1
  squareTimes(P1, P0, 50);
  mul(P1, P1, P0); // 2^100 - 1
  squareTimes(P2, P1, 100);
  mul(P1, P2, P1); // 2^200 - 1
  squareTimes(P1, P1, 50);
  mul(P0, P1, P0); // 2^250 - 1
  squareTimes(P0, P0, 2);
  mul(out, P0, a); // 2^252 - 3
}

/** out = 1 / a in both lanes, a^(p - 2); 0 for 0. `out` is not `a`. */
export function invert(out: usize, a: usize): void {
  // p - 2 = 8 (2^252 - 3) + 3.
  powerP58(out, a);
  squareTimes(out, out, 3);
  square(P0, a);
  mul(P0, P0, a);
  mul(out, out, P0);
}

/**
 * Decodes two 32-byte encodings (RFC 8032, 5.1.3) and writes the two table records (point.ts) to `outA` and
 * `outB`. Bit 0 of the result says whether `a` encodes a point, bit 1 whether `b` does; the record of one
 * that does not is meaningless. By ZIP-215 y may be p or more, and x = 0 may come with the sign bit.
 */
export function decompress(a: usize, b: usize, outA: usize, outB: usize): u32 {
  readLane(Y, 0, a);
  readLane(Y, 1, b);
  // x^2 = u / v with u = y^2 - 1, v = d y^2 + 1.
  square(S, Y);
  sub(U, S, ONE);
  carry(U, U);
  mul(V, S, CURVE_D);
  add(V, V, ONE);
  // Candidate x = u v^3 (u v^7)^((p - 5) / 8), RFC 8032, 5.1.3 step 2.
  square(S, V);
  mul(V3, S, V);
  mul(V3, V3, U); // u v^3
  square(S, S);
  mul(S, S, V3); // u v^7
  powerP58(X, S);
  mul(X, X, V3);
  // v x^2 is u, or -u (then the root is x times sqrt(-1)), or there is none.
  square(S, X);
  mul(S, S, V);
  mul(V3, X, ROOT_MINUS_ONE);
  sub(V, S, U);
  add(S, S, U);
  let valid: u32 = 0;
  for (let lane: usize = 0; lane < 2; lane++) {
    if (isZeroLane(V, lane)) valid |= 1 << (<u32>lane);
    else if (isZeroLane(S, lane)) {
      valid |= 1 << (<u32>lane);
      copyLane(X, V3, lane);
    }
  }
  sub(NEGATIVE, ZERO, X);
  carry(NEGATIVE, NEGATIVE);
  if (parityLane(X, 0) != <u32>(load<u8>(a, 31) >> 7)) copyLane(X, NEGATIVE, 0);
  if (parityLane(X, 1) != <u32>(load<u8>(b, 31) >> 7)) copyLane(X, NEGATIVE, 1);

  sub(S, Y, X);
  carry(S, S);
  scatter(S, outA, outB);
  add(S, Y, X);
  carry(S, S);
  scatter(S, outA + COMPACT_BYTES, outB + COMPACT_BYTES);
  mul(S, X, Y);
  mul(S, S, CURVE_2D);
  scatter(S, outA + 2 * COMPACT_BYTES, outB + 2 * COMPACT_BYTES);
  sub(S, ZERO, S);
  carry(S, S);
  scatter(S, outA + 3 * COMPACT_BYTES, outB + 3 * COMPACT_BYTES);
  return valid;
}
