/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4), four bytes a step. Own code, because node:zlib has
 * only the other CRC-32 and no installed library has this one; it finds every burst of up to 32
 * bits, so every single bit flip of a record.
 */

const POLYNOMIAL = 0x82f6_3b78;

function makeTables(): readonly Uint32Array[] {
  const tables = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    tables[0]![byte] = value;
  }
  for (let byte = 0; byte < 256; byte++) {
    let value = tables[0]![byte]!;
    for (let table = 1; table < 4; table++) {
      value = tables[0]![value & 0xff]! ^ (value >>> 8);
      tables[table]![byte] = value;
    }
  }
  return tables;
}

const [T0, T1, T2, T3] = makeTables() as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** CRC-32C of `bytes` from `start` to `end`, going on from `crc` (the result of what came before). */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, crc = 0): number {
  let value = ~crc;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    value ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    value =
      T3[value & 0xff]! ^
      T2[(value >>> 8) & 0xff]! ^
      T1[(value >>> 16) & 0xff]! ^
      T0[value >>> 24]!;
  }
  for (; i < end; i++) value = T0[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}
