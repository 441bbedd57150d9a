/**
 * Keys that are only looked up with: written into an array that stays, while those of `KEYS` are made
 * anew. Rows keep copies of keys, so the array may be written to again afterwards.
 */

/** As `KEYS.balance` and `KEYS.channel`: 32-byte account, then a big-endian u32. */
export function writeAccountKey(
  target: Uint8Array,
  account: Uint8Array,
  number: number,
): Uint8Array {
  target.set(account);
  return writeNumberKey(target, number, 32);
}

/** As `KEYS.asset`: a big-endian u32, at `at` of `target`. */
export function writeNumberKey(target: Uint8Array, number: number, at = 0): Uint8Array {
  target[at] = number >>> 24;
  target[at + 1] = number >>> 16;
  target[at + 2] = number >>> 8;
  target[at + 3] = number;
  return target;
}
