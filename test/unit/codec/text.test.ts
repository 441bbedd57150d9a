import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amountFromText, amountToText, idFromText, idToText } from "../../../src/codec/text.js";

const id = (fill: number) => new Uint8Array(32).fill(fill);

describe("ids in text", () => {
  it("come back, with the prefix of their kind and of no other", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        for (const kind of ["account", "validator", "object"] as const) {
          const text = idToText(kind, bytes);
          expect(idFromText(kind, text)).toEqual(bytes);
          expect(text).toMatch(/^f[avo]1[02-9ac-hj-np-z]{58}$/);
          for (const other of ["account", "validator", "object"] as const) {
            if (other !== kind) expect(idFromText(other, text)).toBeUndefined();
          }
        }
      }),
    );
  });

  it("notice every single wrong character", () => {
    const text = idToText("account", id(7));
    for (let i = 3; i < text.length; i++) {
      const wrong = text[i] === "q" ? "p" : "q";
      expect(idFromText("account", text.slice(0, i) + wrong + text.slice(i + 1))).toBeUndefined();
    }
  });

  it("are refused when cut, of mixed case, too long or something else", () => {
    const text = idToText("account", id(7));
    for (const bad of [
      "",
      "fa1",
      text.slice(0, -1),
      `${text}q`,
      `F${text.slice(1)}`,
      "x".repeat(500),
    ]) {
      expect(idFromText("account", bad)).toBeUndefined();
    }
    expect(() => idToText("account", new Uint8Array(31))).toThrow();
  });
});

describe("amounts in text", () => {
  it("come back at every scale", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(9), (amount, scale) => {
        expect(amountFromText(amountToText(amount, scale), scale)).toBe(amount);
      }),
    );
  });

  it("are plain decimals", () => {
    expect(amountToText(1250n, 2)).toBe("12.50");
    expect(amountToText(5n, 2)).toBe("0.05");
    expect(amountToText(0n, 0)).toBe("0");
    expect(amountFromText("12.5", 2)).toBe(1250n);
    expect(amountFromText("12.500", 2)).toBe(1250n);
    expect(amountFromText("0012", 0)).toBe(12n);
  });

  it("refuse signs, exponents, blanks, too fine a fraction and more than u64", () => {
    for (const bad of ["", ".", "1.", ".5", "-1", "+1", "1e3", " 1", "1 ", "1,5", "0x1", "1.005"]) {
      expect(amountFromText(bad, 2)).toBeUndefined();
    }
    expect(amountFromText("18446744073709551615", 0)).toBe(2n ** 64n - 1n);
    expect(amountFromText("18446744073709551616", 0)).toBeUndefined();
    expect(amountFromText("184467440737095516.16", 2)).toBeUndefined();
  });
});
