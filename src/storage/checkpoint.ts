/**
 * What a checkpoint holds and under which keys (README.md, "Checkpoint"). It is written from final
 * blocks only, whose log records are durable; together with the log above `applied` it is the state.
 */

import { assert } from "../base/assert.js";
import { concatBytes, equalBytes } from "../base/bytes.js";
import { count, decode, u16 } from "../codec/schema.js";
import type { RowChange } from "../execution/interface.js";
import type { RowSource } from "../ledger/rowSource.js";
import type { RowStore, RowStoreChange } from "../ports/rowStore.js";
import type { AccountId, Hash } from "../types/primitives.js";
import { type Place, readHistory } from "./accountHistory.js";
import {
  type Applied,
  applied,
  CHECKPOINT_TABLES,
  FORMAT_VERSION,
  type HeightEntry,
  heightEntry,
  heightKey,
  META_KEYS,
  metaChanges,
  rowKey,
  type TxEntry,
  txEntry,
} from "./checkpointRecords.js";
import { storageError } from "./errors.js";
import type { NetRows } from "./netRows.js";

export type { Place } from "./accountHistory.js";
export {
  type Applied,
  type BlockLocations,
  CHECKPOINT_TABLES,
  type HeightEntry,
  type TxEntry,
} from "./checkpointRecords.js";

/** The least key above `key`. */
function after(key: Uint8Array): Uint8Array {
  return concatBytes(key, new Uint8Array(1));
}

/** Reads of a checkpoint by meaning instead of by bytes. */
export class Checkpoint {
  readonly rowSource: RowSource;

  constructor(
    readonly rowStore: RowStore,
    /** As it was when the checkpoint was opened; undefined for a new one. */
    readonly applied: Applied | undefined,
  ) {
    this.rowSource = {
      get: (table, key) => rowStore.get(CHECKPOINT_TABLES.rows, rowKey(table, key)),
      scan: (table, prefix, afterKey, limit) =>
        rowStore
          .scan(CHECKPOINT_TABLES.rows, {
            prefix: rowKey(table, prefix),
            ...(afterKey === undefined ? {} : { from: after(rowKey(table, afterKey)) }),
            limit,
          })
          .map(({ key, value }) => ({ key: key.subarray(2), row: value })),
    };
  }

  /** Leaves of the state tree after `afterPath`, by path: a start rebuilds the tree from them. */
  leaves(afterPath: Hash | undefined, limit: number): { path: Hash; valueHash: Hash }[] {
    const from = afterPath === undefined ? {} : { from: after(afterPath) };
    return this.rowStore
      .scan(CHECKPOINT_TABLES.values, { ...from, limit })
      .map(({ key, value }) => ({ path: key, valueHash: value }));
  }

  transaction(txId: Hash): TxEntry | undefined {
    const value = this.rowStore.get(CHECKPOINT_TABLES.txs, txId);
    return value === undefined ? undefined : decode(txEntry, value);
  }

  block(height: number): HeightEntry | undefined {
    const value = this.rowStore.get(CHECKPOINT_TABLES.heights, heightKey(height));
    return value === undefined ? undefined : decode(heightEntry, value);
  }

  heightOf(blockHash: Hash): number | undefined {
    const value = this.rowStore.get(CHECKPOINT_TABLES.blocks, blockHash);
    return value === undefined ? undefined : decode(count, value);
  }

  /**
   * Height up to which transactions and histories are in the store. It may lie above `applied`:
   * entries are facts about final blocks, and go ahead of the state in portions (`IndexPortion`).
   * A start leaves these blocks out, or the pages of a history would be made twice.
   */
  get indexedHeight(): number {
    const value = this.rowStore.get(CHECKPOINT_TABLES.meta, META_KEYS.indexed);
    return value === undefined ? 0 : decode(count, value);
  }

  /** Places of an account from one on (inclusive), oldest or newest first. */
  history(account: AccountId, from: Place | undefined, limit: number, reverse = false): Place[] {
    const { history } = CHECKPOINT_TABLES;
    return readHistory(this.rowStore, history, account, from, limit, reverse);
  }
}

/**
 * The checkpoint of this chain in `rowStore`.
 *
 * @param path Where the store lies, for messages.
 * @throws {FondacoError} WRONG_CHAIN, STORE_FORMAT, STORE_CORRUPT.
 */
export function openCheckpoint(
  rowStore: RowStore,
  genesisHash: Hash,
  path = "the checkpoint",
): Checkpoint {
  const { meta } = CHECKPOINT_TABLES;
  const format = rowStore.get(meta, META_KEYS.format);
  if (format === undefined) return new Checkpoint(rowStore, undefined);
  if (format.length !== 2 || decode(u16, format) !== FORMAT_VERSION) {
    throw storageError(
      "STORE_FORMAT",
      path,
      `${path} was written by another version of Fondaco: start that one, or move it away`,
    );
  }
  const ownGenesis = rowStore.get(meta, META_KEYS.genesis);
  const appliedBytes = rowStore.get(meta, META_KEYS.applied);
  if (ownGenesis === undefined || appliedBytes === undefined) {
    throw storageError(
      "STORE_CORRUPT",
      path,
      `${path} says not which block it holds: move it away`,
    );
  }
  if (!equalBytes(ownGenesis, genesisHash)) {
    throw storageError(
      "WRONG_CHAIN",
      path,
      `${path} belongs to another chain than the genesis file of this home`,
    );
  }
  return new Checkpoint(rowStore, decode(applied, appliedBytes));
}

/** What makes the checkpoint hold the state of `now`: rows, leaves and `applied`, one commit (CON-W6). */
export function stateChanges(genesisHash: Hash, rows: NetRows, now: Applied): RowStoreChange[] {
  const changes = rows.changes();
  changes.push(...metaChanges(genesisHash, now));
  return changes;
}

/** What makes an empty checkpoint hold the genesis state. */
export function genesisChanges(
  genesisHash: Hash,
  rows: readonly RowChange[],
  now: Applied,
): RowStoreChange[] {
  assert(now.height === 0, "the genesis state is that of height 0");
  const changes = rows.flatMap(({ table, key, row, path, valueHash }) => [
    { table: CHECKPOINT_TABLES.rows, key: rowKey(table, key), value: row },
    { table: CHECKPOINT_TABLES.values, key: path, value: valueHash },
  ]);
  return [...changes, ...metaChanges(genesisHash, now)];
}
