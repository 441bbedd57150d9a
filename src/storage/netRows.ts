import type { FinalisedBlock, RowChange } from "../execution/interface.js";
import type { RowStoreChange } from "../ports/rowStore.js";
import { CHECKPOINT_TABLES, rowKey } from "./checkpointRecords.js";
import { HashNumbers } from "./hashNumbers.js";

/** What a change of a row holds besides its key and its row: path, value hash, record. */
const CHANGE_SIZE_BYTES = 96;

function sizeOf({ key, row }: RowChange): number {
  return CHANGE_SIZE_BYTES + key.length + (row?.length ?? 0);
}

/**
 * Rows that final blocks changed since a checkpoint, each as it is now: a payment processor's row
 * changes in each block, and what it was in between is needed by nobody.
 */
export class NetRows {
  /** By path, which names table and key. */
  readonly #paths = new HashNumbers();
  readonly #changes: RowChange[] = [];
  #sizeBytes = 0;

  get count(): number {
    return this.#changes.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Takes the changes of the next block. */
  add({ changes }: FinalisedBlock): void {
    for (const change of changes) {
      const number = this.#paths.add(change.path);
      const before = this.#changes[number];
      if (before !== undefined) this.#sizeBytes -= sizeOf(before);
      this.#changes[number] = change;
      this.#sizeBytes += sizeOf(change);
    }
  }

  /** Rows and leaves as changes of the store. */
  changes(): RowStoreChange[] {
    const changes: RowStoreChange[] = [];
    for (const { table, key, row } of this.#changes) {
      changes.push({ table: CHECKPOINT_TABLES.rows, key: rowKey(table, key), value: row });
    }
    for (const number of this.#paths.order()) {
      const { path, valueHash } = this.#changes[number] as RowChange;
      changes.push({ table: CHECKPOINT_TABLES.values, key: path, value: valueHash });
    }
    return changes;
  }
}
