/**
 * What a checkpoint holds and under which keys (README.md, "Checkpoint"). It is written from final
 * blocks only, whose log records are durable; together with the log above `applied` it is the state.
 */

import { assert } from "../base/assert.js";
import { concatBytes, equalBytes, isZero } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { count, decode, encode, type Infer, list, struct, u16, u32 } from "../codec/schema.js";
import type { FinalisedBlock, RowChange } from "../execution/interface.js";
import type { RowStore, RowStoreChange } from "../ports/rowStore.js";
import { laneTip } from "../types/message.js";
import { type AccountId, type Hash, hash } from "../types/primitives.js";
import { OUTCOME } from "../types/receipt.js";
import { storageError } from "./errors.js";

const FORMAT_VERSION = 1;

export const CHECKPOINT_TABLES = {
  meta: "meta",
  rows: "rows",
  values: "values",
  txs: "txs",
  history: "history",
  heights: "heights",
  blocks: "blocks",
} as const;

const META_KEYS = {
  format: new Uint8Array([1]),
  genesis: new Uint8Array([2]),
  applied: new Uint8Array([3]),
} as const;

const location = struct({ segment: u32, offset: u32, length: u32 });

const applied = struct({
  height: count,
  blockHash: hash,
  resultHash: hash,
  stateRoot: hash,
  /** Recovery reads the log from this segment on. */
  logSegment: u32,
  /** For each lane: tip of what blocks up to `height` hold. */
  includedTips: list(laneTip, LIMITS.validatorsMax),
  /** Right edge of the history log over block hashes 0 to `height`. */
  historySize: count,
  historyEdge: list(hash, 64),
});
/** The block whose state the checkpoint holds, with what agreement needs to go on from it. */
export type Applied = Infer<typeof applied>;

const heightEntry = struct({
  blockHash: hash,
  block: location,
  /** In the order of the cut. */
  batches: list(location, LIMITS.blockBatchesMax),
  final: location,
  executed: location,
});
/** Where the log holds the parts of a final block. */
export type HeightEntry = Infer<typeof heightEntry>;
export type BlockLocations = Omit<HeightEntry, "blockHash">;

const txEntry = struct({ height: count, index: u32, validUntilMs: count });
/** Place of an applied or failed transaction. */
export type TxEntry = Infer<typeof txEntry>;

/** One entry of an account's history. */
export interface HistoryEntry {
  readonly height: number;
  readonly index: number;
  /** Zero at index 0. */
  readonly txId: Hash;
}

/** Rows of the checkpoint, as execution reads those that it does not hold in memory. */
export interface RowSource {
  get(table: number, key: Uint8Array): Uint8Array | undefined;
  /** Ascending after `after` (exclusive), keys that start with `prefix`. */
  scan(
    table: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): { readonly key: Uint8Array; readonly row: Uint8Array }[];
}

function heightKey(height: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(height));
  return key;
}

function rowKey(table: number, key: Uint8Array): Uint8Array {
  assert(table >= 0 && table <= 0xffff, "a table number is u16");
  return concatBytes(new Uint8Array([table >> 8, table & 0xff]), key);
}

/** Big-endian, so that keys sort. By hand, for there are several of them for each payment. */
function historyKey(account: AccountId, height: number, index: number): Uint8Array {
  const key = new Uint8Array(account.length + 12);
  key.set(account);
  const place = new DataView(key.buffer, account.length);
  place.setUint32(0, Math.floor(height / 2 ** 32));
  place.setUint32(4, height >>> 0);
  place.setUint32(8, index);
  return key;
}

/** BCS of `txEntry`, by hand as above. */
function txEntryBytes(height: number, index: number, validUntilMs: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const fields = new DataView(bytes.buffer);
  fields.setUint32(0, height >>> 0, true);
  fields.setUint32(4, Math.floor(height / 2 ** 32), true);
  fields.setUint32(8, index, true);
  fields.setUint32(12, validUntilMs >>> 0, true);
  fields.setUint32(16, Math.floor(validUntilMs / 2 ** 32), true);
  return bytes;
}

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

  /** An account's transactions from a place on (inclusive), oldest or newest first. */
  history(
    account: AccountId,
    from: { readonly height: number; readonly index: number } | undefined,
    limit: number,
    reverse = false,
  ): HistoryEntry[] {
    const start = from === undefined ? {} : { from: historyKey(account, from.height, from.index) };
    return this.rowStore
      .scan(CHECKPOINT_TABLES.history, { prefix: account, ...start, limit, reverse })
      .map(({ key, value }) => {
        const view = new DataView(key.buffer, key.byteOffset + 32, 12);
        return {
          height: Number(view.getBigUint64(0)),
          index: view.getUint32(8),
          txId: value,
        };
      });
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

/** A final block with what its index entries need. */
export interface CheckpointBlock {
  readonly block: FinalisedBlock;
  readonly locations: BlockLocations;
  /** `validUntilMs` of the transaction of index i + 1. */
  readonly validUntilMs: readonly number[];
}

/**
 * Everything that makes the checkpoint hold the state after the last of `blocks` (consecutive,
 * ascending): one commit (CON-W6). Of several changes of a row only the last is in it.
 */
export function checkpointChanges(
  genesisHash: Hash,
  blocks: readonly CheckpointBlock[],
  now: Applied,
): RowStoreChange[] {
  const changes = stateChanges(genesisHash, blocks, now);
  // One by one: a spread of some 100,000 arguments would overflow the stack.
  for (const change of indexChanges(blocks)) changes.push(change);
  return changes;
}

/** The part of {@link checkpointChanges} that must be one commit: rows, leaves and `applied`. */
export function stateChanges(
  genesisHash: Hash,
  blocks: readonly CheckpointBlock[],
  now: Applied,
): RowStoreChange[] {
  const last = blocks.at(-1)?.block;
  assert(
    last === undefined ||
      (last.header.height === now.height && equalBytes(last.summary.blockHash, now.blockHash)),
    "a checkpoint is of its last block",
  );
  const changes = latestRows(blocks);
  changes.push(...metaChanges(genesisHash, now));
  return changes;
}

/**
 * The other part: where blocks and transactions are. As these are facts about final blocks, they
 * may be committed before the state, in portions, as soon as the log holds the blocks durably: a
 * recovery that goes back to an older `applied` comes to the same entries again.
 */
export function indexChanges(blocks: readonly CheckpointBlock[]): RowStoreChange[] {
  const { heights, blocks: byHash, history, txs } = CHECKPOINT_TABLES;
  const changes: RowStoreChange[] = [];
  for (const { block, locations, validUntilMs } of blocks) {
    const { blockHash } = block.summary;
    const { height } = block.header;
    const entry = encode(heightEntry, { blockHash, ...locations });
    changes.push({ table: heights, key: heightKey(height), value: entry });
    changes.push({ table: byHash, key: blockHash, value: encode(count, height) });
    for (const { receipt, accounts } of block.executed) {
      const { txId, position, outcome } = receipt;
      const { index } = position;
      for (const account of accounts) {
        changes.push({ table: history, key: historyKey(account, height, index), value: txId });
      }
      // A void transaction may still be applied later: it has no place of its own.
      if (outcome === OUTCOME.void || isZero(txId)) continue;
      const until = validUntilMs[index - 1];
      assert(until !== undefined, "an executed transaction without its expiry");
      changes.push({ table: txs, key: txId, value: txEntryBytes(height, index, until) });
    }
  }
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

/**
 * The last content of every row that changed, and of its leaf. A payment processor's row changes
 * in each block: going from the newest to the oldest, only the first that is met is written.
 */
function latestRows(blocks: readonly CheckpointBlock[]): RowStoreChange[] {
  const changes: RowStoreChange[] = [];
  const seen = new Set<string>();
  for (let i = blocks.length - 1; i >= 0; i--) {
    const { changes: rows } = blocks[i]!.block;
    for (let j = rows.length - 1; j >= 0; j--) {
      const { table, key, row, path, valueHash } = rows[j]!;
      // The path names table and key; as text it is one string made by native code.
      const name = Buffer.from(path.buffer, path.byteOffset, path.length).toString("latin1");
      if (seen.has(name)) continue;
      seen.add(name);
      changes.push({ table: CHECKPOINT_TABLES.rows, key: rowKey(table, key), value: row });
      changes.push({ table: CHECKPOINT_TABLES.values, key: path, value: valueHash });
    }
  }
  return changes;
}

function metaChanges(genesisHash: Hash, now: Applied): RowStoreChange[] {
  const { meta } = CHECKPOINT_TABLES;
  return [
    { table: meta, key: META_KEYS.format, value: encode(u16, FORMAT_VERSION) },
    { table: meta, key: META_KEYS.genesis, value: genesisHash },
    { table: meta, key: META_KEYS.applied, value: encode(applied, now) },
  ];
}
