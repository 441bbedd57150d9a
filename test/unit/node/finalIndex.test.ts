// Goal: the history of an account that is in every payment is answered as fast as any other.
// Method: an index with more places than a call has room for arguments, beside a plain list.
import { expect, test } from "vitest";
import { FinalIndex } from "../../../src/node/finalIndex.js";
import type { Checkpoint, Place } from "../../../src/storage/checkpoint.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { OUTCOME } from "../../../src/types/receipt.js";

const ACCOUNT = new Uint8Array(32).fill(1);
const PER_BLOCK = 1_000;

/** A checkpoint that holds no history of the account. */
const noCheckpoint = { history: () => [], indexedHeight: 0 } as unknown as Checkpoint;
const LOCATION = { segment: 1, offset: 128, length: 7 };
const LOCATIONS = { block: LOCATION, batches: [], final: LOCATION, executed: LOCATION };

function blockOf(height: number) {
  const blockHash = new Uint8Array(32).fill(height & 0xff);
  new DataView(blockHash.buffer).setUint32(0, height);
  const executed = Array.from({ length: PER_BLOCK + 1 }, (_, index) => {
    const txId = new Uint8Array(32);
    new DataView(txId.buffer).setUint32(0, height);
    new DataView(txId.buffer).setUint32(4, index);
    const receipt = {
      txId,
      position: { height, index, event: 0 },
      outcome: OUTCOME.applied,
      code: 0,
      failedOperation: 255,
      eventsRoot: ZERO_HASH,
      eventCount: 0,
      cost: 1n,
    };
    return { receipt, events: [], accounts: index === 0 ? [] : [ACCOUNT] };
  });
  const validUntilMs = Array.from({ length: PER_BLOCK }, (_, i) => 2 ** 41 + i);
  return { entry: { blockHash, ...LOCATIONS }, executed, validUntilMs };
}

function indexOf(blocks: number, writingAfter: number): { index: FinalIndex; all: Place[] } {
  const index = new FinalIndex(noCheckpoint);
  const all: Place[] = [];
  for (let height = 1; height <= blocks; height++) {
    for (let i = 1; i <= PER_BLOCK; i++) {
      all.push({ height, index: i });
    }
    const { entry, executed, validUntilMs } = blockOf(height);
    index.add(height, entry, executed, validUntilMs);
    if (height === writingAfter) index.beginWriting();
  }
  return { index, all };
}

test("300,000 places of one account since the last checkpoint are paged in both directions", () => {
  const { index, all } = indexOf(300, 250);
  expect(index.history(ACCOUNT, undefined, 51, true)).toEqual(all.slice(-51).reverse());
  expect(index.history(ACCOUNT, undefined, 51, false)).toEqual(all.slice(0, 51));
  const last = { height: 300, index: PER_BLOCK };
  expect(index.history(ACCOUNT, last, 5, false)).toEqual([]);
  expect(index.history(ACCOUNT, { height: 1, index: 1 }, 5, true)).toEqual([]);
});

test("finds transactions and blocks in what is written and in what came since", () => {
  const { index } = indexOf(4, 2);
  for (let height = 1; height <= 4; height++) {
    const { entry, executed, validUntilMs } = blockOf(height);
    expect(index.height(height)).toEqual(entry);
    expect(index.heightOf(entry.blockHash)).toBe(height);
    for (const i of [1, 500, PER_BLOCK]) {
      expect(index.transaction(executed[i]!.receipt.txId)).toEqual({
        height,
        index: i,
        validUntilMs: validUntilMs[i - 1],
      });
    }
  }
});

test("pages join without gap or repetition across a checkpoint that is being written", () => {
  const { index, all } = indexOf(4, 2);
  for (const reverse of [false, true]) {
    const read: Place[] = [];
    let after: Place | undefined;
    for (;;) {
      const page = index.history(ACCOUNT, after, 333, reverse);
      if (page.length === 0) break;
      read.push(...page);
      after = page.at(-1);
    }
    expect(read).toEqual(reverse ? [...all].reverse() : all);
  }
});
