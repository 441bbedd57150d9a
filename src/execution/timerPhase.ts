/** The timer phase: index 0 of every block (EXE-2). */

import { present } from "../base/assert.js";
import { TIMER_COST } from "../declarations/operations.js";
import { RESULT } from "../declarations/resultCodes.js";
import { KEYS, TABLES } from "../declarations/tables.js";
import type { Hooks, LedgerContext } from "../ledger/context.js";
import { cancelTimer, dueTimers } from "../ledger/timers.js";
import { ZERO_HASH } from "../types/primitives.js";
import { NO_OPERATION, OUTCOME } from "../types/receipt.js";
import { distinct } from "./applyTransaction.js";
import type { ExecutedTransaction } from "./interface.js";

/**
 * Fires the timers whose deadline has come, in (deadline, sequence) order, at most
 * `maxTimersPerBlock`. The list is made first, so one that is set now fires in a later block.
 */
export function runTimerPhase(
  context: LedgerContext,
  hooks: Hooks,
  height: number,
): { readonly executed: ExecutedTransaction; readonly firedCount: number } {
  const { rows, events } = context;
  context.txId = ZERO_HASH;
  context.parties = [];
  events.start(height, 0);
  let firedCount = 0;
  for (const timer of dueTimers(context, context.parameters.maxTimersPerBlock)) {
    const { deadlineMs, sequence, kind } = timer;
    // A timer that fired before it in this block may have cancelled it.
    if (rows.get(TABLES.timer.id, KEYS.timer(deadlineMs, sequence)) === undefined) continue;
    cancelTimer(context, deadlineMs, sequence);
    present(hooks.timers.get(kind), "every kind of timer has a hook")(context, timer);
    firedCount++;
  }
  rows.commitTransaction();
  const executed = {
    receipt: {
      txId: ZERO_HASH,
      position: { height, index: 0, event: 0 },
      outcome: OUTCOME.applied,
      code: RESULT.APPLIED,
      failedOperation: NO_OPERATION,
      eventsRoot: events.root,
      eventCount: events.events.length,
      cost: BigInt(firedCount * TIMER_COST),
    },
    events: events.events,
    accounts: distinct([], events.accounts),
  };
  return { executed, firedCount };
}
