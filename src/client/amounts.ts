/** Amounts: decimal text for people, minor units for the ledger. */

import { amountFromText, amountToText } from "../codec/text.js";
import { ClientError } from "./errors.js";

/** Minor units of an amount: `"12.5"` at scale 2 is `1250n`; a bigint is minor units already. */
export function minorUnits(amount: string | bigint, scale: number): bigint {
  if (typeof amount === "bigint") return amount;
  const units = amountFromText(amount, scale);
  if (units === undefined) {
    throw new ClientError(
      "BAD_ARGUMENT",
      `That is no amount with at most ${scale} decimal places, such as ${amountToText(1250n, scale)}.`,
    );
  }
  return units;
}

/** Decimal text of minor units, which may be negative: `-1250n` at scale 2 is `-12.50`. */
export function amountText(units: bigint | string, scale: number): string {
  const value = BigInt(units);
  return value < 0n ? `-${amountToText(-value, scale)}` : amountToText(value, scale);
}
