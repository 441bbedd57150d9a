/** Byte-string helpers that run in Node and in a browser. */

import { assert } from "./assert.js";

/** Characters that one call of `String.fromCharCode` makes: arguments lie on the stack. */
const CHARACTERS_AT_ONCE = 1_024;

/**
 * Text of one character for each byte (Latin-1), flat. Text that grows character by character would
 * be a tree of its parts, and the first use of it as a key five times as expensive.
 */
function characters(bytes: Uint8Array): string {
  if (bytes.length <= CHARACTERS_AT_ONCE) {
    return String.fromCharCode.apply(null, bytes as unknown as number[]);
  }
  let text = "";
  for (let at = 0; at < bytes.length; at += CHARACTERS_AT_ONCE) {
    text += characters(bytes.subarray(at, at + CHARACTERS_AT_ONCE));
  }
  return text;
}

/** Character codes of the hexadecimal digits, and the digit of each character code (16 for none). */
const DIGIT_CODES = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const NO_DIGIT = 16;
const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
for (const digit of "0123456789abcdefABCDEF") {
  DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
}

/** Digits of a hash on their way into text: nearly all that is written as text are hashes. */
const hashCodes = new Uint8Array(64);

/** Lower-case hexadecimal text of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  const codes = bytes.length === 32 ? hashCodes : new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    codes[2 * i] = DIGIT_CODES[byte >>> 4] as number;
    codes[2 * i + 1] = DIGIT_CODES[byte & 15] as number;
  }
  return characters(codes);
}

/** Bytes of lower- or upper-case hexadecimal `text`, or undefined if it is not that. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = DIGITS[text.charCodeAt(2 * i)] ?? NO_DIGIT;
    const low = DIGITS[text.charCodeAt(2 * i + 1)] ?? NO_DIGIT;
    if (high === NO_DIGIT || low === NO_DIGIT) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** Bytes of hexadecimal text that the program itself wrote. */
export function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text);
  assert(bytes !== undefined, "not hexadecimal");
  return bytes;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order; a prefix comes before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** A key for `Map` and `Set`: one UTF-16 unit for each byte, so no two byte strings share it. */
export function mapKey(bytes: Uint8Array): string {
  if (bytes.length !== 32) return characters(bytes);
  // Nearly all are hashes: with its arguments written out the call is three times faster again.
  const b = bytes;
  // biome-ignore format: one line of code, read as a table
  return String.fromCharCode(
    b[0]!, b[1]!, b[2]!, b[3]!, b[4]!, b[5]!, b[6]!, b[7]!,
    b[8]!, b[9]!, b[10]!, b[11]!, b[12]!, b[13]!, b[14]!, b[15]!,
    b[16]!, b[17]!, b[18]!, b[19]!, b[20]!, b[21]!, b[22]!, b[23]!,
    b[24]!, b[25]!, b[26]!, b[27]!, b[28]!, b[29]!, b[30]!, b[31]!,
  );
}

/** The bytes behind a {@link mapKey}. */
export function fromMapKey(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length);
  for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i);
  return bytes;
}

const encoder = new TextEncoder();
// `ignoreBOM` keeps a leading byte order mark: dropping it would give one text two encodings.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 `bytes`, or undefined if they are not well-formed. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
