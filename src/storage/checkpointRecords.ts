/** Tables, keys and values of the checkpoint (README.md, "Checkpoint"). */

import { assert } from "../base/assert.js";
import { concatBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { count, encode, type Infer, list, struct, u16, u32 } from "../codec/schema.js";
import type { RowStoreChange } from "../ports/rowStore.js";
import { laneTip } from "../types/message.js";
import { type Hash, hash } from "../types/primitives.js";

export const FORMAT_VERSION = 2;

export const CHECKPOINT_TABLES = {
  meta: "meta",
  rows: "rows",
  values: "values",
  txs: "txs",
  history: "history",
  heights: "heights",
  blocks: "blocks",
} as const;

export const META_KEYS = {
  format: new Uint8Array([1]),
  genesis: new Uint8Array([2]),
  applied: new Uint8Array([3]),
  /** Height up to which transactions and histories are here: `applied` or above it. */
  indexed: new Uint8Array([4]),
} as const;

const location = struct({ segment: u32, offset: u32, length: u32 });

export const applied = struct({
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

export const heightEntry = struct({
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

export const txEntry = struct({ height: count, index: u32, validUntilMs: count });
/** Place of an applied or failed transaction. */
export type TxEntry = Infer<typeof txEntry>;

export const TX_ENTRY_SIZE_BYTES = 20;

export function heightKey(height: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(height));
  return key;
}

export function rowKey(table: number, key: Uint8Array): Uint8Array {
  assert(table >= 0 && table <= 0xffff, "a table number is u16");
  return concatBytes(new Uint8Array([table >> 8, table & 0xff]), key);
}

/** BCS of {@link TxEntry} at `at`; by hand, since there is one for each payment. */
export function writeTxEntry(
  fields: DataView,
  at: number,
  height: number,
  index: number,
  validUntilMs: number,
): void {
  fields.setUint32(at, height >>> 0, true);
  fields.setUint32(at + 4, Math.floor(height / 2 ** 32), true);
  fields.setUint32(at + 8, index, true);
  fields.setUint32(at + 12, validUntilMs >>> 0, true);
  fields.setUint32(at + 16, Math.floor(validUntilMs / 2 ** 32), true);
}

/** Where a final block is, by height and by hash. */
export function heightChanges(height: number, entry: HeightEntry): RowStoreChange[] {
  const { heights, blocks } = CHECKPOINT_TABLES;
  return [
    { table: heights, key: heightKey(height), value: encode(heightEntry, entry) },
    { table: blocks, key: entry.blockHash, value: encode(count, height) },
  ];
}

export function indexedChange(height: number): RowStoreChange {
  return { table: CHECKPOINT_TABLES.meta, key: META_KEYS.indexed, value: encode(count, height) };
}

export function metaChanges(genesisHash: Hash, now: Applied): RowStoreChange[] {
  const { meta } = CHECKPOINT_TABLES;
  return [
    { table: meta, key: META_KEYS.format, value: encode(u16, FORMAT_VERSION) },
    { table: meta, key: META_KEYS.genesis, value: genesisHash },
    { table: meta, key: META_KEYS.applied, value: encode(applied, now) },
  ];
}
