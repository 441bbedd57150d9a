/** Receipts and events: what a transaction did. */

import {
  bytes,
  codes,
  count,
  fixedBytes,
  type Infer,
  struct,
  u8,
  u16,
  u32,
  u64,
} from "../codec/schema.js";
import { hash } from "./primitives.js";

/** Place of anything in the ledger. Index 0 is the timer phase; transactions count from 1. */
export const position = struct({ height: count, index: u32, event: u32 });
export type Position = Infer<typeof position>;

/**
 * Applied: all operations took effect. Failed: none did, the nonce is used. Void: not authorised,
 * nonce taken or outside the window, or expired; nothing changed but the author's quota counter.
 */
export const OUTCOME = { applied: 1, failed: 2, void: 3 } as const;
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME];

/** `failedOperation` where no operation is to blame. */
export const NO_OPERATION = 0xff;

export const receipt = struct({
  /** Zero at index 0. */
  txId: hash,
  position,
  outcome: codes<Outcome>([1, 2, 3], "outcome"),
  /** Result code: 0 when applied. */
  code: u16,
  /** Index of the operation that failed, or 255. */
  failedOperation: u8,
  /** RFC 9162 root over this index's events, each leaf being BCS(event); zero without events. */
  eventsRoot: hash,
  eventCount: u32,
  cost: u64,
});
export type Receipt = Infer<typeof receipt>;

/** Of each receipt: all fields have a fixed size. */
export const RECEIPT_SIZE_BYTES = 96;

export const EVENT_BLIND_SIZE_BYTES = 16;
export const EVENT_BODY_SIZE_BYTES_MAX = 65_536;

/**
 * An event: its code (see declarations/), its BCS body, and a blind from the secret of the account
 * that it belongs to (zero for public events), so that its leaf hash tells nothing about it to those
 * who may not read it (DEC-7).
 */
export const event = struct({
  code: u16,
  body: bytes(EVENT_BODY_SIZE_BYTES_MAX),
  blind: fixedBytes(EVENT_BLIND_SIZE_BYTES),
});
export type LedgerEvent = Infer<typeof event>;
