import type { FinalisedBlock } from "../execution/interface.js";
import type { RowStoreChange } from "../ports/rowStore.js";
import { HASH_SIZE_BYTES } from "../types/primitives.js";
import { CHECKPOINT_TABLES, rowKey } from "./checkpointRecords.js";
import { HashNumbers } from "./hashNumbers.js";

/**
 * What a changed row takes besides its key and itself until it is written: here, in the ledger, which
 * keeps it as long, and then in a commit.
 */
const CHANGE_SIZE_BYTES = 512;

/**
 * Rows that final blocks changed since a checkpoint, each as it is now: a payment processor's row
 * changes in each block, and what it was in between is needed by nobody. Of a block nothing is kept
 * but the arrays that are its rows.
 */
export class NetRows {
  /** By path, which names table and key. */
  readonly #paths = new HashNumbers();
  readonly #tables: number[] = [];
  readonly #keys: Uint8Array[] = [];
  readonly #rows: (Uint8Array | undefined)[] = [];
  /** Copies: what they are copied from lies among those of rows that have changed since. */
  #valueHashes = new Uint8Array(256 * HASH_SIZE_BYTES);
  #sizeBytes = 0;

  get count(): number {
    return this.#paths.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Takes the changes of the next block. */
  add({ changes }: FinalisedBlock): void {
    for (const { table, key, row, path, valueHash } of changes) {
      const number = this.#paths.add(path);
      if (number === this.#tables.length) {
        this.#tables.push(table);
        this.#keys.push(key);
        this.#rows.push(undefined);
        this.#sizeBytes += CHANGE_SIZE_BYTES + key.length;
        this.#reserve((number + 1) * HASH_SIZE_BYTES);
      }
      this.#sizeBytes += (row?.length ?? 0) - (this.#rows[number]?.length ?? 0);
      this.#rows[number] = row;
      if (valueHash !== undefined) this.#valueHashes.set(valueHash, number * HASH_SIZE_BYTES);
    }
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#valueHashes.length) return;
    const grown = new Uint8Array(2 * this.#valueHashes.length);
    grown.set(this.#valueHashes);
    this.#valueHashes = grown;
  }

  /** Rows and leaves as changes of the store. */
  changes(): RowStoreChange[] {
    const changes: RowStoreChange[] = [];
    for (let i = 0; i < this.#rows.length; i++) {
      const key = rowKey(this.#tables[i]!, this.#keys[i]!);
      changes.push({ table: CHECKPOINT_TABLES.rows, key, value: this.#rows[i] });
    }
    for (const number of this.#paths.order()) {
      const at = number * HASH_SIZE_BYTES;
      const isThere = this.#rows[number] !== undefined;
      const value = isThere ? this.#valueHashes.subarray(at, at + HASH_SIZE_BYTES) : undefined;
      changes.push({ table: CHECKPOINT_TABLES.values, key: this.#paths.hash(number), value });
    }
    return changes;
  }
}
