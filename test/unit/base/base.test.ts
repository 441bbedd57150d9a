import { readFileSync } from "node:fs";
import fc from "fast-check";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { AssertionError, assert, present, unreachable } from "../../../src/base/assert.js";
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  fromMapKey,
  fromUtf8,
  hexBytes,
  isZero,
  mapKey,
  toHex,
  utf8,
} from "../../../src/base/bytes.js";
import { isCount, isU64, U64_MAX } from "../../../src/base/checkedInt.js";
import { codeOf, FondacoError, messageOf } from "../../../src/base/errors.js";
import { LIMITS } from "../../../src/base/limits.js";

describe("bytes", () => {
  const anyBytes = fc.uint8Array({ maxLength: 40 });

  it("come back from hex and from map keys", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
        expect(fromMapKey(mapKey(bytes))).toEqual(bytes);
      }),
    );
  });

  it("refuse what is not hex", () => {
    for (const bad of ["0", "0g", " 00", "0x00", "00 "]) expect(fromHex(bad)).toBeUndefined();
    expect(() => hexBytes("zz")).toThrow(AssertionError);
  });

  it("have one order, which equality and map keys share", () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(-Math.sign(compareBytes(b, a)) + 0);
        expect(compareBytes(a, b) === 0).toBe(equalBytes(a, b));
        expect(mapKey(a) === mapKey(b)).toBe(equalBytes(a, b));
        expect(compareBytes(a, concatBytes(a, b)) <= 0).toBe(true);
      }),
    );
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(0, 255))).toBeGreaterThan(0);
  });

  it("know zero and UTF-8", () => {
    expect(isZero(new Uint8Array(4))).toBe(true);
    expect(isZero(Uint8Array.of(0, 1))).toBe(false);
    expect(fromUtf8(utf8("中ß"))).toBe("中ß");
    expect(fromUtf8(Uint8Array.of(0xff))).toBeUndefined();
    expect(fromUtf8(utf8("\ufeffa"))).toBe("\ufeffa");
  });
});

describe("checked integers", () => {
  it("are amounts from 0 to 2^64 - 1, and counts that a number holds exactly", () => {
    expect([-1n, 0n, U64_MAX].map(isU64)).toEqual([false, true, true]);
    expect(isU64(U64_MAX + 1n)).toBe(false);
    expect([0, -1, 1.5, 2 ** 53, Number.NaN].map(isCount)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("BASE-2: limits", () => {
  const source = readFileSync(new URL("../../../src/base/limits.ts", import.meta.url), "utf8");

  /** Loads the module with one limit changed, as a careless edit would. */
  function load(name?: string, value?: number): typeof LIMITS {
    const changed =
      name === undefined ? source : source.replace(RegExp(`(  ${name}:) [^,]+,`), `$1 ${value},`);
    if (name !== undefined) expect(changed, name).not.toBe(source);
    const { outputText } = ts.transpileModule(changed, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const exported = {} as { LIMITS: typeof LIMITS };
    new Function("exports", "require", outputText)(exported, () => ({ assert }));
    return exported.LIMITS;
  }

  it("are positive whole numbers", () => {
    expect(load()).toEqual(LIMITS);
    for (const [name, limit] of Object.entries(LIMITS)) {
      expect(Number.isSafeInteger(limit) && limit > 0, name).toBe(true);
    }
  });

  it.each([
    ["transactionSizeBytesMax", "batchSizeBytesMax"],
    ["batchSizeBytesMax", "rangePageSizeBytesMax"],
    ["blockSizeBytesMax", "catchUpAheadSizeBytesMax"],
    ["proposalSizeBytesMax", "controlFrameSizeBytesMax"],
    ["batchSizeBytesMax", "pendingTransactionsSizeBytesMax"],
    ["logRecordSizeBytesMax", "logSegmentSizeBytes"],
    ["controlFrameSizeBytesMax", "controlQueueSizeBytesMax"],
    ["bulkFrameSizeBytesMax", "bulkQueueSizeBytesMax"],
  ] as const)("nothing starts when %s does not fit %s", (carried, carrier) => {
    expect(() => load(carrier, LIMITS[carried] - 1)).toThrow(AssertionError);
    expect(() => load(carried, LIMITS[carrier] + 1)).toThrow(AssertionError);
  });
});

describe("BASE-1: errors", () => {
  it("carry a stable code and words", () => {
    const error = new FondacoError({ code: "DISK_FULL" }, "free some space");
    expect(codeOf(error)).toBe("DISK_FULL");
    expect(messageOf(error)).toBe("free some space");
    expect(codeOf(Object.assign(new Error("x"), { code: "ENOSPC" }))).toBe("ENOSPC");
    expect(codeOf("thrown text")).toBe("UNKNOWN");
    expect(messageOf("thrown text")).toBe("thrown text");
  });

  it("differ from broken rules of the program", () => {
    expect(() => assert(false, "rule")).toThrow(AssertionError);
    expect(() => present(undefined, "thing")).toThrow("thing");
    expect(present(0, "thing")).toBe(0);
    expect(() => unreachable("x" as never)).toThrow(AssertionError);
  });
});
