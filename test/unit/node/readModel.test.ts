// Goal: a transaction is said to be in one state, whoever asks and when.
// Method: blocks made by hand over a store that counts what is read of it.
import { describe, expect, test } from "vitest";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import { RESULT, type ResultName } from "../../../src/declarations/resultCodes.js";
import type { ChainStore } from "../../../src/node/chainStore.js";
import { ReadModel } from "../../../src/node/readModel.js";
import type { FinalBlock } from "../../../src/ports/nodeApi.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { OUTCOME } from "../../../src/types/receipt.js";
import { blockAbove } from "./storeFixtures.js";

const TX = new Uint8Array(32).fill(7);

function stateOfVoid(name: ResultName, isAppliedElsewhere = false) {
  const entry = { height: 1, index: 1, validUntilMs: 9 };
  const index = { transaction: () => (isAppliedElsewhere ? entry : undefined) };
  const store = { history: { size: 1 }, index } as unknown as ChainStore;
  const receiptAt = (at: number) => ({
    txId: at === 0 ? ZERO_HASH : TX,
    position: { height: 2, index: at, event: 0 },
    outcome: at === 0 ? OUTCOME.applied : OUTCOME.void,
    code: at === 0 ? 0 : RESULT[name],
    failedOperation: 255,
    eventsRoot: ZERO_HASH,
    eventCount: 0,
    cost: 0n,
  });
  const { block, blockHash } = blockAbove(undefined);
  const executed = [0, 1].map((at) => ({ receipt: receiptAt(at), events: [], accounts: [] }));
  const final: FinalBlock = { height: 2, blockHash, block, resultHash: ZERO_HASH, executed };
  return new ReadModel(store, nobleHasher, ZERO_HASH).stateIn(final, 1).status;
}

describe("a void transaction", () => {
  test("NODE-10: is expired when its time was over: no index holds it, so a later question says the same", () => {
    expect(stateOfVoid("EXPIRED")).toBe("expired");
  });

  test("is final when it can never be applied, and voided while it can", () => {
    expect(stateOfVoid("NONCE_USED")).toBe("final");
    expect(stateOfVoid("QUOTA_EXCEEDED")).toBe("voided");
  });

  test("says nothing of one that had its effect elsewhere", () => {
    expect(stateOfVoid("EXPIRED", true)).toBe("unknown");
    expect(stateOfVoid("NONCE_USED", true)).toBe("unknown");
  });
});

test("what proofs of a long history need is computed ahead, some blocks at a time", () => {
  const BLOCKS = 1_000;
  let reads = 0;
  const index = {
    height: () => {
      reads++;
      return { blockHash: TX };
    },
  };
  const store = { history: { size: BLOCKS }, index } as unknown as ChainStore;
  const model = new ReadModel(store, nobleHasher, ZERO_HASH);
  let next: (() => void) | undefined;
  model.prepare((again) => {
    next = again;
  });
  let slices = 1;
  while (next !== undefined) {
    const run: () => void = next;
    next = undefined;
    const before = reads;
    run();
    expect(reads - before).toBeLessThanOrEqual(128);
    slices++;
  }
  // The genesis block is read from nowhere, and the last blocks fill no subtree of 64.
  expect(reads).toBe(Math.floor(BLOCKS / 64) * 64 - 1);
  expect(slices).toBe(Math.ceil(Math.floor(BLOCKS / 64) / 2));
});
