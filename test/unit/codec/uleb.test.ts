// Goal: ULEB128 written by offset is what the reader reads, in its shortest form.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reader } from "../../../src/codec/reader.js";
import { ulebSizeBytes, writeUleb } from "../../../src/codec/uleb.js";
import { Writer } from "../../../src/codec/writer.js";

const EDGES = [7, 14, 21, 28, 32].flatMap((bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]);
const u32s = fc.oneof(
  fc.constantFrom(0, 1, ...EDGES.filter((value) => value <= 0xffff_ffff)),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

describe("ULEB128", () => {
  test("has the size that was computed, and reads as it was written", () => {
    fc.assert(
      fc.property(u32s, fc.nat(9), (value, at) => {
        const bytes = new Uint8Array(16).fill(0xaa);
        const end = writeUleb(bytes, at, value);
        expect(end - at).toBe(ulebSizeBytes(value));
        expect(bytes.subarray(end).every((byte) => byte === 0xaa)).toBe(true);
        // The reader refuses what is not minimal.
        const reader = new Reader(bytes.subarray(at, end));
        expect(reader.uleb()).toBe(value);
        reader.end();
        const writer = new Writer(0);
        writer.uleb(value);
        expect(writer.finish()).toEqual(bytes.slice(at, end));
      }),
    );
  });

  test("is of integers of 32 bits alone", () => {
    for (const value of [-1, 0.5, 2 ** 32, Number.NaN]) {
      expect(() => writeUleb(new Uint8Array(8), 0, value)).toThrow("32 bits");
    }
  });
});
