/** Records of the log and of the checkpoint that only this validator reads. */

import { LIMITS } from "../base/limits.js";
import { count, type Infer, list, option, struct, u16 } from "../codec/schema.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import { block, blockResult } from "../types/block.js";
import { hash } from "../types/primitives.js";
import { event, receipt } from "../types/receipt.js";
import { certificate } from "../types/vote.js";

const EVENTS_MAX = 1_000_000;
const INDEXES_MAX = 4_000_000;

const executedTransaction = struct({
  receipt,
  events: list(event, EVENTS_MAX),
  accounts: list(hash, EVENTS_MAX),
});

/** What a final block did: written after execution, made again by replay if it was lost. */
export const executedRecord = struct({
  blockHash: hash,
  result: blockResult,
  resultHash: hash,
  executed: list(executedTransaction, INDEXES_MAX),
});
export interface ExecutedRecord extends Infer<typeof executedRecord> {
  readonly executed: readonly ExecutedTransaction[];
}

/**
 * Where the chain stood at a checkpoint, beyond its rows: what agreement needs to go on without
 * reading any block below it.
 */
export const checkpointRecord = struct({
  /** The block up to which rows are applied, and its result. */
  block: option(block),
  result: blockResult,
  resultHash: hash,
  /** Finalization of that block or of a later one. */
  certificate: option(certificate),
  /** Of each lane: the last batch that final blocks hold. */
  includedTips: list(struct({ author: u16, seq: count, headHash: hash }), LIMITS.validatorsMax),
  historySize: count,
  historyEdge: list(hash, 64),
  /** First log segment that a recovery has to read. */
  logSegment: count,
});
export type CheckpointRecord = Infer<typeof checkpointRecord>;
