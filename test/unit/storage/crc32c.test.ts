import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../../src/base/bytes.js";
import { crc32c } from "../../../src/storage/crc32c.js";

describe("crc32c", () => {
  it("gives the values of RFC 3720, appendix B.4", () => {
    const ascending = new Uint8Array(32).map((_, i) => i);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a91_36aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8_ab43);
    expect(crc32c(ascending)).toBe(0x46dd_794e);
    expect(crc32c(ascending.slice().reverse())).toBe(0x113f_db5c);
    expect(crc32c(utf8("123456789"))).toBe(0xe306_9283);
  });

  it("goes on over parts, wherever they are split", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, split) => {
        const at = Math.min(split, bytes.length);
        const first = crc32c(bytes, 0, at);
        expect(crc32c(bytes, at, bytes.length, first)).toBe(crc32c(bytes));
      }),
    );
  });

  it("agrees with its definition at any place in a buffer and of any length", () => {
    const bitByBit = (bytes: Uint8Array) => {
      let value = 0xffff_ffff;
      for (const byte of bytes) {
        value ^= byte;
        for (let bit = 0; bit < 8; bit++) {
          value = value & 1 ? (value >>> 1) ^ 0x82f6_3b78 : value >>> 1;
        }
      }
      return ~value >>> 0;
    };
    const buffer = new Uint8Array(300).map((_, i) => (i * 167) >> 3);
    for (let start = 0; start < 20; start++) {
      const view = buffer.subarray(start);
      for (let length = 0; length <= 70; length++) {
        const wanted = bitByBit(view.subarray(0, length));
        expect(crc32c(buffer, start, start + length)).toBe(wanted);
        expect(crc32c(view, 0, length)).toBe(wanted);
      }
    }
  });
});
