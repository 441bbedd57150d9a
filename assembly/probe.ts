/**
 * Module `probe`: field and scalar arithmetic as the tests drive it, lane by lane and up to the bounds that
 * README.md states. It is built for the tests only and never shipped.
 */

import { carry, isZeroLane, mul, parityLane, squareTimes, sub } from "./ed25519/field";
import { multiplyAdd, reduceWide } from "./generated/scalar";

export const A = memory.data(80, 16);
export const B = memory.data(80, 16);
export const OUT = memory.data(80, 16);
export const WIDE = memory.data(64, 16);

export function fieldMul(): void {
  mul(OUT, A, B);
}

export function fieldSquare(count: u32): void {
  squareTimes(OUT, A, count);
}

export function fieldSub(): void {
  sub(OUT, A, B);
}

export function fieldCarry(): void {
  carry(OUT, A);
}

export function fieldIsZero(lane: u32): i32 {
  return isZeroLane(A, lane) ? 1 : 0;
}

export function fieldParity(lane: u32): u32 {
  return parityLane(A, lane);
}

export function scalarReduce(): void {
  reduceWide(OUT, WIDE);
}

export function scalarMultiplyAdd(): void {
  multiplyAdd(OUT, A, B, WIDE);
}
