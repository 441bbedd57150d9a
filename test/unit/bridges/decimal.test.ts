// Goal: ISO-5, decimals are exact at any length and never floating point.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDecimals,
  decimalText,
  equalDecimals,
  fitsDigits,
  parseDecimal,
  ZERO,
} from "../../../src/bridges/iso20022/decimal.js";

const textOf = (text: string) => {
  const value = parseDecimal(text);
  return value === undefined ? undefined : decimalText(value);
};

describe("decimals (ISO-5)", () => {
  test("forms of xs:decimal, by value", () => {
    expect(["12.50", "12.5", "+12.500", "012.5"].map(textOf)).toEqual(Array(4).fill("12.5"));
    expect(["4", "4.", ".5", "-0.10", "0.00", "-0"].map(textOf)).toEqual([
      "4",
      "4",
      "0.5",
      "-0.1",
      "0",
      "0",
    ]);
  });

  test("what is no decimal", () => {
    const bad = ["", ".", "1e3", "1,5", "0x1", "1 000", "NaN", "--1", "1.2.3", "٣", "9".repeat(41)];
    expect(bad.map(parseDecimal)).toEqual(bad.map(() => undefined));
  });

  test("a sum that floating point gets wrong", () => {
    const sum = ["0.1", "0.2", "90071992547409.93"]
      .map((text) => parseDecimal(text) ?? ZERO)
      .reduce(addDecimals, ZERO);
    expect(decimalText(sum)).toBe("90071992547410.23");
  });

  test("any sum equals the sum in minor units", () => {
    const amount = fc.tuple(fc.bigInt(0n, 10n ** 18n), fc.nat(5));
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), (amounts) => {
        const exact = amounts.reduce((sum, [u, scale]) => sum + u * 10n ** BigInt(5 - scale), 0n);
        const sum = amounts
          .map(([units, scale]) => parseDecimal(decimalText({ units, scale })) ?? ZERO)
          .reduce(addDecimals, ZERO);
        expect(equalDecimals(sum, { units: exact, scale: 5 })).toBe(true);
      }),
    );
  });

  test("digits of a schema", () => {
    const fits = (text: string) => fitsDigits(parseDecimal(text) ?? ZERO, 18, 5);
    expect(["9999999999999.99999", "0.00001", "0"].map(fits)).toEqual([true, true, true]);
    expect(["99999999999999.99999", "0.000001"].map(fits)).toEqual([false, false]);
  });
});
