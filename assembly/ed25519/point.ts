import { CURVE_2D, ONE } from "../generated/field";
import {
  add,
  COMPACT_BYTES,
  carry,
  gather,
  isZeroLane,
  mul,
  mulTwice,
  scatter,
  square,
  sub,
} from "./field";

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

/** A, B, C, D of the formulas, for additions that are completed by `finishAdd`. */
export const SUM_A = memory.data(80, 16);
export const SUM_B = memory.data(80, 16);
export const SUM_C = memory.data(80, 16);
export const SUM_D = memory.data(80, 16);
const E = memory.data(80, 16);
const F = memory.data(80, 16);
const G = memory.data(80, 16);
const H = memory.data(80, 16);
const LOADED = memory.data(320, 16);
const ZERO = memory.data(80, 16);

/** The last step of every addition: from SUM_A to SUM_D (all reduced but the last, alpha 2) to `out`; T is left wrong without `withT`. */
export function finishAdd(out: usize, withT: bool = true): void {
  sub(E, SUM_B, SUM_A); // 3
  sub(F, SUM_D, SUM_C);
  carry(F, F); // 1
  add(G, SUM_D, SUM_C); // 3
  add(H, SUM_B, SUM_A); // 2
  mulTwice(out + X, E, out + Z, G, F);
  if (withT) mulTwice(out + Y, G, out + T, E, H);
  else mul(out + Y, G, H);
}

/** point += table entry, in each lane; `negative` is 1 to subtract it. */
export function addNiels(
  point: usize,
  recordA: usize,
  negativeA: u32,
  recordB: usize,
  negativeB: u32,
): void {
  // Subtracting swaps y - x with y + x and takes -2dxy.
  const swapA = <usize>negativeA * COMPACT_BYTES,
    swapB = <usize>negativeB * COMPACT_BYTES;
  sub(SUM_A, point + Y, point + X); // 3
  gather(LOADED, recordA + swapA, recordB + swapB);
  mul(SUM_A, SUM_A, LOADED);
  add(SUM_B, point + Y, point + X); // 2
  gather(LOADED, recordA + COMPACT_BYTES - swapA, recordB + COMPACT_BYTES - swapB);
  mul(SUM_B, SUM_B, LOADED);
  gather(LOADED, recordA + 2 * COMPACT_BYTES + swapA, recordB + 2 * COMPACT_BYTES + swapB);
  mul(SUM_C, point + T, LOADED);
  add(SUM_D, point + Z, point + Z); // 2
  finishAdd(point);
}

/** out = the points of two table records, with Z = 4: 2y and 2x are in a record, and T = 4xy their product. */
export function setNiels(
  out: usize,
  recordA: usize,
  recordB: usize,
  swapA: usize = 0,
  swapB: usize = 0,
): void {
  gather(SUM_A, recordA + swapA, recordB + swapB);
  gather(SUM_B, recordA + COMPACT_BYTES - swapA, recordB + COMPACT_BYTES - swapB);
  sub(SUM_C, SUM_B, SUM_A); // 3
  add(SUM_B, SUM_B, SUM_A); // 2
  mul(out + T, SUM_C, SUM_B);
  add(out + X, SUM_C, SUM_C); // 6
  carry(out + X, out + X);
  add(out + Y, SUM_B, SUM_B); // 4
  carry(out + Y, out + Y);
  memory.copy(out + Z, ONE, 80);
  add(out + Z, out + Z, out + Z);
  add(out + Z, out + Z, out + Z);
}

/** out = p + q in both lanes; any may be the same. */
export function addPoints(out: usize, p: usize, q: usize): void {
  sub(SUM_A, q + Y, q + X);
  carry(SUM_A, SUM_A); // 1
  sub(E, p + Y, p + X); // 3
  mul(SUM_A, E, SUM_A);
  add(SUM_B, q + Y, q + X); // 2
  add(E, p + Y, p + X); // 2
  mul(SUM_B, E, SUM_B);
  mul(SUM_C, p + T, q + T);
  mul(SUM_C, SUM_C, CURVE_2D);
  mul(SUM_D, p + Z, q + Z);
  add(SUM_D, SUM_D, SUM_D); // 2
  finishAdd(out);
}

/** point = 2^count * point in both lanes; T is left wrong without `withT`. */
export function double(point: usize, count: u32, withT: bool = true): void {
  for (; count > 0; count--) {
    square(SUM_A, point + X);
    square(SUM_B, point + Y);
    square(SUM_C, point + Z);
    add(SUM_C, SUM_C, SUM_C); // 2
    add(E, point + X, point + Y); // 2
    square(E, E);
    add(H, SUM_A, SUM_B); // 2
    sub(E, H, E); // 4
    sub(G, SUM_A, SUM_B); // 3
    add(F, SUM_C, G); // 5
    carry(F, F); // 1
    mulTwice(point + X, E, point + Z, G, F);
    // Doubling does not read T, so only the last one writes it.
    if (count == 1 && withT) mulTwice(point + Y, G, point + T, E, H);
    else mul(point + Y, G, H);
  }
}

/** point = -point in both lanes. */
export function negate(point: usize): void {
  sub(point + X, ZERO, point + X);
  carry(point + X, point + X);
  sub(point + T, ZERO, point + T);
  carry(point + T, point + T);
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

export function gatherPoint(out: usize, a: usize, b: usize): void {
  gather(out + X, a, b);
  gather(out + Y, a + COMPACT_BYTES, b + COMPACT_BYTES);
  gather(out + Z, a + 2 * COMPACT_BYTES, b + 2 * COMPACT_BYTES);
  gather(out + T, a + 3 * COMPACT_BYTES, b + 3 * COMPACT_BYTES);
}

export function scatterPoint(point: usize, a: usize, b: usize): void {
  scatter(point + X, a, b);
  scatter(point + Y, a + COMPACT_BYTES, b + COMPACT_BYTES);
  scatter(point + Z, a + 2 * COMPACT_BYTES, b + 2 * COMPACT_BYTES);
  scatter(point + T, a + 3 * COMPACT_BYTES, b + 3 * COMPACT_BYTES);
}

/** out = the same point in both lanes: lane `lane` of `point`. `out` and `point` may not overlap. */
export function broadcastLane(out: usize, point: usize, lane: usize): void {
  const from = lane << 2,
    to = (lane ^ 1) << 2;
  memory.copy(out, point, POINT_BYTES);
  for (let i: usize = 0; i < POINT_BYTES; i += 8) {
    store<u32>(out + i + to, load<u32>(point + i + from));
  }
}

/** Whether a lane is the neutral element: X = 0 and Y = Z. */
export function isNeutralLane(point: usize, lane: usize): bool {
  if (!isZeroLane(point + X, lane)) return false;
  sub(SUM_A, point + Y, point + Z);
  return isZeroLane(SUM_A, lane);
}
