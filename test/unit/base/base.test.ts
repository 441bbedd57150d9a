import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssertionError, assert, present, unreachable } from "../../../src/base/assert.js";
import { BoundedQueue } from "../../../src/base/boundedQueue.js";
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
import {
  addU64,
  isCount,
  isU64,
  multiplyU64,
  subtractU64,
  U64_MAX,
} from "../../../src/base/checkedInt.js";
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
  it("BASE-3: answer what bigint answers, or undefined outside u64", () => {
    const u64 = fc.bigInt({ min: 0n, max: U64_MAX });
    fc.assert(
      fc.property(u64, u64, (a, b) => {
        expect(addU64(a, b)).toBe(a + b > U64_MAX ? undefined : a + b);
        expect(subtractU64(a, b)).toBe(a < b ? undefined : a - b);
        expect(multiplyU64(a, b)).toBe(a * b > U64_MAX ? undefined : a * b);
      }),
    );
    expect(addU64(-1n, 2n)).toBeUndefined();
    expect(subtractU64(1n, -1n)).toBeUndefined();
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

describe("bounded queue", () => {
  it("behaves as a list that says no when it is full", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat()), { maxLength: 4_000 }), (commands) => {
        const queue = new BoundedQueue<number>(50);
        const model: number[] = [];
        for (const command of commands) {
          if (command === null) expect(queue.shift()).toBe(model.shift());
          else {
            expect(queue.push(command)).toBe(model.length < 50);
            if (model.length < 50) model.push(command);
          }
          expect(queue.length).toBe(model.length);
          expect(queue.peek()).toBe(model[0]);
        }
      }),
      { numRuns: 30 },
    );
    expect(() => new BoundedQueue(0)).toThrow(AssertionError);
  });

  it("keeps its order through thousands of turns", () => {
    const queue = new BoundedQueue<number>(3_000);
    for (let i = 0; i < 3_000; i++) queue.push(i);
    for (let i = 0; i < 2_500; i++) expect(queue.shift()).toBe(i);
    expect(queue.push(3_000)).toBe(true);
    expect(queue.length).toBe(501);
  });
});

describe("limits", () => {
  it("BASE-2: are positive whole numbers, and what is carried fits what carries it", () => {
    for (const [name, limit] of Object.entries(LIMITS)) {
      expect(Number.isSafeInteger(limit) && limit > 0, name).toBe(true);
    }
    const nested = [
      LIMITS.operationBodySizeBytesMax,
      LIMITS.transactionSizeBytesMax,
      LIMITS.batchSizeBytesMax,
      LIMITS.rangePageSizeBytesMax,
      LIMITS.bulkFrameSizeBytesMax,
      LIMITS.bulkQueueSizeBytesMax,
    ];
    expect(nested).toEqual([...nested].sort((a, b) => a - b));
    const control = [
      LIMITS.voteSizeBytesMax,
      LIMITS.certificateSizeBytesMax,
      LIMITS.statusSizeBytesMax,
      LIMITS.proposalSizeBytesMax,
      LIMITS.controlFrameSizeBytesMax,
      LIMITS.controlQueueSizeBytesMax,
    ];
    expect(control).toEqual([...control].sort((a, b) => a - b));
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
