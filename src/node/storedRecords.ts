/** Records of the log that only this validator reads. */

import { assert } from "../base/assert.js";
import { type Infer, list, struct } from "../codec/schema.js";
import { ulebSizeBytes, writeUleb } from "../codec/uleb.js";
import { Writer } from "../codec/writer.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import { writeReceipt } from "../execution/receipts.js";
import { blockResult } from "../types/block.js";
import { HASH_SIZE_BYTES, hash } from "../types/primitives.js";
import {
  EVENT_BLIND_SIZE_BYTES,
  EVENT_BODY_SIZE_BYTES_MAX,
  event,
  type LedgerEvent,
  RECEIPT_SIZE_BYTES,
  receipt,
} from "../types/receipt.js";

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

/** BCS of an event without the length of its body and the body. */
const EVENT_SIZE_BYTES = 2 + EVENT_BLIND_SIZE_BYTES;

/**
 * BCS of {@link executedRecord}, by hand: it is written for every payment, and the fields of a
 * receipt one by one took most of that time. A test compares it with the schema.
 */
export function encodeExecuted(record: ExecutedRecord): Uint8Array {
  const { blockHash: hashOfBlock, result, resultHash, executed } = record;
  const head = new Writer();
  hash.write(head, hashOfBlock);
  blockResult.write(head, result);
  hash.write(head, resultHash);
  head.uleb(executed.length);
  assert(executed.length <= INDEXES_MAX, "more transactions than a block holds");
  let sizeBytes = head.length;
  for (const item of executed) sizeBytes += sizeOf(item);
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(head.finish());
  let at = head.length;
  for (const item of executed) at = writeExecuted(bytes, at, item);
  assert(at === sizeBytes, "an outcome has the size that was computed");
  return bytes;
}

function sizeOf({ events, accounts }: ExecutedTransaction): number {
  let sizeBytes =
    RECEIPT_SIZE_BYTES +
    ulebSizeBytes(events.length) +
    ulebSizeBytes(accounts.length) +
    accounts.length * HASH_SIZE_BYTES;
  for (const { body } of events) {
    sizeBytes += EVENT_SIZE_BYTES + ulebSizeBytes(body.length) + body.length;
  }
  return sizeBytes;
}

function writeExecuted(
  bytes: Uint8Array,
  start: number,
  { receipt: made, events, accounts }: ExecutedTransaction,
): number {
  writeReceipt(bytes, start, made);
  let at = writeUleb(bytes, start + RECEIPT_SIZE_BYTES, events.length);
  for (const item of events) at = writeEvent(bytes, at, item);
  at = writeUleb(bytes, at, accounts.length);
  for (const account of accounts) at = writeHash(bytes, at, account);
  return at;
}

function writeEvent(bytes: Uint8Array, start: number, { code, body, blind }: LedgerEvent): number {
  assert(body.length <= EVENT_BODY_SIZE_BYTES_MAX, "an event's body above its maximum");
  assert(blind.length === EVENT_BLIND_SIZE_BYTES, "an event's blind has 16 bytes");
  bytes[start] = code;
  bytes[start + 1] = code >>> 8;
  const at = writeUleb(bytes, start + 2, body.length);
  bytes.set(body, at);
  bytes.set(blind, at + body.length);
  return at + body.length + EVENT_BLIND_SIZE_BYTES;
}

function writeHash(bytes: Uint8Array, at: number, value: Uint8Array): number {
  assert(value.length === HASH_SIZE_BYTES, "a hash has 32 bytes");
  bytes.set(value, at);
  return at + HASH_SIZE_BYTES;
}
