/** One transaction on the current state: envelope, operations, receipt (ENV-7, EXE-1). */

import { equalBytes, mapKey } from "../base/bytes.js";
import { RESULT, type ResultName } from "../declarations/resultCodes.js";
import type { LedgerContext } from "../ledger/context.js";
import { spend } from "../ledger/quota.js";
import type { AccountId, OrganisationId } from "../types/primitives.js";
import { NO_OPERATION, OUTCOME, type Outcome, type Position } from "../types/receipt.js";
import type { PreparedTransaction } from "../types/transaction.js";
import { judgeEnvelope } from "./envelope.js";
import type { ExecutedTransaction } from "./interface.js";
import { runOperation } from "./operations.js";

const NO_ACCOUNTS: readonly AccountId[] = [];

/** Below this many, comparing accounts with each other is faster than a set. */
const COMPARED_MAX = 24;

interface Verdict {
  readonly outcome: Outcome;
  readonly result: ResultName;
  readonly failedOperation: number;
  /** Accounts that it concerns although no event names them. */
  readonly accounts: readonly AccountId[];
}

/**
 * Applies a transaction whose quota the sealing organisation pays. The context's time is the
 * block's. Rows change by all its operations or by none of them.
 */
export function applyTransaction(
  context: LedgerContext,
  { transaction, txId, cost }: PreparedTransaction,
  sealer: OrganisationId,
  position: Position,
): ExecutedTransaction {
  const { rows, events } = context;
  context.txId = txId;
  context.parties = transaction.body.parties;
  context.onFailure = undefined;
  events.start(position.height, position.index);
  const verdict = judge(context, transaction, cost, sealer);
  rows.commitTransaction();
  return {
    receipt: {
      txId,
      position,
      outcome: verdict.outcome,
      code: RESULT[verdict.result],
      failedOperation: verdict.failedOperation,
      eventsRoot: events.root,
      eventCount: events.events.length,
      cost: BigInt(cost),
    },
    events: events.events,
    accounts: distinct(verdict.accounts, events.accounts),
  };
}

function judge(
  context: LedgerContext,
  transaction: PreparedTransaction["transaction"],
  cost: number,
  sealer: OrganisationId,
): Verdict {
  const { rows, events } = context;
  if (!spend(context, sealer, cost)) return voided("QUOTA_EXCEEDED", NO_ACCOUNTS);
  const { parties } = context;

  const beforeEnvelope = rows.mark();
  const refusal = judgeEnvelope(context, transaction);
  if (refusal !== undefined) {
    rows.rollback(beforeEnvelope);
    return voided(refusal.result, refusal.isAuthorised ? parties : NO_ACCOUNTS);
  }

  const { operations } = transaction.body;
  const beforeOperations = rows.mark();
  const recordedBefore = context.paymentIdsRecorded;
  for (let i = 0; i < operations.length; i++) {
    const result = runOperation(context, operations[i]!);
    if (result === "APPLIED") continue;
    rows.rollback(beforeOperations);
    events.clear();
    context.paymentIdsRecorded = recordedBefore;
    context.onFailure?.();
    return { outcome: OUTCOME.failed, result, failedOperation: i, accounts: parties };
  }
  return {
    outcome: OUTCOME.applied,
    result: "APPLIED",
    failedOperation: NO_OPERATION,
    accounts: parties,
  };
}

function voided(result: ResultName, accounts: readonly AccountId[]): Verdict {
  return { outcome: OUTCOME.void, result, failedOperation: NO_OPERATION, accounts };
}

/** Both lists without repeats, in order of appearance. */
export function distinct(
  first: readonly AccountId[],
  second: readonly AccountId[],
): readonly AccountId[] {
  if (first.length + second.length > COMPARED_MAX) {
    const seen = new Map([...first, ...second].map((account) => [mapKey(account), account]));
    return [...seen.values()];
  }
  const found: AccountId[] = [];
  addDistinct(found, first);
  addDistinct(found, second);
  return found;
}

function addDistinct(found: AccountId[], accounts: readonly AccountId[]): void {
  for (let i = 0; i < accounts.length; i++) {
    const account = accounts[i] as AccountId;
    let isKnown = false;
    for (let j = 0; j < found.length && !isKnown; j++) {
      const other = found[j] as AccountId;
      // Mostly it is the very same array.
      isKnown = other === account || equalBytes(other, account);
    }
    if (!isKnown) found.push(account);
  }
}
