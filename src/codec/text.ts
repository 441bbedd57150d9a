/** Text forms: bech32m ids (BIP 350), decimal amounts, and the rules for both. */

import { bech32m } from "@scure/base";
import { assert } from "../base/assert.js";
import { U64_MAX } from "../base/checkedInt.js";

/** Prefix of each kind of id in text. */
export const ID_PREFIXES = { account: "fa", validator: "fv", object: "fo" } as const;
export type IdKind = keyof typeof ID_PREFIXES;

/** `fa1...` for an account, `fv1...` for a validator, `fo1...` for any other object. */
export function idToText(kind: IdKind, id: Uint8Array): string {
  assert(id.length === 32, "ids are 32 bytes");
  return bech32m.encode(ID_PREFIXES[kind], bech32m.toWords(id), 90);
}

/** The 32 bytes of an id in text, or undefined if it is not one of this kind. */
export function idFromText(kind: IdKind, text: string): Uint8Array | undefined {
  if (text.length > 90) return undefined;
  try {
    const decoded = bech32m.decode(text as `${string}1${string}`, 90);
    if (decoded.prefix !== ID_PREFIXES[kind]) return undefined;
    const id = bech32m.fromWords(decoded.words);
    return id.length === 32 ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Decimal text of an amount in minor units: `1250` at scale 2 is `12.50`. */
export function amountToText(minorUnits: bigint, scale: number): string {
  const digits = minorUnits.toString().padStart(scale + 1, "0");
  if (scale === 0) return digits;
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/**
 * Minor units of decimal text, or undefined if it is no plain decimal number, has more fraction
 * digits than `scale`, or exceeds u64. `12.5` at scale 2 is 1250; signs and exponents are refused.
 */
export function amountFromText(text: string, scale: number): bigint | undefined {
  const match = /^(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text);
  if (match === null) return undefined;
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > scale) return undefined;
  const value = BigInt((match[1] as string) + fraction.padEnd(scale, "0"));
  return value <= U64_MAX ? value : undefined;
}
