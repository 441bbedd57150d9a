// Goal: expiries of checked batches are at hand when a batch is stored, and never pile up.
import { expect, test } from "vitest";
import { BatchExpiries } from "../../../src/node/batchExpiries.js";
import type { Batch } from "../../../src/types/batch.js";
import type { PreparedTransaction } from "../../../src/types/transaction.js";

const prepared = (validUntilMs: number) =>
  ({ transaction: { body: { validUntilMs } } }) as unknown as PreparedTransaction;
const hashOf = (n: number) => Uint8Array.of(n & 0xff, n >> 8);

test("batches that are never stored are given up, and one that is stored late is decoded anew", () => {
  let decoded = 0;
  const expiries = new BatchExpiries((bytes) => {
    decoded++;
    return { ok: true, value: prepared(bytes[0] as number) };
  });
  const batch = { transactions: [Uint8Array.of(7), Uint8Array.of(9)] } as unknown as Batch;
  expiries.note(hashOf(1), [prepared(7), prepared(9)]);
  expect(expiries.take(hashOf(1), batch)).toEqual([7, 9]);
  expect(decoded).toBe(0);
  for (let n = 2; n < 5_000; n++) expiries.note(hashOf(n), [prepared(n)]);
  expect(expiries.take(hashOf(4_999), batch)).toEqual([4_999]);
  expect(expiries.take(hashOf(2), batch)).toEqual([7, 9]);
  expect(decoded).toBe(2);
});
