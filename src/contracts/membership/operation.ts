/** How operations are written: a declaration, and what it does with a decoded body. */

import { present } from "../../base/assert.js";
import { decode } from "../../codec/schema.js";
import { ACCOUNT_STATUS } from "../../declarations/assets.js";
import type { OperationDeclaration, RoleName } from "../../declarations/operations.js";
import type { ResultName } from "../../declarations/resultCodes.js";
import { type AccountRow, TABLES } from "../../declarations/tables.js";
import type { LedgerContext } from "../../ledger/context.js";
import { ROLE } from "../../types/genesis.js";
import type { AccountId } from "../../types/primitives.js";

/** A party that acts, with its row as it is now. */
export interface Actor {
  readonly id: AccountId;
  readonly row: AccountRow;
}

/** Carries out one operation. Whatever it did is undone unless it answers `APPLIED`. */
export interface OperationHandler {
  readonly declaration: OperationDeclaration;
  run(context: LedgerContext, body: Uint8Array): ResultName;
}

export function actorOf(context: LedgerContext, party: number): Actor {
  const id = present(context.parties[party], "static validity bounds party indices");
  return { id, row: partyRow(context, party) };
}

/** The row of a party as it is now. */
export function partyRow(context: LedgerContext, party: number): AccountRow {
  const handle = present(context.partyHandles[party], "static validity bounds party indices");
  const row = context.rows.readAt(TABLES.account, handle);
  return present(row, "the envelope checked the parties");
}

/** The row of an account that may act and receive; undefined where there is none. */
export function activeAccount(context: LedgerContext, id: AccountId): AccountRow | undefined {
  const row = context.rows.read(TABLES.account, id);
  return row?.status === ACCOUNT_STATUS.active ? row : undefined;
}

export function hasRole(row: AccountRow, role: RoleName): boolean {
  return (row.roles & ROLE[role]) !== 0;
}

/** An operation whose declared role is checked before anything else. */
export function operationHandler<T extends { readonly by: number }>(
  declaration: OperationDeclaration<T>,
  apply: (context: LedgerContext, body: T, actor: Actor) => ResultName,
): OperationHandler {
  return {
    declaration: declaration as OperationDeclaration,
    run: (context, encoded) => {
      const body = decode(declaration.body.schema, encoded);
      const actor = actorOf(context, body.by);
      if (declaration.role !== undefined && !hasRole(actor.row, declaration.role)) {
        return "ROLE_MISSING";
      }
      return apply(context, body, actor);
    },
  };
}
