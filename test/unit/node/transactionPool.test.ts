import { expect, test } from "vitest";
import { TransactionPool } from "../../../src/node/transactionPool.js";
import type { PreparedTransaction } from "../../../src/types/transaction.js";

/** A pool whose signature checks end when the test says so. */
function pool() {
  const verifying: (() => void)[] = [];
  const sealed: PreparedTransaction[] = [];
  const turns: (() => void)[] = [];
  const made = new TransactionPool({
    clock: { nowMs: () => 1_000, after: () => () => {}, soon: (callback) => turns.push(callback) },
    verifierPool: {
      verify: (jobs, done) => {
        verifying.push(() => done(jobs.map(() => true)));
        return true;
      },
      close: (done) => done(),
    },
    prepare: (bytes) => ({
      ok: true,
      value: {
        transaction: {
          bytes,
          body: { validUntilMs: 60_000 },
        } as PreparedTransaction["transaction"],
        txId: new Uint8Array(32).fill(bytes[0] as number),
        cost: 1,
      },
    }),
    signatureJobs: ({ txId }) => [{ publicKey: txId, signature: txId, message: txId }],
    whyNotAuthorised: () => undefined,
    findFinal: () => undefined,
    headTimeMs: () => 0,
    self: 0,
    notReady: () => undefined,
    submit: (transactions) => sealed.push(...transactions),
  });
  const run = (work: (() => void)[]) => {
    for (const next of work.splice(0)) next();
  };
  return { made, sealed, nextTurn: () => run(turns), verified: () => run(verifying) };
}

test("a transaction that comes again while its signatures are checked is sealed once", () => {
  const { made, sealed, nextTurn, verified } = pool();
  const outcomes: unknown[] = [];
  const bytes = Uint8Array.of(7);
  made.submit([bytes], (outcome) => outcomes.push(...outcome));
  nextTurn();
  made.submit([bytes, bytes], (outcome) => outcomes.push(...outcome));
  nextTurn();
  verified();
  const txId = new Uint8Array(32).fill(7);
  expect(outcomes).toEqual([
    { txId, duplicate: false },
    { txId, duplicate: true },
    { txId, duplicate: true },
  ]);
  expect(sealed.length).toBe(1);
  expect(made.count).toBe(1);
});
