/** Signatures in one call of `verifyBatch`. */
export const MAX_ITEMS: u32 = 1024;
/** Points in one sum: an R for each item, at most as many keys, and the base point. */
export const MAX_POINTS: usize = 2049;

/*
 * One item, 80 bytes, written by the caller:
 *   0   offset in INPUT of R || A || message   u32
 *   4   length of R || A || message            u32
 *   8   1 if R || A is followed by the 64-byte SHA-512 of R || A || message instead of the message, else 0
 *   12  unused
 *   16  R and s: the signature, 64 bytes, of which s is read: R counts as it is hashed, in INPUT
 */
export const ITEM_BYTES: usize = 80;
export const ITEM_OFFSET: usize = 0;
export const ITEM_LENGTH: usize = 4;
export const ITEM_DIGESTED: usize = 8;
export const ITEM_S: usize = 48;

export const ITEMS = memory.data(81920, 16);
/** z of each item: 16 random bytes that nobody outside can foresee. */
export const COEFFICIENTS = memory.data(16384, 16);
export const COEFFICIENT_BYTES: usize = 16;
/** One byte an item: 1 valid, 0 not. */
export const VERDICTS = memory.data(1024, 16);

export function itemAt(item: u32): usize {
  return ITEMS + <usize>item * ITEM_BYTES;
}

/** Address of R || A of an item, of which the message or its digest follows. */
export function encodingsOf(item: u32, input: usize): usize {
  return input + <usize>load<u32>(itemAt(item), ITEM_OFFSET);
}

/** A list of items or keys is of u16. */
export function listed(list: usize, index: u32): u32 {
  return <u32>load<u16>(list + ((<usize>index) << 1));
}
