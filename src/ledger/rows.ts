/**
 * The ledger's rows: a source, an overlay of what changed since, an undo log of the running
 * transaction and a journal for each block that is not final (README.md, LED-1 to LED-5).
 */

import { assert } from "../base/assert.js";
import { compareBytes, equalBytes } from "../base/bytes.js";
import { ByteSlab } from "../base/slab.js";
import { decode, encode } from "../codec/schema.js";
import type { TableDeclaration } from "../declarations/tables.js";
import type { Hash } from "../types/primitives.js";
import { type Chained, EntryTable, hashOf } from "./entryTable.js";
import { next, startsWith } from "./memoryRows.js";
import type { KeyedRow, RowSource } from "./rowSource.js";
import { SortedKeys } from "./sortedKeys.js";
import type { StateReader } from "./stateReader.js";

/** About 70 balances. */
const ROWS_SLAB_SIZE_BYTES = 8_192;

interface Version {
  readonly journal: Journal;
  /** The row before the journal's block. */
  readonly before: Uint8Array | undefined;
}

interface Entry extends Chained<Entry> {
  /** The row now. Rows are immutable: a change puts another array. */
  row: Uint8Array | undefined;
  decodedFrom: Uint8Array | undefined;
  decoded: unknown;
  place: RowPlace | undefined;
  /** Row before each unfinal block that changed it, oldest first. */
  versions: Version[];
  /** The last sweep that kept it. */
  sweep: number;
  isIndexed: boolean;
}

/** What one block that is not final changed. */
interface Journal {
  readonly entries: Entry[];
}

/** A row found once, for several accesses while one transaction runs. */
export interface RowHandle {
  readonly row: Uint8Array | undefined;
}

/** Where a row lies in the state tree, and its blind: both stay the same while it exists. */
export interface RowPlace {
  readonly path: Hash;
  readonly blind: Uint8Array;
}

/** Net change of one row by one block: good until another block runs. */
export interface NetChange {
  readonly table: number;
  readonly key: Uint8Array;
  readonly row: Uint8Array | undefined;
  /** Its place once it was computed: the same for later changes. */
  place: RowPlace | undefined;
}

export interface RowsOptions {
  readonly source: RowSource;
  /** Unchanged rows kept in memory before they are dropped. */
  readonly cachedRowsMax?: number;
  /** Planted bug, for simulation only: the last row that a block changed is not put back. */
  readonly dropsUndo?: boolean;
}

export class Rows implements StateReader {
  readonly #source: RowSource;
  readonly #entries = new EntryTable<Entry>();
  readonly #indexes = new Map<number, { sorted: SortedKeys<Entry>; pending: Entry[] }>();
  /** Journals of unfinal blocks, oldest first. The last is the running one, if a block runs. */
  readonly #journals: Journal[] = [];
  readonly #cachedRowsMax: number;
  readonly #dropsUndo: boolean;
  /**
   * What keys and rows of fixed layout are made from. They leave memory with the checkpoint after their last
   * change, so no slab stays for a few old rows in it.
   */
  readonly #slab = new ByteSlab(ROWS_SLAB_SIZE_BYTES);
  #undoEntries: Entry[] = [];
  #undoRows: (Uint8Array | undefined)[] = [];
  /** What final blocks changed that the source may lack, oldest first. */
  #finalised: { readonly height: number; readonly entries: readonly Entry[] }[] = [];
  #sweepAt: number;
  #sweeps = 0;
  #isRunning = false;

  constructor({ source, cachedRowsMax = 500_000, dropsUndo = false }: RowsOptions) {
    this.#source = source;
    this.#dropsUndo = dropsUndo;
    this.#cachedRowsMax = cachedRowsMax;
    this.#sweepAt = cachedRowsMax;
  }

  /** Unfinal blocks on the stack, the running one included. */
  get unfinalBlocks(): number {
    return this.#journals.length;
  }

  get(table: number, key: Uint8Array): Uint8Array | undefined {
    return this.#entry(table, key).row;
  }

  /** The row's place, which {@link putAt} takes. `key` may be written to afterwards. */
  locate(table: number, key: Uint8Array): RowHandle {
    return this.#entry(table, key);
  }

  /** An array for the next content of a row: zero bytes, of an age with its neighbours in memory. */
  allocate(sizeBytes: number): Uint8Array {
    return this.#slab.take(sizeBytes);
  }

  read<T>(table: TableDeclaration<T>, key: Uint8Array): T | undefined {
    return this.readAt(table, this.#entry(table.id, key));
  }

  /** As {@link read}, where {@link locate} found the row in the same transaction. */
  readAt<T>(table: TableDeclaration<T>, handle: RowHandle): T | undefined {
    const entry = handle as Entry;
    if (entry.row === undefined) return undefined;
    if (entry.decodedFrom !== entry.row) {
      entry.decoded = decode(table.row, entry.row);
      entry.decodedFrom = entry.row;
    }
    return entry.decoded as T;
  }

  /** Puts a row, or removes it by `undefined`. The array must not be written to afterwards. */
  put(table: number, key: Uint8Array, row: Uint8Array | undefined): void {
    this.#put(this.#entry(table, key), row);
  }

  /** As {@link put}, where {@link locate} found the row in the same transaction. */
  putAt(handle: RowHandle, row: Uint8Array | undefined): void {
    this.#put(handle as Entry, row);
  }

  #put(entry: Entry, row: Uint8Array | undefined): void {
    assert(this.#isRunning, "rows change within a block only");
    if (entry.row === undefined && row === undefined) return;
    const journal = this.#journals[this.#journals.length - 1] as Journal;
    const { versions } = entry;
    if (versions.length === 0 || versions[versions.length - 1]!.journal !== journal) {
      versions.push({ journal, before: entry.row });
      journal.entries.push(entry);
      if (!entry.isIndexed) this.#index(entry);
    }
    this.#undoEntries.push(entry);
    this.#undoRows.push(entry.row);
    entry.row = row;
  }

  write<T>(table: TableDeclaration<T>, key: Uint8Array, value: T): void {
    this.put(table.id, key, encode(table.row, value));
  }

  scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedRow[] {
    return this.#scan(table, prefix, after, limit, (entry) => entry.row);
  }

  /** The state after the last final block, whatever runs on top of it. */
  readonly final: StateReader = {
    get: (table, key) => this.#finalRow(table, key),
    scan: (table, prefix, after, limit) => this.#scan(table, prefix, after, limit, finalRow),
    read: <T>(table: TableDeclaration<T>, key: Uint8Array) => {
      const row = this.#finalRow(table.id, key);
      return row === undefined ? undefined : decode(table.row, row);
    },
  };

  /** Starts a block on top of the last one. */
  beginBlock(): void {
    assert(!this.#isRunning, "a block runs already");
    this.#journals.push({ entries: [] });
    this.#isRunning = true;
  }

  endBlock(): void {
    assert(this.#isRunning, "no block runs");
    this.commitTransaction();
    this.#isRunning = false;
    if (this.#entries.size > this.#sweepAt) this.#sweep();
  }

  /** A place in the running transaction to which {@link rollback} returns. */
  mark(): number {
    return this.#undoEntries.length;
  }

  rollback(mark: number): void {
    for (let i = this.#undoEntries.length - 1; i >= mark; i--) {
      (this.#undoEntries[i] as Entry).row = this.#undoRows[i];
    }
    this.#undoEntries.length = mark;
    this.#undoRows.length = mark;
  }

  /** Ends the running transaction: it can only be undone with its block now. */
  commitTransaction(): void {
    this.#undoEntries.length = 0;
    this.#undoRows.length = 0;
  }

  /** Rows that differ after the newest block from before it, in the order of first change. */
  netChanges(): NetChange[] {
    const journal = this.#journals[this.#journals.length - 1];
    assert(journal !== undefined, "no block is on the stack");
    const changes: NetChange[] = [];
    for (const entry of journal.entries) {
      const before = entry.versions[entry.versions.length - 1]!.before;
      if (isSame(before, entry.row)) continue;
      changes.push(entry);
    }
    return changes;
  }

  /** Undoes the newest block, also one that runs. */
  undoBlock(): void {
    this.commitTransaction();
    this.#isRunning = false;
    const journal = this.#journals.pop();
    assert(journal !== undefined, "no block is left to undo");
    for (const entry of journal.entries) {
      const version = entry.versions.pop() as Version;
      assert(version.journal === journal, "journals are undone in order");
      if (this.#dropsUndo && entry === journal.entries.at(-1)) continue;
      entry.row = version.before;
      // On another branch the row may be made anew, by an owner with another secret.
      if (entry.row === undefined) entry.place = undefined;
    }
  }

  /** The oldest block is final: it cannot be undone any more. */
  finaliseOldest(height: number): void {
    const journal = this.#journals.shift();
    assert(journal !== undefined, "no block is left to finalise");
    assert(this.#journals.length > 0 || !this.#isRunning, "a running block is not final");
    for (const entry of journal.entries) {
      assert(entry.versions[0]!.journal === journal, "journals are finalised in order");
      entry.versions.shift();
    }
    this.#finalised.push({ height, entries: journal.entries });
  }

  /** The source now holds every row as of `height`, or later. */
  checkpointed(height: number): void {
    this.#finalised = this.#finalised.filter((block) => block.height > height);
    this.#sweep();
  }

  /** Readers ask for what they like, so their reads leave nothing in memory. */
  #finalRow(table: number, key: Uint8Array): Uint8Array | undefined {
    const entry = this.#entries.find(hashOf(table, key), table, key);
    return entry === undefined ? this.#source.get(table, key) : finalRow(entry);
  }

  #entry(table: number, key: Uint8Array): Entry {
    const hash = hashOf(table, key);
    const found = this.#entries.find(hash, table, key);
    if (found !== undefined) return found;
    const entry: Entry = {
      table,
      key: this.#keepKey(key),
      hash,
      row: this.#source.get(table, key),
      decodedFrom: undefined,
      decoded: undefined,
      place: undefined,
      versions: [],
      sweep: 0,
      isIndexed: false,
      nextEntry: undefined,
    };
    this.#entries.add(entry);
    return entry;
  }

  #keepKey(key: Uint8Array): Uint8Array {
    const kept = this.#slab.take(key.length);
    kept.set(key);
    return kept;
  }

  #index(entry: Entry): void {
    let index = this.#indexes.get(entry.table);
    if (index === undefined) {
      index = { sorted: new SortedKeys(), pending: [] };
      this.#indexes.set(entry.table, index);
    }
    index.pending.push(entry);
    entry.isIndexed = true;
  }

  #scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
    rowOf: (entry: Entry) => Uint8Array | undefined,
  ): readonly KeyedRow[] {
    const found: KeyedRow[] = [];
    if (after !== undefined && compareBytes(after, prefix) < 0) after = undefined;
    const changed = this.#changedFrom(table, after === undefined ? prefix : next(after));
    let overlay = changed?.next();
    // Rows of the source may be shadowed by deletions, so a page takes some more.
    const pageLength = limit + 16;
    let page = this.#source.scan(table, prefix, after, pageLength);
    let position = 0;
    while (found.length < limit) {
      if (position === page.length && page.length === pageLength) {
        page = this.#source.scan(table, prefix, page[pageLength - 1]!.key, pageLength);
        position = 0;
      }
      const below = page[position];
      const above = overlay?.done === false ? overlay.value : undefined;
      const isAbove = above !== undefined && startsWith(above.key, prefix);
      if (below === undefined && !isAbove) break;
      const order = !isAbove ? -1 : below === undefined ? 1 : compareBytes(below.key, above.key);
      if (order <= 0) position++;
      if (order < 0) {
        found.push(below as KeyedRow);
        continue;
      }
      const row = rowOf(above as Entry);
      if (row !== undefined) found.push({ key: (above as Entry).key, row });
      overlay = changed?.next();
    }
    return found;
  }

  #changedFrom(table: number, from: Uint8Array): Generator<Entry> | undefined {
    const index = this.#indexes.get(table);
    if (index === undefined) return undefined;
    for (const entry of index.pending) index.sorted.add(entry);
    index.pending = [];
    return index.sorted.from(from);
  }

  /**
   * Drops rows that the source holds as they are, and makes the indexes anew. It looks only at what
   * stays, so that a checkpoint stops nothing for as long as it takes to walk over all rows.
   */
  #sweep(): void {
    const sweep = ++this.#sweeps;
    const kept: Entry[] = [];
    for (const { entries } of [...this.#finalised, ...this.#journals]) {
      for (const entry of entries) {
        if (entry.sweep === sweep) continue;
        entry.sweep = sweep;
        kept.push(entry);
      }
    }
    this.#entries.clear();
    this.#indexes.clear();
    for (const entry of kept) {
      this.#entries.add(entry);
      this.#index(entry);
    }
    this.#sweepAt = Math.max(this.#cachedRowsMax, 2 * kept.length);
  }
}

function finalRow(entry: Entry): Uint8Array | undefined {
  return entry.versions.length === 0 ? entry.row : entry.versions[0]!.before;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return equalBytes(a, b);
}
