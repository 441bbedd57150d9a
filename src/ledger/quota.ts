/**
 * What an organisation uses: cost in the running minute of block time, rows, open timers, channels.
 * The row has a fixed layout (`quotaRow`); a copy of it is changed and put.
 */

import { assert } from "../base/assert.js";
import { safeU64At, setSafe64At, setU32At, u32At } from "../base/words.js";
import { KEYS, TABLES } from "../declarations/tables.js";
import type { LedgerContext } from "./context.js";
import type { RowHandle } from "./rows.js";

const MINUTE_MS = 60_000;
const OFFSET = { minute: 0, spent: 8, rows: 16, timers: 20, channels: 24 } as const;
/** Keys by organisation, as many as there are: they would else be made for each transaction. */
const knownKeys = new Map<number, Uint8Array>();

export type Counter = "rows" | "timers" | "channels";

/** A quota row that is there. */
interface Quota extends RowHandle {
  readonly row: Uint8Array;
}

function quotaOf(context: LedgerContext, organisation: number): Quota {
  const quota = context.rows.locate(TABLES.quota.id, keyOf(organisation));
  assert(quota.row !== undefined, "every organisation has a quota row");
  return quota as Quota;
}

function keyOf(organisation: number): Uint8Array {
  let key = knownKeys.get(organisation);
  if (key === undefined) {
    key = KEYS.quota(organisation);
    knownKeys.set(organisation, key);
  }
  return key;
}

/** Adds `cost` to what the organisation spent in this minute, or says that it would be too much. */
export function spend(context: LedgerContext, organisation: number, cost: number): boolean {
  const quota = quotaOf(context, organisation);
  const minute = Math.floor(context.timeMs / MINUTE_MS);
  const isSameMinute = safeU64At(quota.row, OFFSET.minute) === minute;
  // Declared costs are small: what is spent in a minute is a safe integer however high the quota is.
  const spent = (isSameMinute ? safeU64At(quota.row, OFFSET.spent) : 0) + cost;
  assert(Number.isSafeInteger(spent), "the cost of a minute is a safe integer");
  if (spent > Number(context.parameters.quotaCostPerMinute)) return false;
  const changed = context.rows.allocate(quota.row.length);
  changed.set(quota.row);
  setSafe64At(changed, OFFSET.minute, minute);
  setSafe64At(changed, OFFSET.spent, spent);
  context.rows.putAt(quota, changed);
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
  const total = u32At(quota.row, OFFSET[counter]) + amount;
  if (total > maximum(context, counter)) return false;
  setCounter(context, quota, counter, total);
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
  const total = u32At(quota.row, OFFSET[counter]) - amount;
  assert(total >= 0, "what is discounted was counted");
  setCounter(context, quota, counter, total);
}

function setCounter(context: LedgerContext, quota: Quota, counter: Counter, total: number): void {
  const changed = context.rows.allocate(quota.row.length);
  changed.set(quota.row);
  setU32At(changed, OFFSET[counter], total);
  context.rows.putAt(quota, changed);
}
