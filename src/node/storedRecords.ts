/** Records of the log that only this validator reads. */

import { type Infer, list, struct } from "../codec/schema.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import { blockResult } from "../types/block.js";
import { hash } from "../types/primitives.js";
import { event, receipt } from "../types/receipt.js";

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
