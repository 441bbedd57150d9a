import { reduceWide } from "../generated/scalar";
import { sha512 } from "../hash/sha2";
import { encodingsOf, ITEM_DIGESTED, ITEM_LENGTH, itemAt } from "./layout";

/* Numbers of 32 bytes, little-endian, modulo L, the order of the base point. */

const ORDER = memory.data<u64>([0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000], 16);
const ORDER_TWICE = memory.data<u64>(
  [0xb024c634b9eba7da, 0x29bdf3bd45ef39ac, 0, 0x2000000000000000],
  16,
);
const DIGEST = memory.data(64, 16);

function isBelow(a: usize, b: usize): bool {
  for (let i: usize = 32; i > 0; i -= 8) {
    const word = load<u64>(a + i - 8),
      other = load<u64>(b + i - 8);
    if (word != other) return word < other;
  }
  return false;
}

/** Whether the 32-byte number is below L. */
export function isBelowOrder(s: usize): bool {
  return isBelow(s, ORDER);
}

/** out = a + b as 256-bit numbers; the sum must fit. */
function addWide(out: usize, a: usize, b: usize): void {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const word = load<u64>(a + i);
    const partial = word + load<u64>(b + i);
    const total = partial + carry;
    carry = u64(partial < word) | u64(total < partial);
    store<u64>(out + i, total);
  }
}

/** out = a - b as 256-bit numbers, b not above a. */
function subWide(out: usize, a: usize, b: usize): void {
  let borrow: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const word = load<u64>(a + i),
      other = load<u64>(b + i);
    const partial = word - other;
    store<u64>(out + i, partial - borrow);
    borrow = u64(word < other) | u64(partial < borrow);
  }
}

/** sum += value modulo L; both below L. */
export function addScalar(sum: usize, value: usize): void {
  addWide(sum, sum, value);
  if (!isBelowOrder(sum)) subWide(sum, sum, ORDER);
}

/** sum -= value modulo L; both below L. */
export function subScalar(sum: usize, value: usize): void {
  if (isBelow(sum, value)) addWide(sum, sum, ORDER);
  subWide(sum, sum, value);
}

/**
 * Replaces a scalar below L by L minus it if it is 2^251 or more, and gives whether: its negative is then
 * congruent to what it was, and at most L - 2^251 < 2^251 + 2^125.
 */
export function shorten(scalar: usize): bool {
  if (load<u8>(scalar, 31) < 8) return false;
  subWide(scalar, ORDER, scalar);
  return true;
}

/** out = `scalar` or that plus L, whichever is odd; `scalar` is below L. */
export function oddScalar(out: usize, scalar: usize): void {
  if ((load<u8>(scalar) & 1) == 0) addWide(out, scalar, ORDER);
  else memory.copy(out, scalar, 32);
}

/** out = L - scalar or 2L - scalar, whichever is odd; `scalar` is below L. */
export function oddNegative(out: usize, scalar: usize): void {
  subWide(out, (load<u8>(scalar) & 1) == 0 ? ORDER : ORDER_TWICE, scalar);
}

/** out = k = SHA-512(R || A || M) modulo L of an item. */
export function challenge(out: usize, item: u32, input: usize): void {
  const at = itemAt(item);
  const signed = encodingsOf(item, input);
  if (load<u32>(at, ITEM_DIGESTED) != 0) {
    reduceWide(out, signed + 64);
    return;
  }
  sha512(signed, load<u32>(at, ITEM_LENGTH), DIGEST);
  reduceWide(out, DIGEST);
}
