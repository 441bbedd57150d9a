/** Signatures in one call of `verifyBatch`. */
export const MAX_ITEMS: u32 = 512;
/** Points in one sum: an R for each item, at most as many keys, and the base point. */
export const MAX_POINTS: usize = 1025;

/*
 * One item, 64 bytes, written by the caller:
 *   0   offset in INPUT of R || A || message   u32
 *   4   length of R || A || message            u32
 *   8   1 if R || A is followed by the 64-byte SHA-512 of R || A || message instead of the message, else 0
 *   12  unused
 *   16  s, 32 bytes
 *   48  z, 16 random bytes that nobody outside can foresee
 */
export const ITEM_BYTES: usize = 64;
export const ITEM_OFFSET: usize = 0;
export const ITEM_LENGTH: usize = 4;
export const ITEM_DIGESTED: usize = 8;
export const ITEM_S: usize = 16;
export const ITEM_Z: usize = 48;

export const ITEMS = memory.data(32768, 16);
/** One byte an item: 1 valid, 0 not. */
export const VERDICTS = memory.data(512, 16);
