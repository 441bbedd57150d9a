/**
 * A {@link RowStore} in memory with a disk behind it: a power cut keeps the first of the commits
 * that were not answered yet, any number of them, each whole.
 */

import { compareBytes, fromMapKey, mapKey } from "../../src/base/bytes.js";
import { FondacoError } from "../../src/base/errors.js";
import type { RowStore, RowStoreChange } from "../../src/ports/rowStore.js";
import type { Random, Schedule } from "./simulatedFileSystem.js";

class Tables {
  readonly #tables = new Map<string, Map<string, Uint8Array>>();
  readonly #sorted = new Map<string, Uint8Array[]>();

  apply(changes: readonly RowStoreChange[]): void {
    for (const { table, key, value } of changes) {
      let rows = this.#tables.get(table);
      if (rows === undefined) {
        rows = new Map();
        this.#tables.set(table, rows);
      }
      const name = mapKey(key);
      if (value === undefined) rows.delete(name);
      else rows.set(name, value.slice());
      this.#sorted.delete(table);
    }
  }

  get(table: string, key: Uint8Array): Uint8Array | undefined {
    return this.#tables.get(table)?.get(mapKey(key))?.slice();
  }

  copy(): Tables {
    const copy = new Tables();
    // Values are never written to: sharing them is a copy.
    for (const [name, rows] of this.#tables) copy.#tables.set(name, new Map(rows));
    return copy;
  }

  keys(table: string): readonly Uint8Array[] {
    let keys = this.#sorted.get(table);
    if (keys === undefined) {
      keys = [...(this.#tables.get(table)?.keys() ?? [])].map(fromMapKey).sort(compareBytes);
      this.#sorted.set(table, keys);
    }
    return keys;
  }
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return compareBytes(key.subarray(0, prefix.length), prefix) === 0;
}

/** The disk of one row store; it outlives the processes that open it. */
export class MemoryRowDisk {
  readonly #schedule: Schedule;
  readonly #commitDelayMs: () => number;
  #visible = new Tables();
  #durable = new Tables();
  #pending: (readonly RowStoreChange[])[] = [];
  #generation = 0;
  #commitsToFail = 0;

  constructor(schedule: Schedule, commitDelayMs: () => number = () => 2) {
    this.#schedule = schedule;
    this.#commitDelayMs = commitDelayMs;
  }

  /** The store as one process sees it; dead after the next `powerCut`. */
  open(): RowStore {
    const generation = this.#generation;
    const alive = (): void => {
      if (generation !== this.#generation) {
        throw new FondacoError({ code: "FILE_ERROR" }, "a row store of a dead process is used");
      }
    };
    return {
      get: (table, key) => {
        alive();
        return this.#visible.get(table, key);
      },
      scan: (table, { prefix, from, limit, reverse }) => {
        alive();
        const keys = this.#visible.keys(table);
        const found = keys.filter(
          (key) =>
            (prefix === undefined || startsWith(key, prefix)) &&
            (from === undefined ||
              (reverse ? compareBytes(key, from) <= 0 : compareBytes(key, from) >= 0)),
        );
        if (reverse) found.reverse();
        return found
          .slice(0, limit)
          .map((key) => ({ key: key.slice(), value: this.#visible.get(table, key)! }));
      },
      commit: (changes, done) => {
        alive();
        const copy = changes.map((change) => ({
          ...change,
          key: change.key.slice(),
          value: change.value?.slice(),
        }));
        this.#visible.apply(copy);
        this.#pending.push(copy);
        const isFailing = this.#commitsToFail > 0;
        if (isFailing) this.#commitsToFail--;
        this.#schedule(this.#commitDelayMs(), () => {
          if (generation !== this.#generation) return;
          if (isFailing) {
            done(new FondacoError({ code: "DISK_FULL" }, "the disk is full"));
            return;
          }
          // Commits reach the disk in order: this one takes those before it along.
          for (const changed of this.#pending.splice(0, this.#pending.indexOf(copy) + 1)) {
            this.#durable.apply(changed);
          }
          done(undefined);
        });
      },
      close: (done) => {
        alive();
        this.#schedule(0, done);
      },
    };
  }

  /**
   * All processes end. A crash without a power cut is the same to a store that goes back to the last
   * flushed commit when it is opened.
   */
  powerCut(random: Random): void {
    this.#generation++;
    const kept = Math.floor(random() * (this.#pending.length + 1));
    for (const changes of this.#pending.slice(0, kept)) this.#durable.apply(changes);
    this.#pending = [];
    this.#visible = this.#durable;
    this.#durable = this.#visible.copy();
  }

  failCommits(count: number): void {
    this.#commitsToFail = count;
  }
}
