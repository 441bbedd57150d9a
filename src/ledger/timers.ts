/** Timers: rows in the order (deadline, sequence), so that what will fire is part of the state. */

import { present } from "../base/assert.js";
import { encode, type Schema } from "../codec/schema.js";
import { countOfKey, KEYS, TABLES, type TimerRow } from "../declarations/tables.js";
import type { AccountId } from "../types/primitives.js";
import type { LedgerContext } from "./context.js";
import { count, discount } from "./quota.js";
import type { RowSource } from "./rowSource.js";

export interface FiredTimer extends TimerRow {
  readonly deadlineMs: number;
  readonly sequence: number;
}

const ALL = new Uint8Array(0);

/**
 * Sets a timer and answers its sequence. The caller has seen to it that the deadline is after the
 * block's time. Rows and timers of the organisation are counted; without room it says which lacks.
 */
export function setTimer<T>(
  context: LedgerContext,
  timer: {
    readonly owner: AccountId;
    readonly organisation: number;
    readonly deadlineMs: number;
    readonly kind: number;
    readonly schema: Schema<T>;
    readonly body: T;
  },
): { readonly sequence: number } | "ROW_QUOTA" | "TIMER_QUOTA" {
  if (!count(context, timer.organisation, "rows")) return "ROW_QUOTA";
  if (!count(context, timer.organisation, "timers")) return "TIMER_QUOTA";
  const { rows } = context;
  const chain = present(rows.read(TABLES.chain, KEYS.chain()), "the chain row is there");
  const sequence = chain.timerSequence + 1;
  rows.write(TABLES.chain, KEYS.chain(), { ...chain, timerSequence: sequence });
  rows.write(TABLES.timer, KEYS.timer(timer.deadlineMs, sequence), {
    owner: timer.owner,
    organisation: timer.organisation,
    kind: timer.kind,
    body: encode(timer.schema, timer.body),
  });
  return { sequence };
}

/** Removes an open timer. */
export function cancelTimer(context: LedgerContext, deadlineMs: number, sequence: number): void {
  const key = KEYS.timer(deadlineMs, sequence);
  const timer = present(context.rows.read(TABLES.timer, key), "the timer is open");
  context.rows.put(TABLES.timer.id, key, undefined);
  discount(context, timer.organisation, "rows");
  discount(context, timer.organisation, "timers");
}

/** The first `limit` timers whose deadline has come, in the order in which they fire. */
export function dueTimers(context: LedgerContext, limit: number): FiredTimer[] {
  const due: FiredTimer[] = [];
  for (const { key } of context.rows.scan(TABLES.timer.id, ALL, undefined, limit)) {
    const deadlineMs = countOfKey(key, 0);
    if (deadlineMs > context.timeMs) break;
    const row = present(context.rows.read(TABLES.timer, key), "a scanned row is there");
    due.push({ ...row, deadlineMs, sequence: countOfKey(key, 8) });
  }
  return due;
}

/** Deadline of the timer that fires next. */
export function nextDeadlineMs(rows: RowSource): number | undefined {
  const [first] = rows.scan(TABLES.timer.id, ALL, undefined, 1);
  return first === undefined ? undefined : countOfKey(first.key, 0);
}
