/** What is an exact 64-bit amount, and what an exact count. */

export const U64_MAX = 0xffff_ffff_ffff_ffffn;
export const I64_MAX = 0x7fff_ffff_ffff_ffffn;

export function isU64(value: bigint): boolean {
  return value >= 0n && value <= U64_MAX;
}

/** Whether `value` counts something exactly: an integer from 0 to 2^53 - 1. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
