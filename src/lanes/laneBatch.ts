import { equalBytes, mapKey } from "../base/bytes.js";
import { batchHash } from "../crypto/digests.js";
import type { OrderedTransaction } from "../execution/interface.js";
import type { Batch } from "../types/batch.js";
import type { ValidatorIndex } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import type { LaneBatch, LaneOptions } from "./types.js";

/** Index of the validator whose lane it is, if it is of this chain and epoch. */
export function authorOf(options: LaneOptions, batch: Batch): ValidatorIndex | undefined {
  const { genesisHash, validatorIds } = options;
  if (batch.epoch !== 0 || !equalBytes(batch.genesisHash, genesisHash)) return undefined;
  const author = validatorIds.findIndex((id) => equalBytes(id, batch.validatorId));
  return author < 0 ? undefined : author;
}

/** A checked batch with what blocks need of it, computed once. */
export function makeLaneBatch(
  options: LaneOptions,
  author: ValidatorIndex,
  batch: Batch,
  transactions: readonly PreparedTransaction[],
): LaneBatch {
  const hash = batchHash(options.hasher, batch.bodyBytes);
  let totalCost = 0;
  const ordered: OrderedTransaction[] = [];
  for (const { transaction, txId, cost } of transactions) {
    totalCost += cost;
    ordered.push({ transaction, txId, cost, sealer: author });
  }
  return {
    author,
    seq: batch.seq,
    hash,
    key: mapKey(hash),
    prevKey: mapKey(batch.prevHash),
    batch,
    transactions: ordered,
    sizeBytes: batch.bytes.length,
    cost: totalCost,
    isStored: false,
  };
}
