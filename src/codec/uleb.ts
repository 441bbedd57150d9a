/** ULEB128 of a u32 at any offset, in its shortest form: for what is written by hand. */

import { assert } from "../base/assert.js";

export function ulebSizeBytes(value: number): number {
  return value < 0x80
    ? 1
    : value < 0x4000
      ? 2
      : value < 0x20_0000
        ? 3
        : value < 0x1000_0000
          ? 4
          : 5;
}

/** Writes at `at` and answers where it ends. */
export function writeUleb(bytes: Uint8Array, at: number, value: number): number {
  assert(value === value >>> 0, "a ULEB128 is of an integer of 32 bits");
  let to = at;
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes[to++] = (rest & 0x7f) | 0x80;
  bytes[to++] = rest;
  return to;
}
