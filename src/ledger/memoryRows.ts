import { compareBytes, mapKey } from "../base/bytes.js";
import type { KeyedRow, RowSource } from "./rowSource.js";
import { SortedKeys } from "./sortedKeys.js";

interface Stored {
  readonly key: Uint8Array;
  row: Uint8Array;
}

interface Table {
  readonly rows: Map<string, Stored>;
  readonly order: SortedKeys<Stored>;
}

/** A row source in memory: for tests, the simulator and tools that replay a log. */
export class MemoryRows implements RowSource {
  readonly #tables = new Map<number, Table>();

  get(table: number, key: Uint8Array): Uint8Array | undefined {
    return this.#tables.get(table)?.rows.get(mapKey(key))?.row;
  }

  /** Sets a row, or removes it by `undefined`. */
  set(table: number, key: Uint8Array, row: Uint8Array | undefined): void {
    const { rows, order } = this.#table(table);
    const name = mapKey(key);
    const stored = rows.get(name);
    if (row === undefined) {
      if (stored !== undefined) order.remove(key);
      rows.delete(name);
    } else if (stored !== undefined) {
      stored.row = row;
    } else {
      const added = { key: key.slice(), row };
      rows.set(name, added);
      order.add(added);
    }
  }

  /** Applies what a final block changed. */
  apply(changes: readonly { table: number; key: Uint8Array; row: Uint8Array | undefined }[]): void {
    for (const { table, key, row } of changes) this.set(table, key, row);
  }

  scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedRow[] {
    const found: KeyedRow[] = [];
    const isLater = after !== undefined && compareBytes(after, prefix) >= 0;
    const start = isLater ? next(after) : prefix;
    for (const { key, row } of this.#tables.get(table)?.order.from(start) ?? []) {
      if (found.length >= limit || !startsWith(key, prefix)) break;
      found.push({ key, row });
    }
    return found;
  }

  #table(id: number): Table {
    let table = this.#tables.get(id);
    if (table === undefined) {
      table = { rows: new Map(), order: new SortedKeys() };
      this.#tables.set(id, table);
    }
    return table;
  }
}

/** The smallest key above `key`. */
export function next(key: Uint8Array): Uint8Array {
  const above = new Uint8Array(key.length + 1);
  above.set(key);
  return above;
}

export function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false;
  return true;
}
