// Goal: every rule of the envelope, each with the code that it answers and what it leaves alone.
import { describe, expect, test } from "vitest";
import { concatBytes, toHex } from "../../../src/base/bytes.js";
import { decode, encode } from "../../../src/codec/schema.js";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import { nobleBatchVerifier } from "../../../src/crypto/noble/nobleSignatures.js";
import { OPERATIONS } from "../../../src/declarations/operations.js";
import { RESULT, type ResultName } from "../../../src/declarations/resultCodes.js";
import { KEYS, TABLES } from "../../../src/declarations/tables.js";
import type { ExecutedTransaction } from "../../../src/execution/interface.js";
import { prepareTransaction, signatureJobs } from "../../../src/execution/prepare.js";
import { transaction as transactionSchema } from "../../../src/types/transaction.js";
import {
  ASSET,
  DAY_MS,
  op,
  policyOf,
  START_MS,
  signerOf,
  TestChain,
  TestNetwork,
  testGenesis,
} from "../../support/ledgerFixture.js";

const OUTCOMES = { applied: 1, failed: 2, void: 3 } as const;

function expectResult(
  { receipt }: ExecutedTransaction,
  outcome: keyof typeof OUTCOMES,
  name: ResultName,
  failedOperation = 255,
): void {
  expect(receipt).toMatchObject({
    outcome: OUTCOMES[outcome],
    code: RESULT[name],
    failedOperation,
  });
}

/** Tables that the last block changed. */
function changedTables(chain: TestChain): number[] {
  const { changes } = chain.run.finalised[chain.run.finalised.length - 1]!;
  return [...new Set(changes.map(({ table }) => table))].sort((a, b) => a - b);
}

const QUOTA_ONLY = [TABLES.quota.id];

describe("static validity", () => {
  const network = new TestNetwork();
  const check = (bytes: Uint8Array, parameters?: { maxBlockCost: bigint }) => {
    const result = prepareTransaction(nobleHasher, network.genesisHash, bytes, parameters);
    return result.ok ? "ok" : result.code;
  };
  const transferOp = op("transfer", {
    by: 0,
    to: network.id("bob"),
    asset: 0,
    amount: 1n,
    code: 0,
    reference: { kind: "none", value: {} },
    paymentId: undefined,
  });
  const good = { parties: ["alice"], operations: [transferOp] };

  test("ENV-1: accepts a sound transaction and computes id, cost and signature jobs", () => {
    const item = network.transaction({ ...good, isSigned: true });
    expect(item.cost).toBe(20 + OPERATIONS.transfer.cost);
    const jobs = signatureJobs(item);
    expect(jobs.length).toBe(1);
    expect(toHex(jobs[0]!.message.subarray(15))).toBe(toHex(item.txId));
    expect(nobleBatchVerifier.verify(jobs)).toEqual([true]);
    const two = network.transaction({ parties: ["alice", "bob"], operations: [transferOp] });
    expect(two.cost).toBe(20 + 30 + OPERATIONS.transfer.cost);
  });

  test("ENV-1: refuses what bytes alone show to be wrong, each with its code", () => {
    const bytes = network.transactionBytes(good);
    expect(check(bytes)).toBe("ok");
    expect(check(bytes.subarray(0, bytes.length - 1))).toBe("MALFORMED_TX");
    expect(check(concatBytes(bytes, Uint8Array.of(0)))).toBe("MALFORMED_TX");
    expect(check(new Uint8Array(1024 * 1024 + 1))).toBe("TOO_LARGE");
    const otherChain = bytes.slice();
    otherChain[2]! ^= 1;
    expect(check(otherChain)).toBe("WRONG_CHAIN");
    const otherVersion = bytes.slice();
    otherVersion[0] = 2;
    expect(check(otherVersion)).toBe("INVALID_TX");
    expect(check(bytes, { maxBlockCost: 59n })).toBe("INVALID_TX");
  });

  test("ENV-1, DEC-1: refuses unknown operations, malformed bodies, absent parties", () => {
    const withOperation = (code: number, body: Uint8Array) =>
      check(network.transactionBytes({ ...good, operations: [{ code, body }] }));
    expect(withOperation(1, new Uint8Array(0))).toBe("INVALID_TX");
    expect(withOperation(769, transferOp.body.subarray(1))).toBe("INVALID_TX");
    const foreign = transferOp.body.slice();
    foreign[0] = 1;
    expect(withOperation(769, foreign)).toBe("INVALID_TX");
    const zeroAmount = transferOp.body.slice();
    zeroAmount.fill(0, 37, 45);
    expect(withOperation(769, zeroAmount)).toBe("INVALID_TX");
  });

  test("ENV-1: refuses an attachment that no operation binds", () => {
    const { transaction } = network.transaction(good);
    const { body, witnesses } = transaction;
    const bytes = encode(transactionSchema, { body, witnesses, attachment: Uint8Array.of(1) });
    expect(check(bytes)).toBe("INVALID_TX");
  });
});

describe("void", () => {
  test("ENV-3, ENV-6: expired and too far ahead change only the quota row", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const item = network.transfer("alice", "bob", 1n, { validUntilMs: START_MS + 500 });
    expectResult(chain.apply(item, { timeMs: START_MS + 501 }), "void", "EXPIRED");
    expect(changedTables(chain)).toEqual(QUOTA_ONLY);
    const far = network.transfer("alice", "bob", 1n, { validUntilMs: START_MS + 600 + DAY_MS });
    expectResult(chain.apply(far, { timeMs: START_MS + 599 }), "void", "VALIDITY_TOO_LONG");
    expectResult(chain.apply(far, { timeMs: START_MS + 600 }), "applied", "APPLIED");
    const last = network.transfer("alice", "bob", 1n, { validUntilMs: START_MS + 700 });
    expectResult(chain.apply(last, { timeMs: START_MS + 700 }), "applied", "APPLIED");
  });

  test("ENV-4, ENV-6: wrong keys burn nobody's nonce and join nobody's history", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const forged = network.transfer("alice", "bob", 1n, { nonce: 5n, signedBy: [["carol"]] });
    const result = chain.apply(forged);
    expectResult(result, "void", "NOT_AUTHORISED");
    expect(result.accounts).toEqual([]);
    expect(changedTables(chain)).toEqual(QUOTA_ONLY);
    const genuine = network.transfer("alice", "bob", 1n, {
      nonce: 5n,
      signedBy: [["alice", "carol"]],
    });
    // A witness that the policy does not name weighs nothing and spoils nothing.
    expectResult(chain.apply(genuine), "applied", "APPLIED");
  });

  test("ENV-4: every party has to sign", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const operations = [
      op("asset.redeem", {
        by: 0,
        issuer: 1,
        asset: ASSET.cny,
        amount: 5n,
        reference: { kind: "none", value: {} },
      }),
    ];
    const parties = ["alice", "bank"];
    const half = network.transaction({ parties, operations, signedBy: [["alice"], ["alice"]] });
    expectResult(chain.apply(half), "void", "NOT_AUTHORISED");
    expectResult(chain.apply(network.transaction({ parties, operations })), "applied", "APPLIED");
  });

  test("ENV-5: a nonce is used once, also by a failed transaction, and only near the highest", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const at = (nonce: bigint, amount = 1n, channel = 0) =>
      chain.apply(network.transfer("alice", "bob", amount, { nonce, channel }));
    expectResult(at(1_025n), "void", "NONCE_OUT_OF_WINDOW");
    expectResult(at(1_024n), "applied", "APPLIED");
    expectResult(at(1_024n, 2n), "void", "NONCE_USED");
    expectResult(at(1n), "applied", "APPLIED");
    expectResult(at(0n), "void", "NONCE_OUT_OF_WINDOW");
    expectResult(at(2n, 10_000_000n), "failed", "INSUFFICIENT_BALANCE", 0);
    expectResult(at(2n), "void", "NONCE_USED");
    expectResult(at(0n, 1n, 1), "applied", "APPLIED");
  });

  test("ENV-5: an account has at most 64 channels", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const items = Array.from({ length: 65 }, (_, channel) =>
      network.transfer("alice", "bob", 1n, { nonce: 0n, channel: channel * 1_000 }),
    );
    const results = chain.block(items);
    for (const result of results.slice(0, 64)) expectResult(result, "applied", "APPLIED");
    expectResult(results[64]!, "void", "CHANNEL_LIMIT");
    const again = network.transfer("alice", "bob", 1n, { nonce: 1n, channel: 63_000 });
    expectResult(chain.apply(again), "applied", "APPLIED");
  });

  test("ENV-4: closed and unknown accounts", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const close = op("account.close", { by: 0, account: network.id("shop") });
    expectResult(
      chain.apply(network.transaction({ parties: ["shop"], operations: [close] })),
      "applied",
      "APPLIED",
    );
    expectResult(chain.apply(network.transfer("shop", "bob", 1n)), "void", "ACCOUNT_CLOSED");
    const item = network.transfer("alice", "bob", 1n);
    const { bytes, bodyBytes } = item.transaction;
    const transaction = decode(transactionSchema, bytes);
    const body = { ...transaction.body, parties: [new Uint8Array(32).fill(9)] };
    const isWitnessedBy = () => true;
    const stranger = { ...transaction, bytes, bodyBytes, body, isWitnessedBy };
    const result = chain.apply({ ...item, transaction: stranger });
    expectResult(result, "void", "UNKNOWN_ACCOUNT");
  });

  test("ENV-2, LED-10: the sealer's organisation pays, until its minute is spent; the next is free", () => {
    const network = new TestNetwork(testGenesis({ quotaCostPerMinute: 130n }));
    const chain = new TestChain(network);
    const send = (timeMs: number, sealer: number) =>
      chain.block([network.transfer("alice", "bob", 1n)], { timeMs, sealer })[0]!;
    const minute = START_MS - (START_MS % 60_000) + 60_000;
    expectResult(send(minute, 0), "applied", "APPLIED");
    expectResult(send(minute + 1, 1), "applied", "APPLIED");
    expectResult(send(minute + 2, 0), "void", "QUOTA_EXCEEDED");
    expect(chain.run.finalised.at(-1)!.changes).toEqual([]);
    // Validators 2 and 3 belong to the other organisation.
    expectResult(send(minute + 3, 2), "applied", "APPLIED");
    expectResult(send(minute + 60_000, 0), "applied", "APPLIED");
    expect(chain.run.row(TABLES.quota, KEYS.quota(0))?.spent).toBe(60n);
  });
});

describe("all or nothing", () => {
  test("ENV-7: the first failing operation undoes all before it, but for nonce and quota", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    chain.apply(network.transfer("alice", "bob", 1n));
    const pay = (to: string, amount: bigint) =>
      op("transfer", {
        by: 0,
        to: network.id(to),
        asset: 0,
        amount,
        code: 0,
        reference: { kind: "none", value: {} },
        paymentId: undefined,
      });
    const operations = [pay("bob", 10n), pay("dave", 10n), pay("bob", 99_999n)];
    const result = chain.apply(network.transaction({ parties: ["alice"], operations }));
    expectResult(result, "failed", "INSUFFICIENT_BALANCE", 2);
    expect(result.events).toEqual([]);
    expect(changedTables(chain)).toEqual([TABLES.channel.id, TABLES.quota.id]);
    // Later operations see earlier effects: dave can pass on what he just received.
    const chained = [pay("dave", 10n), { ...pay("bob", 10n) }];
    chained[1]!.body[0] = 1;
    const two = network.transaction({ parties: ["alice", "dave"], operations: chained });
    expectResult(chain.apply(two), "applied", "APPLIED");
  });

  test("ENV-7: an account that was closed before acts no more", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const operations = [
      op("account.close", { by: 0, account: network.id("shop") }),
      op("account.setReceivePolicy", { by: 0, referenceRequired: true, amountMin: 0n, assets: [] }),
    ];
    const result = chain.apply(network.transaction({ parties: ["shop"], operations }));
    expectResult(result, "failed", "ACTOR_CLOSED", 1);
  });

  test("ENV-4: key policies of k of n keys", () => {
    const network = new TestNetwork();
    const chain = new TestChain(network);
    const keys = ["alice", "second", "third"]
      .map((name) => ({ publicKey: signerOf(name).publicKey, weight: name === "third" ? 2 : 1 }))
      .sort((a, b) => Buffer.compare(a.publicKey, b.publicKey));
    const replace = op("account.replaceKeys", {
      by: 0,
      account: network.id("alice"),
      policy: { threshold: 2, keys },
    });
    expectResult(
      chain.apply(network.transaction({ parties: ["alice"], operations: [replace] })),
      "applied",
      "APPLIED",
    );
    const signed = (...names: string[]) =>
      chain.apply(network.transfer("alice", "bob", 1n, { signedBy: [names] }));
    expectResult(signed("alice"), "void", "NOT_AUTHORISED");
    expectResult(signed("alice", "bob"), "void", "NOT_AUTHORISED");
    expectResult(signed("alice", "second"), "applied", "APPLIED");
    expectResult(signed("third"), "applied", "APPLIED");
    expect(policyOf("alice").threshold).toBe(1);
  });
});
