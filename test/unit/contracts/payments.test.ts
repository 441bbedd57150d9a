// Goal: the rules of transfers and payment ids (payments/README.md).
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import { decode, encode } from "../../../src/codec/schema.js";
import { PAYMENT_ID_KEPT_MS } from "../../../src/declarations/assets.js";
import { EVENTS } from "../../../src/declarations/events.js";
import { OPERATIONS, type OperationBody } from "../../../src/declarations/operations.js";
import { KEYS, TABLES } from "../../../src/declarations/tables.js";
import { listLeafHash } from "../../../src/merkle/listTree.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";
import { event as eventSchema } from "../../../src/types/receipt.js";
import {
  op,
  START_MS,
  signerOf,
  TestNetwork,
  testGenesis,
  testHasher,
} from "../../support/ledgerFixture.js";
import { Trial } from "./contractFixture.js";

const id = (n: number) => new Uint8Array(16).fill(n);

describe("transfer", () => {
  test("PAY-1: codes in the order of the declaration", () => {
    const trial = new Trial();
    expect(trial.pay("alice", "bob", 1n, { asset: 99 })).toBe("UNKNOWN_ASSET");
    expect(trial.pay("alice", "bob", 1n, { to: new Uint8Array(32), asset: 2 })).toBe(
      "UNKNOWN_RECIPIENT",
    );
    expect(trial.pay("carol", "dave", 1n, { asset: 2 })).toBe("NOT_TRANSFERABLE");
    expect(trial.pay("carol", "bob", 1n, { asset: 2 })).toBe("INSUFFICIENT_BALANCE");
    expect(trial.pay("alice", "bob", 100_001n)).toBe("INSUFFICIENT_BALANCE");
    expect(trial.pay("alice", "bob", 100_000n)).toBe("APPLIED");
    expect(trial.available("alice")).toBe(0n);
  });

  test("PAY-1, LED-10: a new balance is a row of the organisation that pays to it", () => {
    const trial = new Trial();
    // The first payment also opens a channel.
    expect(trial.pay("alice", "bob", 1n)).toBe("APPLIED");
    const before = [trial.quota(0).rows, trial.quota(1).rows] as const;
    expect(trial.pay("alice", "dave", 1n)).toBe("APPLIED");
    expect([trial.quota(0).rows, trial.quota(1).rows]).toEqual([before[0] + 1, before[1]]);
    expect(trial.pay("alice", "dave", 1n)).toBe("APPLIED");
    expect([trial.quota(0).rows, trial.quota(1).rows]).toEqual([before[0] + 1, before[1]]);
    expect(trial.chain.run.row(TABLES.account, trial.id("dave"))?.openBalances).toBe(1);
    expect(trial.pay("dave", "alice", 2n)).toBe("APPLIED");
    expect(trial.chain.run.row(TABLES.account, trial.id("dave"))?.openBalances).toBe(0);
  });

  test("LED-10: a payment to a full organisation is made; without room of the payer's nothing happens", () => {
    const trial = new Trial(new TestNetwork(testGenesis({ quotaRows: 18 })));
    // The bank's organisation is full: not even a channel for alice.
    expect([trial.quota(0).rows, trial.quota(1).rows]).toEqual([18, 9]);
    expect(trial.pay("carol", "shop", 1n)).toBe("APPLIED");
    // A channel of carol, and the balance of shop.
    expect([trial.quota(0).rows, trial.quota(1).rows]).toEqual([18, 11]);
    for (let n = 0; n < 3; n++) {
      const policy = singleKeyPolicy(signerOf(`new ${n}`).publicKey);
      const opening = { policy, salt: id(n), blindSecret: new Uint8Array(32), roles: 0 };
      const more = { ...opening, referenceRequired: false };
      expect(trial.run("rail", "account.open", more)).toBe("APPLIED");
    }
    expect(trial.quota(1).rows).toBe(18);
    expect(trial.pay("carol", "dave", 1n)).toBe("ROW_QUOTA");
    expect(trial.pay("carol", "shop", 1n)).toBe("APPLIED");
    expect([trial.available("carol"), trial.available("dave")]).toEqual([19_998n, 0n]);
  });

  test("PAY-1: a payment to oneself makes two links of one balance and leaves it as it was", () => {
    const trial = new Trial();
    const before = trial.balance("alice")!;
    expect(trial.pay("alice", "alice", 100_000n, { paymentId: id(1) })).toBe("APPLIED");
    const [sent, received] = [trial.event("payment.sent"), trial.event("payment.received")];
    const [first, second] = trial.executed!.events.map((event) =>
      listLeafHash(testHasher, encode(eventSchema, event)),
    );
    expect(sent).toMatchObject({ seq: before.seq + 1, balance: 0n, previous: before.head });
    expect(received).toMatchObject({ seq: before.seq + 2, balance: 100_000n, previous: first });
    expect([sent.to, received.from]).toEqual([trial.id("alice"), trial.id("alice")]);
    expect(trial.balance("alice")).toEqual({ ...before, seq: before.seq + 2, head: second });
    // Balance zero in between: still one balance that is not zero.
    expect(trial.chain.run.row(TABLES.account, trial.id("alice"))?.openBalances).toBe(1);
    expect(trial.pay("alice", "alice", 100_000n, { paymentId: id(1) })).toBe("DUPLICATE_ID");
    expect(trial.pay("alice", "alice", 100_001n)).toBe("INSUFFICIENT_BALANCE");
    expect(trial.pay("dave", "dave", 1n)).toBe("INSUFFICIENT_BALANCE");
    expect(trial.balance("dave")).toBeUndefined();
    expect(trial.pay("alice", "alice", 1n, { asset: 1 })).toBe("HOLDER_NOT_AUTHORISED");
  });

  test("PAY-1: limits and freeze hold for a payment to oneself", () => {
    const trial = new Trial();
    const limits = { overdraft: 5n, balanceMax: 100_000n, transferMax: 70_000n, dayMax: 90_000n };
    const target = { asset: 0, account: trial.id("alice") };
    expect(trial.run("bank", "balance.setLimits", { ...target, ...limits })).toBe("APPLIED");
    expect(trial.pay("alice", "alice", 70_001n)).toBe("LIMIT_EXCEEDED");
    // The balance is at its maximum, which it does not exceed by paying itself.
    expect(trial.pay("alice", "alice", 70_000n)).toBe("APPLIED");
    expect(trial.pay("alice", "alice", 20_001n)).toBe("LIMIT_EXCEEDED");
    expect(trial.pay("alice", "alice", 20_000n)).toBe("APPLIED");
    expect(trial.available("alice")).toBe(100_000n);
    const lower = { ...limits, balanceMax: 99_999n };
    expect(trial.run("bank", "balance.setLimits", { ...target, ...lower })).toBe("APPLIED");
    expect(trial.pay("alice", "alice", 1n)).toBe("LIMIT_EXCEEDED");
    const freeze = { ...target, frozen: true, untilMs: undefined };
    expect(trial.run("bank", "asset.freeze", freeze)).toBe("APPLIED");
    expect(trial.pay("alice", "alice", 1n)).toBe("FROZEN");
  });

  test("LED-6: the hot path writes the events that the schemas would", () => {
    const anyReference = fc.oneof(
      fc.constant({ kind: "none", value: {} } as const),
      fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((value) => ({ kind: "invoiceHash", value }) as const),
      fc
        .string({ minLength: 1, maxLength: 35 })
        .map((value) => ({ kind: "endToEndId", value }) as const),
      fc.bigInt(0n, 2n ** 64n - 1n).map((value) => ({ kind: "number", value }) as const),
      fc
        .string({ minLength: 1, maxLength: 64, unit: "grapheme" })
        .filter((value) => utf8(value).length <= 64)
        .map((value) => ({ kind: "text", value }) as const),
    );
    const anyId = fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined });
    fc.assert(
      fc.property(
        anyReference,
        anyId,
        fc.nat(65_535),
        fc.bigInt(1n, 500n),
        (reference, paymentId, code, amount) => {
          if (reference.kind === "endToEndId" && utf8(reference.value).length > 35) return;
          const trial = new Trial();
          const more = { reference, paymentId, code };
          expect(trial.pay("alice", "bob", amount, more)).toBe("APPLIED");
          const link = { asset: 0, seq: 2 };
          const common = { amount, code, reference, paymentId };
          const [alice, bob] = [trial.id("alice"), trial.id("bob")];
          const [sent, received] = trial.executed!.events;
          const sentBody = decode(EVENTS["payment.sent"].body.schema, sent!.body);
          expect(sentBody).toEqual({
            ...link,
            ...common,
            account: alice,
            balance: 100_000n - amount,
            previous: sentBody.previous,
            to: bob,
          });
          const receivedBody = decode(EVENTS["payment.received"].body.schema, received!.body);
          expect(receivedBody).toEqual({
            ...link,
            ...common,
            account: bob,
            balance: 50_000n + amount,
            previous: receivedBody.previous,
            from: alice,
          });
          expect([sent!.code, received!.code]).toEqual([769, 770]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("payment ids", () => {
  test("PAY-2: the same id and payment is paid once; the event names the first transaction", () => {
    const trial = new Trial();
    expect(trial.pay("alice", "bob", 5n, { paymentId: id(1) })).toBe("APPLIED");
    const { txId } = trial.executed!.receipt;
    expect(trial.pay("alice", "bob", 5n, { paymentId: id(1) })).toBe("DUPLICATE_ID");
    expect(trial.event("payment.idTaken")).toEqual({
      account: trial.id("alice"),
      paymentId: id(1),
      firstTxId: txId,
      isSamePayment: true,
    });
    expect(trial.pay("alice", "bob", 6n, { paymentId: id(1) })).toBe("ID_REUSED");
    expect(trial.event("payment.idTaken").isSamePayment).toBe(false);
    // The id is looked at first: a retry learns that it was paid, even when money or account is gone.
    expect(trial.pay("alice", "alice", 6n, { paymentId: id(1) })).toBe("ID_REUSED");
    // Another payer has ids of its own.
    expect(trial.pay("bob", "alice", 5n, { paymentId: id(1) })).toBe("APPLIED");
    expect(trial.available("bob")).toBe(50_000n);
  });

  test("PAY-2: the digest is over payer and payment, not over the party index", () => {
    const trial = new Trial();
    const body: OperationBody<"transfer"> = {
      by: 0,
      to: trial.id("bob"),
      asset: 0,
      amount: 5n,
      code: 0,
      reference: { kind: "none", value: {} },
      paymentId: id(1),
    };
    const run = (parties: string[], by: number) =>
      trial.chain.apply(
        trial.network.transaction({ parties, operations: [op("transfer", { ...body, by })] }),
      ).receipt.code;
    expect(run(["alice"], 0)).toBe(0);
    expect(run(["carol", "alice"], 1)).toBe(301);
    const row = trial.chain.run.row(TABLES.payment, KEYS.payment(trial.id("alice"), id(1)))!;
    const encoded = encode(OPERATIONS.transfer.body.schema, body).subarray(1);
    const expected = testHasher.sha256(
      concatBytes(utf8("fondaco/opdig/1"), trial.id("alice"), encoded),
    );
    expect(toHex(row.digest)).toBe(toHex(expected));
  });

  test("PAY-2: an id that a failed transaction tried stays free", () => {
    const trial = new Trial();
    expect(trial.pay("dave", "bob", 5n, { paymentId: id(1) })).toBe("INSUFFICIENT_BALANCE");
    expect(trial.pay("alice", "dave", 5n)).toBe("APPLIED");
    expect(trial.pay("dave", "bob", 5n, { paymentId: id(1) })).toBe("APPLIED");
    const twice = op("transfer", {
      by: 0,
      to: trial.id("bob"),
      asset: 0,
      amount: 1n,
      code: 0,
      reference: { kind: "none", value: {} },
      paymentId: id(7),
    });
    const both = trial.network.transaction({ parties: ["alice"], operations: [twice, twice] });
    const { receipt, events } = trial.chain.apply(both);
    expect(receipt).toMatchObject({ outcome: 2, code: 301, failedOperation: 1 });
    expect(events.length).toBe(1);
    const single = trial.network.transaction({ parties: ["alice"], operations: [twice] });
    expect(trial.chain.apply(single).receipt.code).toBe(0);
  });

  test("PAY-3: after 35 days an id is free again and is swept, with its rows", () => {
    const trial = new Trial();
    const { network, chain } = trial;
    const pay = (n: number, timeMs: number) =>
      chain.apply(
        network.transfer("alice", "bob", 5n, { paymentId: id(n), validUntilMs: timeMs + 1 }),
        { timeMs },
      ).receipt.code;
    const first = START_MS + 1_000;
    expect(pay(1, first)).toBe(0);
    expect(pay(2, first + 10)).toBe(0);
    const rows = trial.quota(0).rows;
    expect(pay(1, first + PAYMENT_ID_KEPT_MS - 1)).toBe(301);
    expect(trial.quota(0).rows).toBe(rows);
    // Taken anew in the block in which it expires: its old expiry must not remove the new row.
    expect(pay(1, first + PAYMENT_ID_KEPT_MS)).toBe(0);
    expect(trial.quota(0).rows).toBe(rows);
    chain.block([], { timeMs: first + PAYMENT_ID_KEPT_MS + 500 });
    expect(trial.quota(0).rows).toBe(rows);
    expect(pay(3, first + PAYMENT_ID_KEPT_MS + 501)).toBe(0);
    // Id 2 was swept, id 3 came.
    expect(trial.quota(0).rows).toBe(rows);
    expect(chain.run.row(TABLES.payment, KEYS.payment(trial.id("alice"), id(2)))).toBeUndefined();
    expect(pay(1, first + PAYMENT_ID_KEPT_MS + 600)).toBe(301);
  });
});
