/** Records of the log that only this validator reads. */

import { assert } from "../base/assert.js";
import { setSafe64At, setU32At } from "../base/words.js";
import { type Infer, list, struct } from "../codec/schema.js";
import { Writer } from "../codec/writer.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import { blockResult } from "../types/block.js";
import { HASH_SIZE_BYTES, hash } from "../types/primitives.js";
import { EVENT_BLIND_SIZE_BYTES, event, type LedgerEvent, receipt } from "../types/receipt.js";

const EVENTS_MAX = 1_000_000;
const INDEXES_MAX = 4_000_000;
/** As in the schema of an event. */
const EVENT_BODY_SIZE_BYTES_MAX = 65_536;

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

/** Sizes of BCS: receipt; event and accounts of an index without their lengths and bodies. */
const RECEIPT_SIZE_BYTES = 96;
const EVENT_SIZE_BYTES = 2 + EVENT_BLIND_SIZE_BYTES;

function ulebSizeBytes(value: number): number {
  let sizeBytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) sizeBytes++;
  return sizeBytes;
}

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
  const { position } = made;
  let at = writeHash(bytes, start, made.txId);
  setSafe64At(bytes, at, position.height);
  setU32At(bytes, at + 8, position.index);
  setU32At(bytes, at + 12, position.event);
  bytes[at + 16] = made.outcome;
  bytes[at + 17] = made.code;
  bytes[at + 18] = made.code >>> 8;
  bytes[at + 19] = made.failedOperation;
  at = writeHash(bytes, at + 20, made.eventsRoot);
  setU32At(bytes, at, made.eventCount);
  assert(made.cost >= 0n && made.cost <= Number.MAX_SAFE_INTEGER, "a cost is below 2^53");
  setSafe64At(bytes, at + 4, Number(made.cost));
  at = writeUleb(bytes, at + 12, events.length);
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

function writeUleb(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) + 0x80;
  bytes[at++] = rest;
  return at;
}
