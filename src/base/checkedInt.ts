/** Arithmetic on 64-bit amounts that answers `undefined` instead of wrapping around. */

export const U64_MAX = 0xffff_ffff_ffff_ffffn;
export const I64_MAX = 0x7fff_ffff_ffff_ffffn;

export function isU64(value: bigint): boolean {
  return value >= 0n && value <= U64_MAX;
}

export function addU64(a: bigint, b: bigint): bigint | undefined {
  const sum = a + b;
  return isU64(a) && isU64(b) && sum <= U64_MAX ? sum : undefined;
}

export function subtractU64(a: bigint, b: bigint): bigint | undefined {
  return isU64(a) && isU64(b) && a >= b ? a - b : undefined;
}

export function multiplyU64(a: bigint, b: bigint): bigint | undefined {
  const product = a * b;
  return isU64(a) && isU64(b) && product <= U64_MAX ? product : undefined;
}

/** Whether `value` counts something exactly: an integer from 0 to 2^53 - 1. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
