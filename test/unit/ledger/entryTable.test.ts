// Goal: keys that collide, which anyone can make of the payment ids that a client chooses, neither
// hide each other nor make the ledger slow. Method: all entries have one hash.
import { expect, test } from "vitest";
import { type Chained, EntryTable, hashOf } from "../../../src/ledger/entryTable.js";

interface Entry extends Chained<Entry> {
  readonly number: number;
}

function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(48).fill(9);
  new DataView(key.buffer).setUint32(44, number);
  return key;
}

const entryOf = (number: number, hash: number): Entry => ({
  table: number % 2,
  key: keyOf(number),
  hash,
  nextEntry: undefined,
  number,
});

test("30,000 keys of one hash are added and found without walking over all of them", () => {
  const entries = new EntryTable<Entry>();
  const total = 30_000;
  let wrong = 0;
  for (let n = 0; n < total; n++) {
    if (entries.find(1, n % 2, keyOf(n)) !== undefined) wrong++;
    entries.add(entryOf(n, 1));
  }
  for (let n = 0; n < total; n++) {
    if (entries.find(1, n % 2, keyOf(n))?.number !== n) wrong++;
    if (entries.find(1, (n + 1) % 2, keyOf(n)) !== undefined) wrong++;
  }
  expect(wrong).toBe(0);
  expect(entries.size).toBe(total);
});

test("entries stay after everything was taken out and put back, as a sweep does", () => {
  const entries = new EntryTable<Entry>();
  const all = Array.from({ length: 100 }, (_, n) => entryOf(n, n % 3));
  for (const entry of all) entries.add(entry);
  const kept = all.filter(({ number }) => number % 2 === 0);
  entries.clear();
  expect(entries.find(0, 0, keyOf(0))).toBeUndefined();
  for (const entry of kept) entries.add(entry);
  for (let n = 0; n < 100; n++) {
    expect(entries.find(n % 3, n % 2, keyOf(n))?.number).toBe(n % 2 === 0 ? n : undefined);
  }
});

test("the hash tells tables and keys apart", () => {
  expect(hashOf(1, keyOf(1))).not.toBe(hashOf(2, keyOf(1)));
  expect(hashOf(1, keyOf(1))).not.toBe(hashOf(1, keyOf(2)));
});
