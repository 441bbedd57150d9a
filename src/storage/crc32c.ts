/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4), sixteen bytes a step. Own code, because node:zlib has
 * only the other CRC-32 and no installed library has this one; it finds every burst of up to 32
 * bits, so every single bit flip of a record.
 */

const POLYNOMIAL = 0x82f6_3b78;
/** Bytes of a step, each with a table of its own: entry `256 * t + b` is byte b before t zeros. */
const STEP = 16;

function makeTables(): Int32Array {
  const tables = new Int32Array(256 * STEP);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    tables[byte] = value;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!;
    tables[i] = tables[before & 0xff]! ^ (before >>> 8);
  }
  return tables;
}

const T = makeTables();
/** Words are read as they lie in memory, which must be in the order of the bytes. */
const HAS_WORDS = new Int32Array(new Uint8Array([1, 0, 0, 0]).buffer)[0] === 1;

/** Four bytes of a step, the first of which has `zeros` bytes behind it. */
function fold(word: number, zeros: number): number {
  const at = zeros << 8;
  return (
    T[at + (word & 0xff)]! ^
    T[at - 256 + ((word >>> 8) & 0xff)]! ^
    T[at - 512 + ((word >>> 16) & 0xff)]! ^
    T[at - 768 + (word >>> 24)]!
  );
}

/** CRC-32C of `bytes` from `start` to `end`, going on from `crc` (the result of what came before). */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, crc = 0): number {
  let value = ~crc;
  let i = start;
  for (; i < end && ((bytes.byteOffset + i) & 3) !== 0; i++) {
    value = T[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  }
  const steps = HAS_WORDS ? Math.max(0, Math.floor((end - i) / STEP)) : 0;
  if (steps > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, 4 * steps);
    for (let at = 0; at < words.length; at += 4) {
      value =
        fold(value ^ words[at]!, 15) ^
        fold(words[at + 1]!, 11) ^
        fold(words[at + 2]!, 7) ^
        fold(words[at + 3]!, 3);
    }
    i += STEP * steps;
  }
  for (; i < end; i++) value = T[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}
