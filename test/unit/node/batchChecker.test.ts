// Goal: batches of other validators get their checks in order, however busy the checkers are.
import { expect, test } from "vitest";
import { nobleHasher } from "../../../src/crypto/noble/index.js";
import { BatchChecker } from "../../../src/node/batchChecker.js";
import { readBatch } from "../../../src/types/batch.js";
import { batches } from "../../support/exampleChain.js";

const read = readBatch(batches[0]!.bytes);
if (!read.ok) throw new Error(read.message);
const batch = read.value;

/** A checker whose verifier has room when the test says so. */
function bench() {
  const state = { hasRoom: false };
  const timers: (() => void)[] = [];
  const accepted: number[] = [];
  const checker = new BatchChecker({
    hasher: nobleHasher,
    clock: {
      nowMs: () => 0,
      after: (_delayMs, callback) => {
        timers.push(callback);
        return () => {};
      },
      soon: () => {},
    },
    verifierPool: {
      verify: (jobs, done) => {
        if (!state.hasRoom) return false;
        accepted.push(jobs.length);
        done(jobs.map(() => true));
        return true;
      },
      close: (done) => done(),
    },
    prepare: (bytes) => ({
      ok: true,
      value: {
        transaction: { bytes } as never,
        txId: nobleHasher.sha256(bytes),
        cost: 1,
      },
    }),
    signatureJobs: ({ txId }) => [{ publicKey: txId, signature: txId, message: txId }],
    isVerified: () => false,
  });
  const tick = () => {
    for (const timer of timers.splice(0)) timer();
  };
  return { checker, state, accepted, tick, timers };
}

test("NODE-9: a batch that finds no room goes before what comes later, and says that it waits", () => {
  const { checker, state, accepted, tick, timers } = bench();
  const done: string[] = [];
  checker.check(batch, new Uint8Array(32), () => done.push("large"));
  expect(checker.isWaiting).toBe(true);
  tick();
  expect(checker.isWaiting).toBe(true);
  // Room is there now, and a smaller one comes before the next look.
  state.hasRoom = true;
  const small = { ...batch, transactions: batch.transactions.slice(0, 1) };
  checker.check(small, new Uint8Array(32), () => done.push("small"));
  expect(done).toEqual([]);
  tick();
  expect(done).toEqual(["large", "small"]);
  expect(accepted).toEqual([batch.transactions.length + 1, 2]);
  expect(checker.isWaiting).toBe(false);
  expect(timers).toEqual([]);
});

test("with room a batch is checked at once", () => {
  const { checker, state } = bench();
  state.hasRoom = true;
  const verdicts: unknown[] = [];
  checker.check(batch, new Uint8Array(32), (_hash, verdict) => verdicts.push(verdict.ok));
  expect(verdicts).toEqual([true]);
  expect(checker.isWaiting).toBe(false);
});
