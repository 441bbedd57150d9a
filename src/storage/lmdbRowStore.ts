import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { asBinary, type Database, open, type RootDatabase } from "lmdb";
import { assert } from "../base/assert.js";
import { FondacoError, messageOf } from "../base/errors.js";
import type { RowStore, RowStoreChange } from "../ports/rowStore.js";
import { type StorageError, storageError } from "./errors.js";
import { LMDB_PAGE_SIZE_BYTES, whyNotLmdb } from "./lmdbFile.js";
import {
  changesIn,
  type KeyRange,
  lowerBound,
  mergeSources,
  rangeOf,
  type SortedChange,
  sortChanges,
} from "./sortedChanges.js";

type Table = Database<Buffer, Uint8Array>;

const TABLES_MAX = 32;
/** Longest key of a page of 4,096 bytes (lmdb-js README, "Keys"). */
const KEY_SIZE_BYTES_MAX = 1_978;

/**
 * Free space beyond the changes themselves without which nothing is written. On a full disk LMDB
 * answers a short write with "Input/output error", and a lock file that it cannot map with a signal.
 */
const SPARE_SIZE_BYTES = 4 << 20;

export interface LmdbRowStoreOptions {
  /** Bytes that the disk has left; asked from the operating system unless told. */
  readonly freeBytes?: () => number;
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(existsSync(directory) ? directory : dirname(directory));
  return bavail * bsize;
}

/**
 * All values of a commit in one buffer. LMDB's thread reads them by address, and lmdb-js asks for
 * the address of each buffer that it is given: one for all is one question, and no small buffer has
 * to be moved out of the heap. `asBinary` with `start` and `end` is how encoders hand theirs over.
 */
class ValueSlab {
  readonly #bytes: Buffer & { start?: number; end?: number };
  readonly #handed: Buffer;
  #end = 0;

  constructor(sorted: PendingCommit) {
    let sizeBytes = 1;
    for (const changes of sorted.values()) {
      for (const { value } of changes) sizeBytes += value?.length ?? 0;
    }
    this.#bytes = Buffer.from(new ArrayBuffer(sizeBytes));
    this.#handed = asBinary(this.#bytes) as unknown as Buffer;
  }

  /** The value as `put` takes it: to be used at once. */
  put(value: Uint8Array): Buffer {
    this.#bytes.start = this.#end;
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
    this.#bytes.end = this.#end;
    return this.#handed;
  }
}

type PendingCommit = ReadonlyMap<string, readonly SortedChange[]>;

function corrupt(path: string, why: string, cause?: unknown): StorageError {
  return storageError(
    "STORE_CORRUPT",
    path,
    `the checkpoint in ${path} is damaged (${why}): move it away, the next start rebuilds it ` +
      "from the log or from other members",
    { cause },
  );
}

function full(path: string, cause?: unknown): StorageError {
  return storageError("DISK_FULL", path, `the disk of ${path} is full: free space, then restart`, {
    cause,
  });
}

/**
 * The same bytes as no Buffer: `slice` of a Buffer shares its memory, and a row that is copied by it
 * and then changed would change under everybody who holds it.
 */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function asStorageError(error: unknown, path: string): StorageError {
  if (error instanceof FondacoError) return error as StorageError;
  const message = messageOf(error);
  if (/no space left|MAP_FULL|quota/i.test(message)) return full(path, error);
  if (/corrupt|not an? LMDB|MDB_INVALID|PAGE_NOTFOUND|PANIC|VERSION|located page/i.test(message)) {
    return corrupt(path, message, error);
  }
  return storageError("FILE_ERROR", path, `the checkpoint in ${path} failed: ${message}`, {
    cause: error,
  });
}

/**
 * {@link RowStore} over LMDB. A commit is written by LMDB's own thread in one transaction; until it
 * is visible there, reads see it through the changes themselves.
 *
 * With `overlappingSync` a commit is visible before it is durable, and a failed flush is reported to
 * nobody (lmdb 3.5, write.js): it is off, so that a commit has one end, and that is the disk.
 */
export class LmdbRowStore implements RowStore {
  readonly #path: string;
  readonly #root: RootDatabase<Buffer, Uint8Array>;
  readonly #tables = new Map<string, Table>();
  #pending: PendingCommit[] = [];
  #error: StorageError | undefined;

  private constructor(
    path: string,
    root: RootDatabase<Buffer, Uint8Array>,
    readonly freeBytes: () => number,
  ) {
    this.#path = path;
    this.#root = root;
  }

  /**
   * Opens or creates the store of a directory.
   *
   * @throws {FondacoError} STORE_CORRUPT, DISK_FULL, FILE_ERROR.
   */
  static open(directory: string, options: LmdbRowStoreOptions = {}): LmdbRowStore {
    const freeBytes = options.freeBytes ?? (() => freeBytesOf(directory));
    try {
      if (freeBytes() < SPARE_SIZE_BYTES) throw full(directory);
      const why = whyNotLmdb(`${directory}/data.mdb`);
      if (why !== undefined) throw corrupt(directory, why);
      const root = open<Buffer, Uint8Array>({
        path: directory,
        noSubdir: false,
        encoding: "binary",
        keyEncoding: "binary",
        maxDbs: TABLES_MAX,
        pageSize: LMDB_PAGE_SIZE_BYTES,
        cache: false,
        compression: false,
        overlappingSync: false,
        // Of use only with overlapping flushes; stated so that turning them on cannot lose it.
        ...{ safeRestore: true },
        // LMDB's thread begins when a whole commit waits: begun earlier it would overtake this one,
        // wait for each next change and be woken for it.
        ...{ batchStartThreshold: 2 ** 30 },
      });
      return new LmdbRowStore(directory, root, freeBytes);
    } catch (error) {
      throw asStorageError(error, directory);
    }
  }

  /** Whether a store was made in this directory before. */
  static exists(directory: string): boolean {
    return existsSync(`${directory}/data.mdb`);
  }

  #guarded<T>(work: () => T): T {
    if (this.#error !== undefined) throw this.#error;
    try {
      return work();
    } catch (error) {
      throw asStorageError(error, this.#path);
    }
  }

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = this.#root.openDB<Buffer, Uint8Array>({
        name,
        encoding: "binary",
        keyEncoding: "binary",
        cache: false,
      });
      this.#tables.set(name, table);
    }
    return table;
  }

  get(table: string, key: Uint8Array): Uint8Array | undefined {
    assert(key.length > 0 && key.length <= KEY_SIZE_BYTES_MAX, "a key has 1 to 1,978 bytes");
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      const changes = this.#pending[i]!.get(table) ?? [];
      const change = changes[lowerBound(changes, key)];
      if (change !== undefined && Buffer.compare(change.key, key) === 0) return change.value;
    }
    return this.#guarded(() => {
      const value = this.#table(table).get(key);
      return value === undefined ? undefined : plain(value);
    });
  }

  scan(
    table: string,
    range: {
      readonly prefix?: Uint8Array;
      readonly from?: Uint8Array;
      readonly limit: number;
      readonly reverse?: boolean;
    },
  ): { readonly key: Uint8Array; readonly value: Uint8Array }[] {
    const isReverse = range.reverse ?? false;
    const keys = rangeOf(range.prefix, range.from, isReverse);
    return this.#guarded(() => {
      const sources = [this.#stored(table, keys, isReverse, range.limit)];
      for (const pending of this.#pending) {
        const changes = pending.get(table);
        if (changes !== undefined) sources.push(changesIn(changes, keys, isReverse));
      }
      return mergeSources(sources, isReverse, range.limit);
    });
  }

  #stored(
    table: string,
    { low, high, isHighIncluded }: KeyRange,
    isReverse: boolean,
    limit: number,
  ): Iterator<SortedChange> {
    // Nothing is hidden by pending changes in the common case: LMDB may stop by itself.
    const bound = this.#pending.length === 0 ? { limit } : {};
    const ascending = {
      ...(low === undefined ? {} : { start: low }),
      ...(high === undefined ? {} : { end: high }),
      inclusiveEnd: isHighIncluded,
    };
    const descending = {
      ...(high === undefined ? {} : { start: high }),
      ...(low === undefined ? {} : { end: low }),
      exclusiveStart: high !== undefined && !isHighIncluded,
      inclusiveEnd: true,
      reverse: true,
    };
    return this.#table(table)
      .getRange({ ...(isReverse ? descending : ascending), ...bound, snapshot: true })
      .map(({ key, value }) => ({ key: plain(key), value: plain(value) }))
      [Symbol.iterator]();
  }

  commit(changes: readonly RowStoreChange[], done: (error: Error | undefined) => void): void {
    if (this.#error !== undefined) {
      done(this.#error);
      return;
    }
    const sorted = sortChanges(changes);
    let written: Promise<unknown>;
    try {
      let sizeBytes = SPARE_SIZE_BYTES;
      for (const { key, value } of changes) sizeBytes += key.length + (value?.length ?? 0);
      if (this.freeBytes() < sizeBytes) throw full(this.#path);
      // Opened before the batch: making a table is a transaction of its own.
      for (const name of sorted.keys()) this.#table(name);
      const slab = new ValueSlab(sorted);
      written = this.#root.batch(() => {
        for (const [name, tableChanges] of sorted) {
          const table = this.#table(name);
          for (const { key, value } of tableChanges) {
            assert(key.length > 0 && key.length <= KEY_SIZE_BYTES_MAX, "a key of 1 to 1,978 bytes");
            // A promise for each: the one of the whole batch tells the same.
            if (value === undefined) void table.remove(key);
            else void table.put(key, slab.put(value));
          }
        }
      });
    } catch (error) {
      this.#error = asStorageError(error, this.#path);
      done(this.#error);
      return;
    }
    this.#pending.push(sorted);
    written.then(
      () => {
        this.#pending = this.#pending.filter((pending) => pending !== sorted);
        done(undefined);
      },
      (error: unknown) => this.#commitFailed(error, done),
    );
  }

  /** lmdb gives the reason as a second, rejected promise. */
  #commitFailed(error: unknown, done: (error: Error | undefined) => void): void {
    const reason = (error as { commitError?: Promise<unknown> }).commitError;
    const fail = (cause: unknown): void => {
      this.#error ??= asStorageError(cause, this.#path);
      done(this.#error);
    };
    if (reason === undefined) fail(error);
    else reason.then(() => fail(error), fail);
  }

  close(done: () => void): void {
    this.#root.close().then(done, done);
  }
}
