// Goal: the history of an account that is in every payment is answered as fast as any other.
// Method: an index with more places than a call has room for arguments, beside a plain list.
import { expect, test } from "vitest";
import { FinalIndex, type Place } from "../../../src/node/finalIndex.js";
import type { Checkpoint } from "../../../src/storage/checkpoint.js";

const ACCOUNT = new Uint8Array(32).fill(1);
const PER_BLOCK = 1_000;

/** A checkpoint that holds no history of the account. */
const noCheckpoint = { history: () => [] } as unknown as Checkpoint;

function indexOf(blocks: number, writingAfter: number): { index: FinalIndex; all: Place[] } {
  const index = new FinalIndex(noCheckpoint);
  const all: Place[] = [];
  for (let height = 1; height <= blocks; height++) {
    for (let i = 1; i <= PER_BLOCK; i++) {
      all.push({ height, index: i });
      index.addHistory(ACCOUNT, { height, index: i });
    }
    if (height === writingAfter) index.beginCheckpoint();
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
