// Goal: integers read and written without a DataView are those of a DataView. Method: one against the
// other, at odd offsets and around the ends of the safe integers.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteSlab } from "../../../src/base/slab.js";
import {
  safeI64At,
  safeU64At,
  setSafe64At,
  setU32At,
  setU64At,
  u32At,
  u64At,
} from "../../../src/base/words.js";

const u64 = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(2n ** 53n - 3n, 2n ** 53n + 3n),
  fc.bigInt(0n, 2n ** 33n),
);
const offset = fc.integer({ min: 0, max: 7 });

function at(where: number, value: bigint): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(16).fill(0xaa);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(where, value, true);
  return { bytes, view };
}

describe("words", () => {
  test("are read as a DataView reads them, and NaN stands for what is not safe", () => {
    fc.assert(
      fc.property(u64, offset, (value, where) => {
        const { bytes, view } = at(where, value);
        expect(u32At(bytes, where)).toBe(view.getUint32(where, true));
        expect(u64At(bytes, where)).toBe(value);
        const isSafe = value <= BigInt(Number.MAX_SAFE_INTEGER);
        expect(safeU64At(bytes, where)).toBe(isSafe ? Number(value) : Number.NaN);
        const signed = view.getBigInt64(where, true);
        const read = safeI64At(bytes, where);
        if (Number.isNaN(read)) expect(Number.isSafeInteger(2 * Number(signed))).toBe(false);
        else expect(BigInt(read)).toBe(signed);
      }),
    );
  });

  test("are written as a DataView writes them", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), offset, (value, where) => {
        const { bytes, view } = at(where, 0n);
        setSafe64At(bytes, where, value);
        expect(view.getBigInt64(where, true)).toBe(BigInt(value));
        setU32At(bytes, where, value >>> 0);
        expect(view.getUint32(where, true)).toBe(value >>> 0);
        expect([...bytes.subarray(where + 8)].every((byte) => byte === 0xaa)).toBe(true);
      }),
    );
  });
});

test("a u64 is written as a DataView writes it", () => {
  fc.assert(
    fc.property(u64, offset, (value, where) => {
      const { bytes, view } = at(where, 0n);
      setU64At(bytes, where, value);
      expect(view.getBigUint64(where, true)).toBe(value);
    }),
  );
});

describe("a slab", () => {
  test("gives zero bytes that nobody else has, of any size", () => {
    const slab = new ByteSlab(64);
    const taken = [10, 60, 3, 64, 65, 1, 0, 200, 7].map((size, i) => {
      const bytes = slab.take(size);
      expect(bytes).toEqual(new Uint8Array(size));
      return bytes.fill(i + 1);
    });
    taken.forEach((bytes, i) => {
      expect(bytes.every((byte) => byte === i + 1)).toBe(true);
    });
  });
});
