// Goal: what the fullest block did fits one record of the log. A validator that has executed a
// final block and cannot store its outcome stops, at every start again, and all others with it.
// Method: blocks of the operations that say most for their cost and for their bytes.
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.js";
import { encode, type Schema } from "../../../src/codec/schema.js";
import { EVENTS } from "../../../src/declarations/events.js";
import { OPERATIONS, TRANSACTION_COST } from "../../../src/declarations/operations.js";
import { executedRecord } from "../../../src/node/storedRecords.js";
import { OUTCOME } from "../../../src/types/receipt.js";
import { operation } from "../../../src/types/transaction.js";

const HASH = new Uint8Array(32).fill(7);
const bodyOf = <T>(record: { readonly schema: Schema<T> }, value: T) =>
  encode(record.schema, value);

const payment = {
  amount: 1n,
  code: 0,
  reference: { kind: "text", value: "x".repeat(64) },
  paymentId: new Uint8Array(16),
} as const;
const link = { account: HASH, asset: 1, seq: 1, balance: 1n, previous: HASH };
const policy = {
  threshold: 1,
  keys: Array.from({ length: LIMITS.keysPerPolicyMax }, (_, i) => ({
    publicKey: new Uint8Array(32).fill(i),
    weight: 1,
  })),
};

const fullest = [
  {
    declaration: OPERATIONS.transfer,
    body: bodyOf(OPERATIONS.transfer.body, { by: 0, to: HASH, asset: 1, ...payment }),
    events: [
      {
        code: EVENTS["payment.sent"].code,
        body: bodyOf(EVENTS["payment.sent"].body, { ...link, to: HASH, ...payment }),
        blind: new Uint8Array(16),
      },
      {
        code: EVENTS["payment.received"].code,
        body: bodyOf(EVENTS["payment.received"].body, { ...link, from: HASH, ...payment }),
        blind: new Uint8Array(16),
      },
    ],
  },
  {
    declaration: OPERATIONS["account.replaceKeys"],
    body: bodyOf(OPERATIONS["account.replaceKeys"].body, { by: 0, account: HASH, policy }),
    events: [
      {
        code: EVENTS["account.keysReplaced"].code,
        body: bodyOf(EVENTS["account.keysReplaced"].body, { account: HASH, by: HASH, policy }),
        blind: new Uint8Array(16),
      },
    ],
  },
];

describe("the outcome of a block is one record", () => {
  test.each(fullest)("full of $declaration.name", ({ declaration, body, events }) => {
    const perTransaction = LIMITS.operationsMax;
    const sizeBytes = encode(operation, { code: declaration.code, body }).length * perTransaction;
    const cost = TRANSACTION_COST + declaration.cost * perTransaction;
    const transactions = Math.min(
      Math.floor(LIMITS.blockCostMax / cost),
      Math.ceil(LIMITS.blockSizeBytesMax / sizeBytes),
    );
    const executed = Array.from({ length: transactions }, (_, index) => ({
      receipt: {
        txId: HASH,
        position: { height: 1, index, event: 0 },
        outcome: OUTCOME.applied,
        code: 0,
        failedOperation: 255,
        eventsRoot: HASH,
        eventCount: perTransaction * events.length,
        cost: BigInt(cost),
      },
      events: Array.from({ length: perTransaction }, () => events).flat(),
      accounts: Array.from({ length: perTransaction + 1 }, () => HASH),
    }));
    const result = {
      blockHash: HASH,
      stateRoot: HASH,
      receiptsRoot: HASH,
      eventsRoot: HASH,
      cost: 0n,
      validatorsNextHash: HASH,
    };
    const record = encode(executedRecord, {
      blockHash: HASH,
      result,
      resultHash: HASH,
      executed,
    });
    const heightSizeBytes = 8;
    expect(record.length + heightSizeBytes).toBeGreaterThan(8 * 1024 * 1024);
    expect(record.length + heightSizeBytes).toBeLessThan(LIMITS.logRecordSizeBytesMax);
  });
});
