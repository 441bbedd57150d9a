import { describe, expect, it } from "vitest";
import { concatBytes, equalBytes } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { encode, type Schema, tryDecode } from "../../../src/codec/schema.js";
import { Writer } from "../../../src/codec/writer.js";
import { readBatch } from "../../../src/types/batch.js";
import { cut } from "../../../src/types/block.js";
import { keyPolicy } from "../../../src/types/keyPolicy.js";
import { faultBound, quorumSize, ZERO_HASH } from "../../../src/types/primitives.js";
import {
  readTransaction,
  transactionBody,
  witness,
  witnesses,
} from "../../../src/types/transaction.js";
import { bitmapOf, evidence, vote, votersOf } from "../../../src/types/vote.js";
import * as chain from "../../support/exampleChain.js";

/** Encodes a list without its rule, as a liar would. */
function listOf<T>(item: Schema<T>, items: readonly T[]): Uint8Array {
  const writer = new Writer();
  writer.uleb(items.length);
  for (const value of items) item.write(writer, value);
  return writer.finish();
}

const example = chain.transactions[0]!;
const batch = chain.batches[0]!;

describe("transactions", () => {
  it("are read with the bytes that were signed", () => {
    const read = readTransaction(example.bytes);
    if (!read.ok) throw new Error(read.message);
    expect(read.value.bodyBytes).toEqual(example.bodyBytes);
    expect(read.value.bytes).toBe(example.bytes);
    expect(read.value.body.nonce).toBe(1n);
  });

  it("are refused when malformed, too large, or signed for a party that is not named", () => {
    const codeOf = (bytes: Uint8Array) => {
      const read = readTransaction(bytes);
      return read.ok ? "read" : read.code;
    };
    expect(codeOf(example.bytes.subarray(0, -1))).toBe("MALFORMED_TX");
    expect(codeOf(concatBytes(example.bytes, Uint8Array.of(0)))).toBe("MALFORMED_TX");
    expect(codeOf(new Uint8Array(LIMITS.transactionSizeBytesMax + 1))).toBe("TOO_LARGE");
    const stranger = { ...example.parts.witnesses[0]!, party: 1 };
    const signed = concatBytes(example.bodyBytes, encode(witnesses, [stranger]), Uint8Array.of(0));
    expect(codeOf(signed)).toBe("MALFORMED_TX");
  });

  it("name no party twice, and have witnesses in one order without repeats", () => {
    const twice = { ...example.parts.body, parties: [chain.alice, chain.sued, chain.alice] };
    expect(() => encode(transactionBody, twice)).toThrow("twice");
    const own = example.parts.witnesses[0]!;
    const later = { ...own, party: 1 };
    expect(tryDecode(witnesses, listOf(witness, [own, later])).ok).toBe(true);
    expect(tryDecode(witnesses, listOf(witness, [later, own])).ok).toBe(false);
    expect(tryDecode(witnesses, listOf(witness, [own, own])).ok).toBe(false);
  });
});

describe("batches", () => {
  it("are read with the bytes that were signed, or refused by name", () => {
    const read = readBatch(batch.bytes);
    if (!read.ok) throw new Error(read.message);
    expect(read.value.bodyBytes).toEqual(batch.bodyBytes);
    expect(read.value.signature).toEqual(batch.signature);
    for (const bad of [batch.bytes.subarray(1), new Uint8Array(LIMITS.batchSizeBytesMax + 1)]) {
      const refused = readBatch(bad);
      expect(refused.ok ? "read" : refused.code).toBe("MALFORMED_BATCH");
    }
  });
});

describe("rules of records", () => {
  const key = (n: number) => ({ publicKey: new Uint8Array(32).fill(n), weight: 1 });

  it("key policies are sorted, without repeats or idle keys, and can be satisfied", () => {
    const holds = (threshold: number, keys: readonly ReturnType<typeof key>[]) => {
      try {
        encode(keyPolicy, { threshold, keys });
        return true;
      } catch {
        return false;
      }
    };
    expect(holds(2, [key(1), key(2)])).toBe(true);
    expect(holds(3, [key(1), key(2)])).toBe(false);
    expect(holds(0, [key(1)])).toBe(false);
    expect(holds(1, [key(2), key(1)])).toBe(false);
    expect(holds(1, [key(1), key(1)])).toBe(false);
    expect(holds(1, [key(1), { ...key(2), weight: 0 }])).toBe(false);
    expect(holds(1, [])).toBe(false);
  });

  it("cuts name each lane once, in order, and only lanes that advance", () => {
    const entry = (author: number, fromSeq = 1, toSeq = 1) => ({
      author,
      fromSeq,
      toSeq,
      headHash: ZERO_HASH,
    });
    expect(() => encode(cut, [entry(0), entry(2, 3, 5)])).not.toThrow();
    for (const bad of [
      [entry(1), entry(0)],
      [entry(1), entry(1)],
      [entry(0, 0, 1)],
      [entry(0, 2, 1)],
    ]) {
      expect(() => encode(cut, bad)).toThrow("cut");
    }
  });

  it("evidence is about one validator in one view", () => {
    const first = chain.voteOf(chain.blockAt(2).finalization, 1);
    const other = { ...first, voter: 2 };
    expect(tryDecode(evidence, concatBytes(encode(vote, first), encode(vote, first))).ok).toBe(
      true,
    );
    expect(tryDecode(evidence, concatBytes(encode(vote, first), encode(vote, other))).ok).toBe(
      false,
    );
  });
});

describe("quorums and bitmaps", () => {
  it("tolerate fewer than a third, and any two quorums share an honest validator", () => {
    for (let n = 1; n <= LIMITS.validatorsMax; n++) {
      const [f, q] = [faultBound(n), quorumSize(n)];
      expect(3 * f).toBeLessThan(n);
      expect(3 * (f + 1)).toBeGreaterThanOrEqual(n);
      expect(2 * q - n).toBeGreaterThan(f);
      expect(n - f).toBeGreaterThanOrEqual(q);
    }
  });

  it("name voters without slack", () => {
    for (const n of [1, 4, 7, 8, 9, 100]) {
      const voters = Array.from({ length: n }, (_, i) => i).filter((i) => i % 3 !== 1);
      const bitmap = bitmapOf(voters, n);
      expect(votersOf(bitmap, n)).toEqual(voters);
      expect(votersOf(concatBytes(bitmap, Uint8Array.of(0)), n)).toBeUndefined();
      if (n % 8 === 0) continue;
      const slack = bitmap.slice();
      slack[n >> 3]! |= 1 << (n & 7);
      expect(equalBytes(slack, bitmap)).toBe(false);
      expect(votersOf(slack, n)).toBeUndefined();
    }
  });
});
