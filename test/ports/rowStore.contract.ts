/** What every {@link RowStore} promises while the power stays on. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, equalBytes } from "../../src/base/bytes.js";
import type { RowStore, RowStoreChange } from "../../src/ports/rowStore.js";

export interface RowStoreHarness {
  readonly store: RowStore;
  settle(isDone: () => boolean): Promise<void>;
  /** Closes and opens again. */
  reopen(): Promise<RowStore>;
}

const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(values);

export function rowStoreContract(name: string, harness: () => RowStoreHarness): void {
  describe(`${name} as a RowStore`, () => {
    async function committed(
      h: RowStoreHarness,
      store: RowStore,
      changes: readonly RowStoreChange[],
    ): Promise<Error | undefined> {
      let outcome: { error: Error | undefined } | undefined;
      store.commit(changes, (error) => {
        outcome = { error };
      });
      await h.settle(() => outcome !== undefined);
      return outcome?.error;
    }

    it("shows a commit at once, and after it is durable, and after a restart", async () => {
      const h = harness();
      let outcome: { error: Error | undefined } | undefined;
      h.store.commit(
        [
          { table: "a", key: bytesOf(1), value: bytesOf(10) },
          { table: "b", key: bytesOf(1), value: bytesOf() },
        ],
        (error) => {
          outcome = { error };
        },
      );
      for (let round = 0; round < 2; round++) {
        expect([...h.store.get("a", bytesOf(1))!]).toEqual([10]);
        expect([...h.store.get("b", bytesOf(1))!]).toEqual([]);
        expect(h.store.get("b", bytesOf(2))).toBeUndefined();
        expect(h.store.scan("a", { limit: 5 })).toHaveLength(1);
        await h.settle(() => outcome !== undefined);
        expect(outcome).toEqual({ error: undefined });
      }
      const store = await h.reopen();
      expect([...store.get("a", bytesOf(1))!]).toEqual([10]);
      expect([...store.get("b", bytesOf(1))!]).toEqual([]);
    });

    it("answers plain bytes, so that a slice of a row is a copy", async () => {
      const h = harness();
      await committed(h, h.store, [{ table: "a", key: bytesOf(1), value: bytesOf(10) }]);
      const [scanned] = h.store.scan("a", { limit: 1 });
      for (const bytes of [h.store.get("a", bytesOf(1))!, scanned!.value, scanned!.key]) {
        expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
        const before = bytes[0];
        bytes.slice()[0] = 99;
        expect(bytes[0]).toBe(before);
      }
    });

    it("lets the last of several changes of a key count, and answers commits in order", async () => {
      const h = harness();
      const answered: number[] = [];
      const key = bytesOf(9);
      for (let i = 0; i < 4; i++) {
        h.store.commit(
          [
            { table: "a", key, value: bytesOf(99) },
            { table: "a", key, value: i === 2 ? undefined : bytesOf(i) },
          ],
          () => answered.push(i),
        );
        expect(h.store.get("a", key)).toEqual(i === 2 ? undefined : bytesOf(i));
      }
      await h.settle(() => answered.length === 4);
      expect(answered).toEqual([0, 1, 2, 3]);
      expect([...h.store.get("a", key)!]).toEqual([3]);
    });

    it("scans by prefix, start, direction and limit", async () => {
      const h = harness();
      const keys = [[1], [1, 0], [1, 255], [1, 255, 255], [2], [255], [255, 255], [255, 255, 1]];
      const changes = keys.map((key) => ({
        table: "a",
        key: bytesOf(...key),
        value: bytesOf(...key),
      }));
      expect(await committed(h, h.store, changes)).toBeUndefined();
      const scan = (range: Parameters<RowStore["scan"]>[1]): number[][] =>
        h.store.scan("a", range).map(({ key }) => [...key]);
      expect(scan({ limit: 100 })).toEqual(keys);
      expect(scan({ limit: 100, reverse: true })).toEqual([...keys].reverse());
      expect(scan({ prefix: bytesOf(1), limit: 100 })).toEqual(keys.slice(0, 4));
      expect(scan({ prefix: bytesOf(1), limit: 2, reverse: true })).toEqual([
        [1, 255, 255],
        [1, 255],
      ]);
      expect(scan({ prefix: bytesOf(255, 255), limit: 9, reverse: true })).toEqual([
        [255, 255, 1],
        [255, 255],
      ]);
      expect(scan({ prefix: bytesOf(1), from: bytesOf(1, 1), limit: 1 })).toEqual([[1, 255]]);
      expect(scan({ from: bytesOf(1, 255), limit: 2, reverse: true })).toEqual([
        [1, 255],
        [1, 0],
      ]);
      expect(scan({ prefix: bytesOf(3), limit: 9 })).toEqual([]);
      expect(h.store.scan("none", { limit: 9 })).toEqual([]);
    });

    it("agrees with a sorted list, before and after each commit is durable", async () => {
      const h = harness();
      const byte = fc.constantFrom(0, 1, 2, 254, 255);
      const key = fc.array(byte, { minLength: 1, maxLength: 3 });
      const change = fc.record({ key, value: fc.option(fc.nat(255)) });
      const query = fc.record({
        prefix: fc.option(fc.array(byte, { minLength: 1, maxLength: 2 }), { nil: undefined }),
        from: fc.option(key, { nil: undefined }),
        limit: fc.integer({ min: 1, max: 9 }),
        reverse: fc.boolean(),
      });
      let table = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(change, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
          fc.array(query, { minLength: 1, maxLength: 6 }),
          async (commits, queries) => {
            const name = `p${table++ % 20}`;
            const model = new Map<string, { key: Uint8Array; value: Uint8Array }>();
            const first = h.store.scan(name, { limit: 1_000 });
            await committed(
              h,
              h.store,
              first.map((row) => ({ table: name, key: row.key, value: undefined })),
            );
            const check = (): void => {
              for (const { prefix, from, limit, reverse } of queries) {
                const rows = [...model.values()]
                  .filter((row) => prefix === undefined || prefix.every((b, i) => row.key[i] === b))
                  .filter((row) => {
                    if (from === undefined) return true;
                    const order = compareBytes(row.key, bytesOf(...from));
                    return reverse ? order <= 0 : order >= 0;
                  })
                  .sort((a, b) => compareBytes(a.key, b.key) * (reverse ? -1 : 1))
                  .slice(0, limit);
                const found = h.store.scan(name, {
                  ...(prefix === undefined ? {} : { prefix: bytesOf(...prefix) }),
                  ...(from === undefined ? {} : { from: bytesOf(...from) }),
                  limit,
                  reverse,
                });
                expect(found.length).toBe(rows.length);
                for (let i = 0; i < rows.length; i++) {
                  expect(equalBytes(found[i]!.key, rows[i]!.key)).toBe(true);
                  expect(equalBytes(found[i]!.value, rows[i]!.value)).toBe(true);
                }
              }
            };
            let answered = 0;
            for (const changes of commits) {
              for (const { key: k, value } of changes) {
                if (value === null) model.delete(k.join());
                else model.set(k.join(), { key: bytesOf(...k), value: bytesOf(value) });
              }
              h.store.commit(
                changes.map(({ key: k, value }) => ({
                  table: name,
                  key: bytesOf(...k),
                  value: value === null ? undefined : bytesOf(value),
                })),
                () => answered++,
              );
              check();
            }
            await h.settle(() => answered === commits.length);
            check();
          },
        ),
        { numRuns: 60 },
      );
    });
  });
}
