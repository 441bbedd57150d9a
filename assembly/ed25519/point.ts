import { CURVE_2D, ONE } from "../generated/field";
import { add, carry, COMPACT_BYTES, gather, isZeroLane, mul, scatter, square, sub } from "./field";

/*
 * Pairs of points of the curve -x^2 + y^2 = 1 + d x^2 y^2 in extended coordinates: X, Y, Z, T with x = X/Z,
 * y = Y/Z, xy = T/Z, each a reduced pair (320 bytes). A compact point has 160 bytes. The formulas are those
 * of Hisil, Wong, Carter, Dawson (2008) for a = -1 with square a and non-square d: complete, so no case is
 * special. Comments give the alphas that the bounds of `mul` need.
 */

export const X: usize = 0;
export const Y: usize = 80;
export const Z: usize = 160;
export const T: usize = 240;
export const POINT_BYTES: usize = 320;
export const COMPACT_POINT_BYTES: usize = 160;

/** A table record: y - x, y + x, 2dxy, -2dxy as compact elements, so that a sign only permutes addresses. */
export const NIELS_BYTES: usize = 160;

const A = memory.data(80, 16);
const B = memory.data(80, 16);
const C = memory.data(80, 16);
const D = memory.data(80, 16);
const E = memory.data(80, 16);
const F = memory.data(80, 16);
const G = memory.data(80, 16);
const H = memory.data(80, 16);
const LOADED = memory.data(320, 16);

/** The last step of both additions: from A, B, C, D (all reduced but D) to `out`. */
// @ts-ignore: decorator
@inline
function finishAdd(out: usize): void {
  sub(E, B, A); // 3
  sub(F, D, C);
  carry(F, F); // 1
  add(G, D, C); // 3
  add(H, B, A); // 2
  mul(out + X, E, F);
  mul(out + Y, G, H);
  mul(out + T, E, H);
  mul(out + Z, G, F);
}

/** point += table entry, in each lane; `negative` is 1 to subtract it. */
// @ts-ignore: decorator
@inline
export function addNiels(point: usize, recordA: usize, negativeA: u32, recordB: usize, negativeB: u32): void {
  // Subtracting swaps y - x with y + x and takes -2dxy.
  const swapA = <usize>negativeA * COMPACT_BYTES, swapB = <usize>negativeB * COMPACT_BYTES;
  sub(A, point + Y, point + X); // 3
  gather(LOADED, recordA + swapA, recordB + swapB);
  mul(A, A, LOADED);
  add(B, point + Y, point + X); // 2
  gather(LOADED, recordA + COMPACT_BYTES - swapA, recordB + COMPACT_BYTES - swapB);
  mul(B, B, LOADED);
  gather(LOADED, recordA + 2 * COMPACT_BYTES + swapA, recordB + 2 * COMPACT_BYTES + swapB);
  mul(C, point + T, LOADED);
  add(D, point + Z, point + Z); // 2
  finishAdd(point);
}

/** out = p + q in both lanes; any may be the same. */
export function addPoints(out: usize, p: usize, q: usize): void {
  sub(A, q + Y, q + X);
  carry(A, A); // 1
  sub(E, p + Y, p + X); // 3
  mul(A, E, A);
  add(B, q + Y, q + X); // 2
  add(E, p + Y, p + X); // 2
  mul(B, E, B);
  mul(C, p + T, q + T);
  mul(C, C, CURVE_2D);
  mul(D, p + Z, q + Z);
  add(D, D, D); // 2
  finishAdd(out);
}

/** point = 2^count * point in both lanes. */
export function double(point: usize, count: u32): void {
  for (; count > 0; count--) {
    square(A, point + X);
    square(B, point + Y);
    square(C, point + Z);
    add(C, C, C); // 2
    add(E, point + X, point + Y); // 2
    square(E, E);
    add(H, A, B); // 2
    sub(E, H, E); // 4
    sub(G, A, B); // 3
    add(F, C, G); // 5
    carry(F, F); // 1
    mul(point + X, E, F);
    mul(point + Y, G, H);
    mul(point + T, E, H);
    mul(point + Z, G, F);
  }
}

/** The neutral element (0, 1) in both lanes. */
export function setNeutral(point: usize): void {
  memory.fill(point, 0, POINT_BYTES);
  memory.copy(point + Y, ONE, 80);
  memory.copy(point + Z, ONE, 80);
}

/** The neutral element as a compact point. */
export function setNeutralCompact(point: usize): void {
  memory.fill(point, 0, COMPACT_POINT_BYTES);
  store<u32>(point, 1, COMPACT_BYTES);
  store<u32>(point, 1, 2 * COMPACT_BYTES);
}

// @ts-ignore: decorator
@inline
export function gatherPoint(out: usize, a: usize, b: usize): void {
  gather(out + X, a, b);
  gather(out + Y, a + COMPACT_BYTES, b + COMPACT_BYTES);
  gather(out + Z, a + 2 * COMPACT_BYTES, b + 2 * COMPACT_BYTES);
  gather(out + T, a + 3 * COMPACT_BYTES, b + 3 * COMPACT_BYTES);
}

// @ts-ignore: decorator
@inline
export function scatterPoint(point: usize, a: usize, b: usize): void {
  scatter(point + X, a, b);
  scatter(point + Y, a + COMPACT_BYTES, b + COMPACT_BYTES);
  scatter(point + Z, a + 2 * COMPACT_BYTES, b + 2 * COMPACT_BYTES);
  scatter(point + T, a + 3 * COMPACT_BYTES, b + 3 * COMPACT_BYTES);
}

/** out = the same point in both lanes: lane `lane` of `point`. `out` and `point` may not overlap. */
export function broadcastLane(out: usize, point: usize, lane: usize): void {
  const from = lane << 2, to = (lane ^ 1) << 2;
  memory.copy(out, point, POINT_BYTES);
  for (let i: usize = 0; i < POINT_BYTES; i += 8) {
    store<u32>(out + i + to, load<u32>(point + i + from));
  }
}

/** Whether lane 0 is the neutral element: X = 0 and Y = Z. */
export function isNeutralLane0(point: usize): bool {
  if (!isZeroLane(point + X, 0)) return false;
  sub(A, point + Y, point + Z);
  return isZeroLane(A, 0);
}
