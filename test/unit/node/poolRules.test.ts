// Goal: what clients send is bounded, checked once, followed to its end, and never lost.
import { describe, expect, test } from "vitest";
import { mapKey } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { type Prepared, TransactionPool } from "../../../src/node/transactionPool.js";
import type {
  FinalBlock,
  SubmitHandle,
  SubmitRefusal,
  TransactionState,
} from "../../../src/ports/nodeApi.js";
import type { PreparedTransaction } from "../../../src/types/transaction.js";

const HEAD_MS = 1_000_000;
const STRANGER = 0xee;
const OTHER_CHAIN = 0xff;

/** Bytes `[id, isValidSignature, validForSeconds]` stand for a transaction. */
function prepare(bytes: Uint8Array): Prepared {
  const [id = 0, , seconds = 60] = bytes;
  if (id === OTHER_CHAIN) return { ok: false, code: "WRONG_CHAIN", message: "another chain" };
  const txId = new Uint8Array(32).fill(id);
  const body = { validUntilMs: HEAD_MS + seconds * 1_000 };
  const transaction = { bytes, body } as unknown as PreparedTransaction["transaction"];
  return { ok: true, value: { transaction, txId, cost: 1 } };
}

class Bench {
  readonly soon: (() => void)[] = [];
  readonly checks: { verdicts: boolean[]; done: (verdicts: boolean[]) => void }[] = [];
  readonly submitted: string[] = [];
  readonly finals = new Map<string, TransactionState>();
  isFull = false;
  mustYield = false;
  notReady: string | undefined;
  headMs = HEAD_MS;
  readonly pool = new TransactionPool({
    clock: {
      nowMs: () => this.headMs,
      after: () => () => {},
      soon: (callback) => void this.soon.push(callback),
    },
    verifierPool: {
      verify: (jobs, done) => {
        if (this.isFull) return false;
        const verdicts = jobs.map(({ message }) => message[1] !== 0);
        this.checks.push({ verdicts, done });
        return true;
      },
      close: (done) => done(),
    },
    prepare,
    signatureJobs: ({ transaction }) => [
      { publicKey: new Uint8Array(32), signature: new Uint8Array(64), message: transaction.bytes },
    ],
    whyNotAuthorised: ({ txId }) => (txId[0] === STRANGER ? "UNKNOWN_ACCOUNT" : undefined),
    findFinal: (txId) => this.finals.get(mapKey(txId)),
    headTimeMs: () => this.headMs,
    self: 0,
    notReady: () => this.notReady,
    mustYield: () => this.mustYield,
    submit: (transactions) =>
      this.submitted.push(...transactions.map(({ txId }) => String(txId[0]))),
  });

  send(...transactions: number[][]): (SubmitHandle | SubmitRefusal)[] {
    let outcomes: readonly (SubmitHandle | SubmitRefusal)[] = [];
    this.pool.submit(
      transactions.map((bytes) => Uint8Array.from(bytes)),
      (answered) => {
        outcomes = answered;
      },
    );
    for (const callback of this.soon.splice(0)) callback();
    return this.finishChecks(() => [...outcomes]);
  }

  finishChecks<T>(answer: () => T): T {
    for (const { verdicts, done } of this.checks.splice(0)) done(verdicts);
    return answer();
  }

  final(height: number, timeMs: number, ...ids: number[]): void {
    const executed = [0, ...ids].map((id) => ({
      receipt: { txId: new Uint8Array(32).fill(id) },
      events: [],
      accounts: [],
    }));
    this.headMs = timeMs;
    const block = { height, block: { header: { timeMs } }, executed } as unknown as FinalBlock;
    this.pool.onFinal(block, () => ({ status: "final" }) as unknown as TransactionState);
  }
}

const codes = (outcomes: readonly (SubmitHandle | SubmitRefusal)[]) =>
  outcomes.map((item) => ("code" in item ? item.code : item.duplicate ? "duplicate" : "taken"));

describe("NODE-6: transaction pool", () => {
  test("takes what verifies and refuses the rest, each by itself", () => {
    const bench = new Bench();
    const outcomes = bench.send([1, 1], [2, 0], [OTHER_CHAIN, 1], [3, 1]);
    expect(codes(outcomes)).toEqual(["taken", "BAD_SIGNATURE", "WRONG_CHAIN", "taken"]);
    expect(bench.submitted).toEqual(["1", "3"]);
    expect(bench.pool.count).toBe(2);
  });

  test("refuses before any signature is checked what could not act now", () => {
    const bench = new Bench();
    let checked = 0;
    const verify = bench.checks.push.bind(bench.checks);
    bench.checks.push = (...items) => {
      checked += items.length;
      return verify(...items);
    };
    const [refused] = bench.send([STRANGER, 1]);
    expect(refused).toMatchObject({ code: "NOT_AUTHORISED" });
    expect(checked).toBe(0);
    expect(bench.submitted).toEqual([]);
  });

  test("knows what it has: in one call, while pending, and when final", () => {
    const bench = new Bench();
    expect(codes(bench.send([1, 1], [1, 1]))).toEqual(["taken", "duplicate"]);
    expect(codes(bench.send([1, 1]))).toEqual(["duplicate"]);
    bench.finals.set(mapKey(new Uint8Array(32).fill(7)), { status: "final" } as TransactionState);
    expect(codes(bench.send([7, 1]))).toEqual(["duplicate"]);
    expect(bench.submitted).toEqual(["1"]);
  });

  test("refuses the expired, and what is valid for more than a day", () => {
    const bench = new Bench();
    expect(codes(bench.send([1, 1, 0]))).toEqual(["EXPIRED"]);
    bench.headMs = HEAD_MS - LIMITS.validityMsMax - 60_000;
    expect(codes(bench.send([1, 1, 60]))).toEqual(["INVALID_TX"]);
  });

  test("says OVERLOADED when the workers are full, NOT_READY while catching up, with a time", () => {
    const bench = new Bench();
    bench.isFull = true;
    const [refused] = bench.send([1, 1]);
    expect(refused).toMatchObject({ code: "OVERLOADED", retryAfterMs: 250 });
    expect(bench.pool.count).toBe(0);
    bench.isFull = false;
    bench.notReady = "catching up";
    expect(bench.send([1, 1])[0]).toMatchObject({ code: "NOT_READY", retryAfterMs: 1_000 });
    expect(bench.submitted).toEqual([]);
  });

  test("tells who watches each state, and the end once", () => {
    const bench = new Bench();
    const txId = new Uint8Array(32).fill(1);
    const seen: string[] = [];
    bench.pool.watch(txId, undefined, ({ status }) => seen.push(status));
    bench.send([1, 1]);
    bench.pool.admitted([txId]);
    bench.pool.admitted([txId]);
    bench.final(1, HEAD_MS + 10, 1);
    bench.final(2, HEAD_MS + 20, 1);
    expect(seen).toEqual(["unknown", "received", "admitted", "final"]);
    expect(bench.pool.count).toBe(0);
  });

  test("ends what no later block can hold as expired", () => {
    const bench = new Bench();
    const seen: string[] = [];
    bench.send([1, 1, 5], [2, 1, 60]);
    bench.pool.watch(new Uint8Array(32).fill(1), undefined, ({ status }) => seen.push(status));
    bench.final(1, HEAD_MS + 4_000);
    expect(bench.pool.count).toBe(2);
    bench.final(2, HEAD_MS + 7_000);
    expect(seen).toEqual(["received", "expired"]);
    expect(bench.pool.count).toBe(1);
  });

  test("NODE-7: vouches only for the very bytes that were verified", () => {
    const bench = new Bench();
    bench.send([1, 1]);
    const txId = new Uint8Array(32).fill(1);
    expect(bench.pool.isVerified(txId, Uint8Array.from([1, 1]))).toBe(true);
    expect(bench.pool.isVerified(txId, Uint8Array.from([1, 2]))).toBe(false);
    expect(bench.pool.isVerified(new Uint8Array(32).fill(2), Uint8Array.from([2, 1]))).toBe(false);
  });

  test("refuses all at once when it is full, and still knows what it has", () => {
    const bench = new Bench();
    expect(bench.pool.refusesAll()).toBeUndefined();
    const limit = bench.pool.countLimit;
    // Identified by one byte here, so as many waits are counted before their check as fit.
    bench.send([1, 1]);
    bench.pool.submit(
      Array.from({ length: limit - 1 }, (_, i) => Uint8Array.of(2 + (i % 200), 1)),
      () => {},
    );
    expect(bench.pool.refusesAll()).toMatchObject({ code: "OVERLOADED", retryAfterMs: 250 });
    const outcomes = bench.send([250, 1], [1, 1], [1, 1, 60]);
    expect(codes(outcomes)).toEqual(["OVERLOADED", "duplicate", "duplicate"]);
    expect(outcomes[0]).toHaveProperty("retryAfterMs");
  });

  test("NODE-9: looks up no more than 64 of a turn under overload", () => {
    const bench = new Bench();
    bench.send([1, 1]);
    bench.pool.submit(
      Array.from({ length: bench.pool.countLimit }, (_, i) => Uint8Array.of(2 + (i % 200), 1)),
      () => {},
    );
    const outcomes = bench.send(...Array.from({ length: 80 }, () => [1, 1]));
    const expected = Array.from({ length: 80 }, (_, i) => (i < 63 ? "duplicate" : "OVERLOADED"));
    expect(codes(outcomes)).toEqual(expected);
  });

  test("lets a peer's batch that waits for its check go first", () => {
    const bench = new Bench();
    bench.mustYield = true;
    expect(codes(bench.send([1, 1]))).toEqual(["OVERLOADED"]);
    expect(bench.pool.count).toBe(0);
    bench.mustYield = false;
    expect(codes(bench.send([1, 1]))).toEqual(["taken"]);
  });

  test("tells several listeners of one transaction, and none that left", () => {
    const bench = new Bench();
    const txId = new Uint8Array(32).fill(1);
    const seen: string[] = [];
    const watch = (name: string) =>
      bench.pool.watch(txId, undefined, ({ status }) => seen.push(`${name} ${status}`));
    const [first, , third] = [watch("a"), watch("b"), watch("c")];
    first();
    third();
    third();
    seen.length = 0;
    bench.send([1, 1]);
    watch("d");
    bench.final(1, HEAD_MS + 10, 1);
    expect(seen).toEqual(["b received", "d received", "b final", "d final"]);
  });
});
