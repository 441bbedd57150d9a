import { CURVE_2D, CURVE_D, ONE, ROOT_MINUS_ONE } from "../generated/field";
import {
  add,
  COMPACT_BYTES,
  carry,
  copyLane,
  isZeroLane,
  mul,
  PAIR_BYTES,
  parityLane,
  readLane,
  scatter,
  square,
  squareTimes,
  sub,
} from "./field";
import { powersP58 } from "./wide";

/** y, u, v, u v^3 and u v^7 or its power of two pairs of encodings. */
const YS = memory.data(160, 16);
const US = memory.data(160, 16);
const VS = memory.data(160, 16);
const UV3S = memory.data(160, 16);
const POWERS = memory.data(160, 16);

const X = memory.data(80, 16);
const S = memory.data(80, 16);
const OTHER_X = memory.data(80, 16);
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

/** POWERS, from u v^7 to its power (p - 5) / 8, of `pairs` <= 2 pairs. */
function raisePowers(pairs: usize): void {
  if (ASC_FEATURE_SIMD) powersP58(POWERS, pairs);
  else {
    for (let i: usize = 0; i < pairs * PAIR_BYTES; i += PAIR_BYTES) {
      powerP58(S, POWERS + i);
      memory.copy(POWERS + i, S, PAIR_BYTES);
    }
  }
}

/** y, u, v, u v^3 and u v^7 of pair `pair` from two encodings. */
function beginPair(pair: usize, a: usize, b: usize): void {
  const at = pair * PAIR_BYTES;
  const y = YS + at,
    u = US + at,
    v = VS + at,
    uv3 = UV3S + at,
    power = POWERS + at;
  readLane(y, 0, a);
  readLane(y, 1, b);
  // x^2 = u / v with u = y^2 - 1, v = d y^2 + 1.
  square(S, y);
  sub(u, S, ONE);
  carry(u, u);
  mul(v, S, CURVE_D);
  add(v, v, ONE); // 2
  square(S, v);
  mul(uv3, S, v);
  mul(uv3, uv3, u);
  square(S, S);
  mul(power, S, uv3);
}

/**
 * Decodes two 32-byte encodings (RFC 8032, 5.1.3) and writes the two table records (point.ts) to `outA` and
 * `outB`. Bit 0 of the result says whether `a` encodes a point, bit 1 whether `b` does; the record of one
 * that does not is meaningless. By ZIP-215 y may be p or more, and x = 0 may come with the sign bit.
 */
export function decompress(a: usize, b: usize, outA: usize, outB: usize): u32 {
  beginPair(0, a, b);
  raisePowers(1);
  return endPair(0, a, b, outA, outB);
}

/**
 * As `decompress`, of four: `encodings` and `outs` are lists of four addresses (u32). Two pairs at once take less time
 * than one after the other, because neither fills the processor.
 */
export function decompressFour(encodings: usize, outs: usize): u32 {
  const a = load<u32>(encodings),
    b = load<u32>(encodings, 4);
  const c = load<u32>(encodings, 8),
    d = load<u32>(encodings, 12);
  beginPair(0, a, b);
  beginPair(1, c, d);
  raisePowers(2);
  return (
    endPair(0, a, b, load<u32>(outs), load<u32>(outs, 4)) |
    (endPair(1, c, d, load<u32>(outs, 8), load<u32>(outs, 12)) << 2)
  );
}

/** The records of a pair and which of them are points, as of `decompress`. */
function endPair(pair: usize, a: usize, b: usize, outA: usize, outB: usize): u32 {
  const at = pair * PAIR_BYTES;
  const y = YS + at,
    u = US + at,
    v = VS + at;
  // Candidate x = u v^3 (u v^7)^((p - 5) / 8), RFC 8032, 5.1.3 step 2.
  mul(X, POWERS + at, UV3S + at);
  // v x^2 is u, or -u (then the root is x times sqrt(-1)), or there is none.
  square(S, X);
  mul(S, S, v);
  mul(OTHER_X, X, ROOT_MINUS_ONE);
  sub(v, S, u);
  add(S, S, u);
  let valid: u32 = 0;
  for (let lane: usize = 0; lane < 2; lane++) {
    if (isZeroLane(v, lane)) valid |= 1 << (<u32>lane);
    else if (isZeroLane(S, lane)) {
      valid |= 1 << (<u32>lane);
      copyLane(X, OTHER_X, lane);
    }
  }
  sub(NEGATIVE, ZERO, X);
  carry(NEGATIVE, NEGATIVE);
  if (parityLane(X, 0) != <u32>(load<u8>(a, 31) >> 7)) copyLane(X, NEGATIVE, 0);
  if (parityLane(X, 1) != <u32>(load<u8>(b, 31) >> 7)) copyLane(X, NEGATIVE, 1);

  sub(S, y, X);
  carry(S, S);
  scatter(S, outA, outB);
  add(S, y, X);
  carry(S, S);
  scatter(S, outA + COMPACT_BYTES, outB + COMPACT_BYTES);
  mul(S, X, y);
  mul(S, S, CURVE_2D);
  scatter(S, outA + 2 * COMPACT_BYTES, outB + 2 * COMPACT_BYTES);
  sub(S, ZERO, S);
  carry(S, S);
  scatter(S, outA + 3 * COMPACT_BYTES, outB + 3 * COMPACT_BYTES);
  return valid;
}
