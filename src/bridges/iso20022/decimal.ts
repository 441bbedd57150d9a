/**
 * Exact decimal numbers: amounts and control sums of ISO 20022 are `xs:decimal`, and a sum of them
 * is compared with a stated one, so they are never made into floating point.
 */

import { assert } from "../../base/assert.js";

/** `units / 10^scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

/** ISO amounts have 18 digits; sums of 100,000 of them have 23. Longer text is no number here. */
const DIGITS_MAX = 40;

/** Lexical form of `xs:decimal`: no exponent, digits on at least one side of the point. */
const PATTERN = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))$/;

/** The value of decimal text in lowest scale (`12.50` is 125 / 10), or undefined if it is none. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > DIGITS_MAX) return undefined;
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const fraction = (match[3] ?? match[4] ?? "").replace(/0+$/, "");
  const magnitude = BigInt((match[2] ?? "") + fraction || "0");
  return { units: match[1] === "-" ? -magnitude : magnitude, scale: fraction.length };
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

export function equalDecimals(a: Decimal, b: Decimal): boolean {
  const scale = Math.max(a.scale, b.scale);
  return unitsAt(a, scale) === unitsAt(b, scale);
}

/** Units at a scale that is not lower than the number's own. */
export function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  assert(wanted >= scale, "a decimal is never rounded");
  return units * 10n ** BigInt(wanted - scale);
}

export function decimalText({ units, scale }: Decimal): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  return scale === 0
    ? `${sign}${digits}`
    : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Whether the value fits a schema's `totalDigits` and `fractionDigits`. */
export function fitsDigits(value: Decimal, totalDigits: number, fractionDigits: number): boolean {
  const magnitude = value.units < 0n ? -value.units : value.units;
  return (
    value.scale <= fractionDigits &&
    Math.max(magnitude.toString().length, value.scale) <= totalDigits
  );
}
