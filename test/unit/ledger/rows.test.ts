// Goal: rows with undo and final view answer like a plain copy of every state would.
// Method: random scripts against a naive model that keeps whole maps.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes, mapKey, toHex } from "../../../src/base/bytes.js";
import { MemoryRows } from "../../../src/ledger/memoryRows.js";
import { Rows } from "../../../src/ledger/rows.js";
import { SortedKeys } from "../../../src/ledger/sortedKeys.js";

const TABLE = 5;
const ALL = new Uint8Array(0);
type State = ReadonlyMap<string, number>;

const keyOf = (n: number) => Uint8Array.of(n >> 4, n & 15);
const nameOf = (n: number) => mapKey(keyOf(n));
const byteOf = (row: Uint8Array | undefined) => row?.[0];

function contents(rows: Rows["final"], prefix = ALL, after?: Uint8Array, limit = 1_000): string[] {
  return rows.scan(TABLE, prefix, after, limit).map(({ key, row }) => `${toHex(key)}=${row[0]}`);
}

function expected(state: State, prefix = ALL, after?: Uint8Array, limit = 1_000): string[] {
  return [...state.keys()]
    .map((name) => Uint8Array.from(name, (c) => c.charCodeAt(0)))
    .filter((key) => prefix.every((byte, i) => key[i] === byte))
    .filter((key) => after === undefined || compareBytes(key, after) > 0)
    .sort(compareBytes)
    .slice(0, limit)
    .map((key) => `${toHex(key)}=${state.get(mapKey(key))}`);
}

const command = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key: fc.nat(40),
      value: fc.nat(255),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: fc.nat(40) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("rollback" as const), keep: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("newBlock" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("undo" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("finalise" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("checkpoint" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("look" as const),
      first: fc.nat(3),
      after: fc.nat(40),
      limit: fc.integer({ min: 1, max: 20 }),
    }),
  },
);

describe("rows", () => {
  test("LED-1, LED-2, LED-3, LED-4, LED-5: random scripts agree with whole copies of the state", () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 20, maxLength: 120 }), (script) => {
        const source = new MemoryRows();
        for (let i = 0; i < 30; i += 3) source.set(TABLE, keyOf(i), Uint8Array.of(i));
        const rows = new Rows({ source, cachedRowsMax: 3 });
        const start = new Map(Array.from({ length: 10 }, (_, i) => [nameOf(3 * i), 3 * i]));
        // Whole state before each unfinal block, and now. The first is the last final one.
        const before: State[] = [];
        let now: State = start;
        let mark: { at: number; state: State } | undefined;
        let height = 0;
        let absorbed: (() => void)[] = [];
        const begin = () => {
          rows.beginBlock();
          before.push(now);
          mark = { at: rows.mark(), state: now };
        };
        begin();
        const check = () => {
          expect(contents(rows)).toEqual(expected(now));
          expect(contents(rows.final)).toEqual(expected(before[0] ?? now));
        };
        for (const item of script) {
          switch (item.kind) {
            case "put":
              rows.put(TABLE, keyOf(item.key), Uint8Array.of(item.value));
              now = new Map(now).set(nameOf(item.key), item.value);
              break;
            case "delete": {
              rows.put(TABLE, keyOf(item.key), undefined);
              const copy = new Map(now);
              copy.delete(nameOf(item.key));
              now = copy;
              break;
            }
            case "rollback":
              if (item.keep) {
                rows.commitTransaction();
              } else {
                rows.rollback(mark!.at);
                now = mark!.state;
              }
              mark = { at: rows.mark(), state: now };
              break;
            case "newBlock":
              rows.endBlock();
              begin();
              break;
            case "undo":
              rows.undoBlock();
              now = before.pop()!;
              begin();
              break;
            case "finalise":
              if (rows.unfinalBlocks < 2) break;
              rows.finaliseOldest(++height);
              before.shift();
              {
                const final = before[0]!;
                absorbed.push(() => {
                  for (let i = 0; i <= 40; i++) {
                    const value = final.get(nameOf(i));
                    source.set(
                      TABLE,
                      keyOf(i),
                      value === undefined ? undefined : Uint8Array.of(value),
                    );
                  }
                });
              }
              break;
            case "checkpoint":
              for (const apply of absorbed) apply();
              absorbed = [];
              rows.commitTransaction();
              rows.checkpointed(height);
              mark = { at: rows.mark(), state: now };
              break;
            case "look": {
              const prefix = item.first === 3 ? ALL : Uint8Array.of(item.first);
              const after = keyOf(item.after);
              expect(contents(rows, prefix, after, item.limit)).toEqual(
                expected(now, prefix, after, item.limit),
              );
              expect(byteOf(rows.get(TABLE, after))).toBe(now.get(mapKey(after)));
              expect(byteOf(rows.final.get(TABLE, after))).toBe(
                (before[0] ?? now).get(mapKey(after)),
              );
              break;
            }
          }
          check();
        }
      }),
      { numRuns: 60 },
    );
  });

  test("LED-4: net changes leave out what came back to what it was", () => {
    const source = new MemoryRows();
    source.set(TABLE, keyOf(1), Uint8Array.of(1));
    const rows = new Rows({ source });
    rows.beginBlock();
    rows.put(TABLE, keyOf(1), Uint8Array.of(2));
    rows.put(TABLE, keyOf(1), Uint8Array.of(1));
    rows.put(TABLE, keyOf(2), Uint8Array.of(9));
    rows.put(TABLE, keyOf(2), undefined);
    rows.put(TABLE, keyOf(3), Uint8Array.of(3));
    rows.endBlock();
    expect(rows.netChanges().map(({ key, row }) => [toHex(key), row?.[0]])).toEqual([["0003", 3]]);
  });
});

describe("sorted keys", () => {
  test("keep their order through many insertions and removals", () => {
    const keys = new SortedKeys<{ key: Uint8Array }>();
    const present = new Set<number>();
    for (let i = 0; i < 3_000; i++) {
      const n = (i * 7_919) % 3_001;
      keys.add({ key: Uint8Array.of(n >> 8, n & 255) });
      present.add(n);
      if (i % 3 === 0) {
        const gone = (i * 7_919 * 2) % 3_001;
        keys.remove(Uint8Array.of(gone >> 8, gone & 255));
        present.delete(gone);
      }
    }
    const from = Uint8Array.of(2, 0);
    const found = [...keys.from(from)].map(({ key }) => key[0]! * 256 + key[1]!);
    expect(found).toEqual([...present].filter((n) => n >= 512).sort((a, b) => a - b));
  });
});
