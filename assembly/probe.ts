/**
 * Module `probe`: field and scalar arithmetic and digits as the tests drive it, lane by lane and up to the bounds that
 * README.md states. It is built for the tests only and never shipped.
 */

import {
  DIGIT_ROW,
  DIGITS,
  pairsFor,
  RECORDS,
  recode,
  recodeSparse,
  SCALARS,
} from "./ed25519/digits";
import { carry, isZeroLane, mul, parityLane, squareTimes, sub } from "./ed25519/field";
import { powersP58 } from "./ed25519/wide";
import { multiplyAdd, reduceWide } from "./generated/scalar";
import { fromWide, mulWide, squareWide, toWide } from "./generated/wide";

export const A = memory.data(80, 16);
export const B = memory.data(80, 16);
export const OUT = memory.data(80, 16);
export const WIDE = memory.data(64, 16);
/** The wide form, in the SIMD build: limb i of lane l is the double at 16 i + 8 l. */
export const WIDE_A = memory.data(176, 16);
export const WIDE_B = memory.data(176, 16);
/** i16 for each window, or a byte for each bit. */
export const DIGITS_OUT = memory.data(512, 16);

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

function setScalar(negative: u32): void {
  memory.copy(SCALARS, A, 32);
  store<u32>(RECORDS, negative);
}

/** Digits of the scalar in A by windows, to DIGITS_OUT; gives how many. */
export function scalarWindows(negative: u32, bits: u32, window: u32): u32 {
  setScalar(negative);
  const pairs = pairsFor(bits, window);
  recode(0, pairs, window);
  for (let i: usize = 0; i < <usize>pairs; i++) {
    store<u32>(DIGITS_OUT + (i << 2), load<u32>(DIGITS + i * DIGIT_ROW));
  }
  return 2 * pairs;
}

/** NAF of the scalar in A, to DIGITS_OUT. */
export function scalarSparse(negative: u32, bits: u32): void {
  setScalar(negative);
  memory.fill(DIGITS_OUT, 0, 512);
  recodeSparse(0, bits, DIGITS_OUT, 1);
}

export function wideMul(): void {
  if (ASC_FEATURE_SIMD) mulWide(WIDE_A, WIDE_A, WIDE_B);
}

export function wideSquare(): void {
  if (ASC_FEATURE_SIMD) squareWide(WIDE_A);
}

export function wideFromA(): void {
  if (ASC_FEATURE_SIMD) toWide(WIDE_A, A);
}

export function wideToOut(): void {
  if (ASC_FEATURE_SIMD) fromWide(OUT, WIDE_A);
}

/** POWERS: two pairs, each raised to (p - 5) / 8. */
export const POWERS = memory.data(160, 16);
export function widePowers(count: u32): void {
  if (ASC_FEATURE_SIMD) powersP58(POWERS, count);
}
