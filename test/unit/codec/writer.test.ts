import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../src/base/bytes.js";
import { Reader } from "../../../src/codec/reader.js";
import { encode, fixedBytes, type Schema, struct, u8 } from "../../../src/codec/schema.js";
import { Writer } from "../../../src/codec/writer.js";

describe("writer", () => {
  // The buffer is replaced while a value is written: each kind of value must land in the new one.
  it("grows at every offset without losing what is written then", () => {
    for (let initial = 0; initial <= 40; initial++) {
      for (let before = 0; before <= 12; before++) {
        const writer = new Writer(initial);
        writer.raw(new Uint8Array(before).fill(7));
        writer.u8(0x11);
        writer.u16(0x2222);
        writer.u32(0x3333_3333);
        writer.u64(0x4444_4444_4444_4444n);
        writer.count(0x5_5555_5555);
        writer.uleb(0x1f_ffff);
        writer.raw(Uint8Array.of(1, 2, 3));
        const written = writer.finish();
        expect(writer.length).toBe(before + 29);
        const reader = new Reader(written);
        expect(reader.raw(before)).toEqual(new Uint8Array(before).fill(7));
        expect(reader.u8()).toBe(0x11);
        expect(reader.u16()).toBe(0x2222);
        expect(reader.u32()).toBe(0x3333_3333);
        expect(reader.u64()).toBe(0x4444_4444_4444_4444n);
        expect(reader.count()).toBe(0x5_5555_5555);
        expect(reader.uleb()).toBe(0x1f_ffff);
        expect(reader.raw(3)).toEqual(Uint8Array.of(1, 2, 3));
        reader.end();
      }
    }
  });

  it("answers a copy that later writes do not change", () => {
    const writer = new Writer(8);
    writer.u8(1);
    const first = writer.finish();
    writer.u8(2);
    expect(first).toEqual(Uint8Array.of(1));
    expect(writer.finish()).toEqual(concatBytes(first, Uint8Array.of(2)));
  });

  // `encode` keeps one writer: a record within a record, and one that fails, must not disturb others.
  it("serves records within records, failed ones and large ones", () => {
    const wrapped: Schema<number> = {
      sizeBytesMin: 1,
      write: (writer, depth) => {
        writer.u8(depth);
        if (depth > 0) writer.raw(encode(wrapped, depth - 1));
      },
      read: (reader) => reader.u8(),
    };
    expect(encode(wrapped, 3)).toEqual(Uint8Array.of(3, 2, 1, 0));
    expect(() => encode(struct({ a: u8, b: u8 }), { a: 1, b: 300 })).toThrow("u8 out of range");
    expect(encode(u8, 9)).toEqual(Uint8Array.of(9));
    const large = new Uint8Array(10_000).fill(4);
    expect(encode(fixedBytes(10_000), large)).toEqual(large);
    expect(encode(wrapped, 1)).toEqual(Uint8Array.of(1, 0));
  });
});
