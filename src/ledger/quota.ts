/**
 * What an organisation uses: cost in the running minute of block time, rows, open timers, channels.
 * The row has a fixed layout (`quotaRow`); a copy of it is changed and put.
 */

import { assert, present } from "../base/assert.js";
import { KEYS, TABLES } from "../declarations/tables.js";
import type { LedgerContext } from "./context.js";

const MINUTE_MS = 60_000;
const OFFSET = { minute: 0, spent: 8, rows: 16, timers: 20, channels: 24 } as const;

export type Counter = "rows" | "timers" | "channels";

function quotaOf(context: LedgerContext, organisation: number): Uint8Array {
  return present(
    context.rows.get(TABLES.quota.id, KEYS.quota(organisation)),
    "every organisation has a quota row",
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Adds `cost` to what the organisation spent in this minute, or says that it would be too much. */
export function spend(context: LedgerContext, organisation: number, cost: number): boolean {
  const quota = quotaOf(context, organisation);
  const view = viewOf(quota);
  const minute = Math.floor(context.timeMs / MINUTE_MS);
  const isSameMinute = view.getBigUint64(OFFSET.minute, true) === BigInt(minute);
  const spent = (isSameMinute ? view.getBigUint64(OFFSET.spent, true) : 0n) + BigInt(cost);
  if (spent > context.parameters.quotaCostPerMinute) return false;
  const changed = quota.slice();
  const target = viewOf(changed);
  target.setBigUint64(OFFSET.minute, BigInt(minute), true);
  target.setBigUint64(OFFSET.spent, spent, true);
  context.rows.put(TABLES.quota.id, KEYS.quota(organisation), changed);
  return true;
}

function maximum(context: LedgerContext, counter: Counter): number {
  const { quotaRows, quotaTimers, quotaChannels } = context.parameters;
  return { rows: quotaRows, timers: quotaTimers, channels: quotaChannels }[counter];
}

/** Counts `amount` more; false, and nothing changed, where that exceeds the maximum. */
export function count(
  context: LedgerContext,
  organisation: number,
  counter: Counter,
  amount = 1,
): boolean {
  const quota = quotaOf(context, organisation);
  const total = viewOf(quota).getUint32(OFFSET[counter], true) + amount;
  if (total > maximum(context, counter)) return false;
  setCounter(context, organisation, quota, counter, total);
  return true;
}

/** Counts `amount` less. */
export function discount(
  context: LedgerContext,
  organisation: number,
  counter: Counter,
  amount = 1,
): void {
  const quota = quotaOf(context, organisation);
  const total = viewOf(quota).getUint32(OFFSET[counter], true) - amount;
  assert(total >= 0, "what is discounted was counted");
  setCounter(context, organisation, quota, counter, total);
}

function setCounter(
  context: LedgerContext,
  organisation: number,
  quota: Uint8Array,
  counter: Counter,
  total: number,
): void {
  const changed = quota.slice();
  viewOf(changed).setUint32(OFFSET[counter], total, true);
  context.rows.put(TABLES.quota.id, KEYS.quota(organisation), changed);
}
