// Goal: one encoding for one value, and nothing but CodecError for all other bytes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hexBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import { CodecError } from "../../../src/codec/errors.js";
import { Reader } from "../../../src/codec/reader.js";
import {
  bool,
  bytes,
  codes,
  count,
  decode,
  encode,
  fixedBytes,
  list,
  option,
  refined,
  type Schema,
  struct,
  text,
  tryDecode,
  u8,
  u16,
  u64,
  union,
} from "../../../src/codec/schema.js";
import { readBatch } from "../../../src/types/batch.js";
import { peerMessage } from "../../../src/types/message.js";
import { readTransaction } from "../../../src/types/transaction.js";
import { generateEncodings, PROOF_RECORDS, TYPE_RECORDS } from "../../support/records.js";

function refusalOf<T>(schema: Schema<T>, hex: string): string {
  const result = tryDecode(schema, hexBytes(hex));
  return result.ok ? "accepted" : result.code;
}

describe("strictness", () => {
  it("refuses a length that is not in its shortest form", () => {
    expect(refusalOf(bytes(10), "8100aa")).toBe("CODEC_NOT_MINIMAL");
    expect(refusalOf(bytes(10), "8000")).toBe("CODEC_NOT_MINIMAL");
    expect(refusalOf(list(u8, 10), "81808000aa")).toBe("CODEC_NOT_MINIMAL");
    expect(refusalOf(union({ a: u8, b: u8 }), "810007")).toBe("CODEC_NOT_MINIMAL");
  });

  it("refuses a length above 2^32 - 1 or of more than five bytes", () => {
    expect(refusalOf(bytes(10), "ffffffff1f")).toBe("CODEC_BAD_VALUE");
    expect(refusalOf(bytes(10), "808080808001")).toBe("CODEC_BAD_VALUE");
    expect(new Reader(hexBytes("ffffffff0f")).uleb()).toBe(0xffff_ffff);
  });

  it("refuses bytes after the record", () => {
    expect(refusalOf(u16, "010200")).toBe("CODEC_TRAILING_BYTES");
    expect(refusalOf(struct({}), "00")).toBe("CODEC_TRAILING_BYTES");
  });

  it("refuses a record that ends early", () => {
    expect(refusalOf(u16, "01")).toBe("CODEC_TRUNCATED");
    expect(refusalOf(u64, "01020304050607")).toBe("CODEC_TRUNCATED");
    expect(refusalOf(fixedBytes(4), "010203")).toBe("CODEC_TRUNCATED");
    expect(refusalOf(u8, "")).toBe("CODEC_TRUNCATED");
    expect(refusalOf(bytes(10), "80")).toBe("CODEC_TRUNCATED");
  });

  it("refuses a list, bytes and text above their maximum, before it allocates", () => {
    expect(refusalOf(list(u8, 2), "03010101")).toBe("CODEC_LENGTH");
    expect(refusalOf(bytes(2), "03010101")).toBe("CODEC_LENGTH");
    expect(refusalOf(text(2), "03414141")).toBe("CODEC_LENGTH");
    // 2^28 items are announced; the bytes for them are not there.
    expect(refusalOf(list(u64, 2 ** 30), "8080808001")).toBe("CODEC_LENGTH");
    expect(refusalOf(list(fixedBytes(64), 100), `02${"00".repeat(127)}`)).toBe("CODEC_LENGTH");
  });

  it("refuses a list, bytes and text below their minimum", () => {
    expect(refusalOf(list(u8, 2, 1), "00")).toBe("CODEC_BAD_VALUE");
    expect(refusalOf(bytes(2, 1), "00")).toBe("CODEC_BAD_VALUE");
    expect(refusalOf(text(2, 1), "00")).toBe("CODEC_BAD_VALUE");
  });

  it("refuses a boolean and an option that are neither 0 nor 1", () => {
    expect(refusalOf(bool, "02")).toBe("CODEC_BAD_VALUE");
    expect(refusalOf(option(u8), "0207")).toBe("CODEC_BAD_VALUE");
  });

  it("refuses unknown variants and codes", () => {
    expect(refusalOf(union({ a: u8, b: u8 }), "0207")).toBe("CODEC_BAD_VALUE");
    expect(refusalOf(union({ a: u8 }), "ffffffff0f")).toBe("CODEC_BAD_VALUE");
    expect(refusalOf(codes([1, 2], "kind"), "03")).toBe("CODEC_BAD_VALUE");
  });

  it("refuses text that is not UTF-8, and keeps a byte order mark", () => {
    for (const bad of ["01ff", "02c080", "03eda080", "04f4908080", "01c3"]) {
      expect(refusalOf(text(9), bad)).toBe("CODEC_BAD_VALUE");
    }
    const marked = hexBytes("04efbbbf41");
    expect(toHex(encode(text(9), decode(text(9), marked)))).toBe("04efbbbf41");
    expect(() => encode(text(9), "\ud800")).toThrow("surrogate");
  });

  it("refuses counts above 2^53 - 1 and values that break a rule", () => {
    expect(decode(count, hexBytes("ffffffffffff1f00"))).toBe(Number.MAX_SAFE_INTEGER);
    expect(refusalOf(count, "0000000000002000")).toBe("CODEC_BAD_VALUE");
    expect(
      refusalOf(
        refined(u8, (n) => n % 2 === 0, "an odd number"),
        "03",
      ),
    ).toBe("CODEC_BAD_VALUE");
  });

  it("asserts what the program itself would write wrongly", () => {
    expect(() => encode(u8, 256)).toThrow();
    expect(() => encode(u64, 1n << 64n)).toThrow();
    expect(() => encode(count, -1)).toThrow();
    expect(() => encode(bytes(1), utf8("ab"))).toThrow();
    expect(() => encode(list(u8, 1), [1, 2])).toThrow();
    expect(() => encode(fixedBytes(2), utf8("a"))).toThrow();
    expect(() => encode(codes<number>([1], "kind"), 2)).toThrow();
    expect(() =>
      encode(
        refined(u8, (n) => n > 1, "small"),
        1,
      ),
    ).toThrow();
  });
});

describe("every record", () => {
  const all = [...TYPE_RECORDS, ...PROOF_RECORDS];

  it("comes back from its bytes, which are the only ones it has", () => {
    for (const [name, schema] of all) {
      for (const encoded of generateEncodings(name, schema, 30)) {
        expect(toHex(encode(schema, decode(schema, encoded)))).toBe(toHex(encoded));
      }
    }
  });

  it("answers any damage with a value that has these very bytes, or with a CodecError", () => {
    const pools = all.map(([name, schema]) => ({
      schema,
      encodings: generateEncodings(name, schema, 6),
    }));
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(255), fc.nat(3), (a, b, at, byte, how) => {
        const pool = pools[a % pools.length]!;
        const original = pool.encodings[b % pool.encodings.length]!;
        const position = at % (original.length + 1);
        let damaged = original.slice();
        if (how === 0) damaged = damaged.slice(0, position);
        else if (how === 1) damaged = Uint8Array.of(...damaged, byte);
        else if (position < damaged.length) damaged[position] = byte;
        try {
          const value = decode(pool.schema, damaged);
          expect(toHex(encode(pool.schema, value))).toBe(toHex(damaged));
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("takes any bytes at all without another error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
        for (const [, schema] of all) tryDecode(schema, input);
        readTransaction(input);
        readBatch(input);
      }),
      { numRuns: 150 },
    );
  });

  it("refuses a peer message that announces more than it holds", () => {
    // A rangeResponse from height 0 with 2^31 - 1 blocks.
    expect(refusalOf(peerMessage, `0a0000000000000000ffffffff07${"ff".repeat(64)}`)).toBe(
      "CODEC_LENGTH",
    );
  });
});
