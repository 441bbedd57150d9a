// Goal: a cursor has one text and the order of the ledger. Method: round trips and comparisons.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesFromText,
  bytesToText,
  compareCursors,
  cursorFromText,
  cursorToText,
  endOfBlock,
  endOfTransaction,
  GENESIS_CURSOR,
} from "../../../src/api/index.js";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const cursor = fc.record({ height: fc.nat(), index: u32, event: u32 });

describe("cursors", () => {
  test("every cursor comes back from its text", () => {
    fc.assert(
      fc.property(cursor, (value) => {
        expect(cursorFromText(cursorToText(value))).toEqual(value);
      }),
    );
  });

  test("other texts are no cursors", () => {
    const texts = [
      "",
      "1",
      "1.2",
      "1.2.3.4",
      "01.2.3",
      "1.2.",
      "-1.2.3",
      "1.4294967296.0",
      "1.2.3 ",
    ];
    for (const text of texts) expect(cursorFromText(text)).toBeUndefined();
    expect(cursorFromText("9007199254740992.0.0")).toBeUndefined();
  });

  test("the end of a block lies between its events and the next block", () => {
    fc.assert(
      fc.property(cursor, (value) => {
        expect(
          compareCursors(value, endOfTransaction(value.height, value.index)),
        ).toBeLessThanOrEqual(0);
        expect(compareCursors(value, endOfBlock(value.height))).toBeLessThanOrEqual(0);
        const next = { height: value.height + 1, index: 0, event: 0 };
        expect(compareCursors(endOfBlock(value.height), next)).toBeLessThan(0);
        expect(compareCursors(GENESIS_CURSOR, next)).toBeLessThan(0);
      }),
    );
  });

  test("bytes have one text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(bytesFromText(bytesToText(bytes))).toEqual(bytes);
      }),
    );
    for (const text of ["A", "AB", "AA==", "A+==", "%%%"])
      expect(bytesFromText(text)).toBeUndefined();
  });
});
