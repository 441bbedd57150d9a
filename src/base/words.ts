/**
 * Little-endian integers at any offset of a byte array, as numbers: where a row is read once or
 * twice, making a DataView of it and a BigInt of each field costs more than everything else.
 */

const TWO_32 = 0x1_0000_0000;
/** Upper half of 2^53 - 1. */
const SAFE_HIGH_MAX = 0x1f_ffff;

export function u32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

export function setU32At(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** The u64 at `at`; NaN where it is above 2^53 - 1. */
export function safeU64At(bytes: Uint8Array, at: number): number {
  const high = u32At(bytes, at + 4);
  return high > SAFE_HIGH_MAX ? Number.NaN : high * TWO_32 + u32At(bytes, at);
}

export function u64At(bytes: Uint8Array, at: number): bigint {
  const value = safeU64At(bytes, at);
  if (!Number.isNaN(value)) return BigInt(value);
  return (BigInt(u32At(bytes, at + 4)) << 32n) | BigInt(u32At(bytes, at));
}

/** The i64 at `at`; NaN where it is not above -2^53 + 2^32 and at most 2^53 - 1. */
export function safeI64At(bytes: Uint8Array, at: number): number {
  const high = u32At(bytes, at + 4) | 0;
  return high > SAFE_HIGH_MAX || high < -SAFE_HIGH_MAX
    ? Number.NaN
    : high * TWO_32 + u32At(bytes, at);
}

export function setU64At(bytes: Uint8Array, at: number, value: bigint): void {
  if (value <= Number.MAX_SAFE_INTEGER) {
    setSafe64At(bytes, at, Number(value));
  } else {
    setU32At(bytes, at, Number(value & 0xffff_ffffn));
    setU32At(bytes, at + 4, Number(value >> 32n));
  }
}

/** Writes a safe integer as i64, or as u64 where it is not negative. */
export function setSafe64At(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  setU32At(bytes, at, value - high * TWO_32);
  setU32At(bytes, at + 4, high);
}
