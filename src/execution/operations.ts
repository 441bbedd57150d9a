/** What carries out each operation and each timer: the one place that knows all contracts. */

import { assert, present } from "../base/assert.js";
import { assetHandlers, assetTimers } from "../contracts/assets/handlers.js";
import { membershipHandlers } from "../contracts/membership/accounts.js";
import { type OperationHandler, partyRow } from "../contracts/membership/operation.js";
import { paymentHandlers } from "../contracts/payments/transfer.js";
import { ACCOUNT_STATUS } from "../declarations/assets.js";
import { OPERATIONS } from "../declarations/operations.js";
import type { ResultName } from "../declarations/resultCodes.js";
import type { Hooks, LedgerContext } from "../ledger/context.js";
import type { Operation } from "../types/transaction.js";

const handlers = new Map<number, OperationHandler>(
  [...membershipHandlers, ...assetHandlers, ...paymentHandlers].map((handler) => [
    handler.declaration.code,
    handler,
  ]),
);
for (const { code, name } of Object.values(OPERATIONS)) {
  assert(handlers.has(code), `the operation ${name} is declared and carried out by nothing`);
}

export const hooks: Hooks = { timers: assetTimers };

/** Carries out one operation of a statically valid transaction. */
export function runOperation(context: LedgerContext, operation: Operation): ResultName {
  const handler = present(handlers.get(operation.code), "static validity knows the operations");
  // DEC-1: the first byte of every body is the party that acts.
  const { status } = partyRow(context, operation.body[0] as number);
  if (status !== ACCOUNT_STATUS.active) return "ACTOR_CLOSED";
  return handler.run(context, operation.body);
}
