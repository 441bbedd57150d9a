// Goal: whatever the keys, changes are sorted as bytes, and of equal keys the last one counts.
// Method: random keys of forms that the fast paths treat differently, beside a plain sort.
import { describe, expect, it } from "vitest";
import { compareBytes, toHex } from "../../../src/base/bytes.js";
import { HashNumbers } from "../../../src/storage/hashNumbers.js";
import { sortChanges } from "../../../src/storage/sortedChanges.js";
import { seededRandom } from "../../support/virtualTime.js";

const random = seededRandom(11);
const randomBytes = (length: number) =>
  new Uint8Array(length).map(() => Math.floor(random() * 256));

function expectSorted(keys: readonly Uint8Array[]): void {
  const changes = keys.map((key, i) => ({ table: "t", key, value: new Uint8Array([i & 0xff]) }));
  const last = new Map(changes.map((change) => [toHex(change.key), change.value]));
  const wanted = [...last]
    .map(([hex, value]) => ({ key: Uint8Array.from(Buffer.from(hex, "hex")), value }))
    .sort((a, b) => compareBytes(a.key, b.key));
  const found = sortChanges(changes).get("t")!;
  expect(found.map(({ key, value }) => ({ key, value }))).toEqual(wanted);
}

describe("changes of a commit", () => {
  it.each<[string, () => Uint8Array]>([
    ["random", () => randomBytes(20)],
    ["of any length, with prefixes of others", () => randomBytes(1 + Math.floor(random() * 3))],
    ["alike in their first bytes", () => Uint8Array.from([1, 2, 3, ...randomBytes(2)])],
    [
      "alike in all but the last bytes",
      () => Uint8Array.from([...Array(30).fill(7), ...randomBytes(1)]),
    ],
    [
      "of two tables",
      () => Uint8Array.from([0, Math.floor(random() * 2), 9, 9, 9, 9, ...randomBytes(2)]),
    ],
  ])("with keys %s", (_, makeKey) => {
    for (const count of [1, 2, 300]) expectSorted(Array.from({ length: count }, makeKey));
  });

  it("keeps tables apart, also when they take turns", () => {
    const key = randomBytes(4);
    const value = randomBytes(1);
    const sorted = sortChanges([
      { table: "a", key, value },
      { table: "b", key, value: undefined },
      { table: "a", key, value: undefined },
    ]);
    expect([...sorted.keys()]).toEqual(["a", "b"]);
    expect(sorted.get("a")).toHaveLength(1);
    expect(sorted.get("a")![0]!.value).toBeUndefined();
  });
});

describe("numbers of hashes", () => {
  it("are given in order of coming, found again, and sorted by hash", () => {
    // Some begin alike, for that is where the fast way ends.
    const hashes = Array.from({ length: 3_000 }, (_, i) => {
      const hash = randomBytes(32);
      if (i % 3 === 0) hash.fill(5, 0, i % 2 === 0 ? 8 : 31);
      return hash;
    });
    const distinct = [...new Map(hashes.map((hash) => [toHex(hash), hash])).values()];
    const numbers = new HashNumbers(1);
    for (const hash of hashes) numbers.add(hash);
    expect(numbers.size).toBe(distinct.length);
    distinct.forEach((hash, i) => {
      expect(numbers.find(hash)).toBe(i);
      expect(numbers.add(hash)).toBe(i);
      expect(toHex(numbers.hash(i))).toBe(toHex(hash));
    });
    expect(numbers.find(randomBytes(32))).toBe(-1);
    const sorted = [...distinct].sort(compareBytes).map(toHex);
    expect([...numbers.order()].map((number) => toHex(numbers.hash(number)))).toEqual(sorted);
  });
});
