import { present } from "../base/assert.js";
import { mapKey } from "../base/bytes.js";
import type { Batch } from "../types/batch.js";
import type { Hash } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import { validUntilOf } from "./recovery.js";
import type { Prepared } from "./transactionPool.js";

/** Batches whose expiries are kept between their check and their storing. */
const CHECKED_BATCHES_MAX = 1_024;

/**
 * Expiries of the transactions of batches that were checked or sealed and are not stored yet.
 * Bounded: a batch that is checked and never stored must leave nothing behind.
 */
export class BatchExpiries {
  readonly #prepare: (bytes: Uint8Array) => Prepared;
  readonly #validUntilMs = new Map<string, readonly number[]>();

  constructor(prepare: (bytes: Uint8Array) => Prepared) {
    this.#prepare = prepare;
  }

  note(batchHash: Hash, transactions: readonly PreparedTransaction[]): void {
    this.#validUntilMs.set(mapKey(batchHash), transactions.map(validUntilOf));
    for (const oldest of this.#validUntilMs.keys()) {
      if (this.#validUntilMs.size <= CHECKED_BATCHES_MAX) return;
      this.#validUntilMs.delete(oldest);
    }
  }

  /** Decoded anew where they were given up. */
  take(batchHash: Hash, batch: Batch): readonly number[] {
    const key = mapKey(batchHash);
    const known = this.#validUntilMs.get(key);
    this.#validUntilMs.delete(key);
    return (
      known ??
      batch.transactions.map((bytes) => {
        const prepared = this.#prepare(bytes);
        return validUntilOf(present(prepared.ok ? prepared.value : undefined, "a checked batch"));
      })
    );
  }
}
