/** Accounts: open, close, replace keys, say which payments are taken. */

import { present } from "../../base/assert.js";
import { equalBytes } from "../../base/bytes.js";
import { accountId } from "../../crypto/digests.js";
import { ACCOUNT_STATUS, ROLES_ALL } from "../../declarations/assets.js";
import { EVENTS } from "../../declarations/events.js";
import { OPERATIONS } from "../../declarations/operations.js";
import type { ResultName } from "../../declarations/resultCodes.js";
import { type AccountRow, KEYS, TABLES } from "../../declarations/tables.js";
import type { LedgerContext } from "../../ledger/context.js";
import { count } from "../../ledger/quota.js";
import { ROLE } from "../../types/genesis.js";
import type { KeyPolicy } from "../../types/keyPolicy.js";
import type { AccountId, OrganisationId } from "../../types/primitives.js";
import { type Actor, activeAccount, hasRole, operationHandler } from "./operation.js";

/** Rows that an account has from the start: its own and its secret. */
const ACCOUNT_ROWS = 2;

function areRegistrable(context: LedgerContext, policy: KeyPolicy): boolean {
  return policy.keys.every(({ publicKey }) => context.isRegistrableKey(publicKey));
}

function countMembers(
  context: LedgerContext,
  organisation: OrganisationId,
  accounts: number,
  admins: number,
): void {
  const key = KEYS.organisation(organisation);
  const row = present(context.rows.read(TABLES.organisation, key), "the organisation is there");
  context.rows.write(TABLES.organisation, key, {
    ...row,
    accounts: row.accounts + accounts,
    admins: row.admins + admins,
  });
}

/** Why `actor` may not act on an account: it is neither that account nor an admin beside it. */
function whyNot(actor: Actor, target: { id: AccountId; row: AccountRow }): ResultName | undefined {
  if (equalBytes(actor.id, target.id)) return undefined;
  if (actor.row.organisation !== target.row.organisation) return "FOREIGN_ORGANISATION";
  return hasRole(actor.row, "admin") ? undefined : "ROLE_MISSING";
}

export const openAccount = operationHandler(
  OPERATIONS["account.open"],
  (context, { policy, salt, blindSecret, roles, referenceRequired }, actor) => {
    const { rows, hasher, genesisHash } = context;
    const { organisation } = actor.row;
    if ((roles & ~ROLES_ALL) !== 0) return "BAD_ROLES";
    if (!areRegistrable(context, policy)) return "BAD_KEY";
    const id = accountId(hasher, genesisHash, organisation, policy, salt);
    if (rows.get(TABLES.account.id, id) !== undefined) return "ACCOUNT_EXISTS";
    if (!count(context, organisation, "rows", ACCOUNT_ROWS)) return "ROW_QUOTA";
    rows.put(TABLES.secret.id, KEYS.secret(id), blindSecret.slice());
    rows.write(
      TABLES.account,
      KEYS.account(id),
      newAccount(organisation, policy, roles, referenceRequired),
    );
    countMembers(context, organisation, 1, (roles & ROLE.admin) !== 0 ? 1 : 0);
    context.events.emit(EVENTS["account.opened"], {
      account: id,
      by: actor.id,
      organisation,
      roles,
      policy,
    });
    return "APPLIED";
  },
);

/** The row of an account that was just opened. */
export function newAccount(
  organisation: OrganisationId,
  policy: KeyPolicy,
  roles: number,
  referenceRequired: boolean,
): AccountRow {
  return {
    organisation,
    policy,
    roles,
    status: ACCOUNT_STATUS.active,
    referenceRequired,
    amountMin: 0n,
    assets: [],
    openBalances: 0,
    channels: 0,
  };
}

export const closeAccount = operationHandler(
  OPERATIONS["account.close"],
  (context, { account: id }, actor) => {
    const row = activeAccount(context, id);
    if (row === undefined) return "UNKNOWN_RECIPIENT";
    const refusal = whyNot(actor, { id, row });
    if (refusal !== undefined) return refusal;
    if (row.openBalances > 0) return "BALANCE_NOT_ZERO";
    const isAdmin = hasRole(row, "admin");
    const organisation = present(
      context.rows.read(TABLES.organisation, KEYS.organisation(row.organisation)),
      "the organisation is there",
    );
    if (isAdmin && organisation.admins === 1) return "LAST_ADMIN";
    context.rows.write(TABLES.account, KEYS.account(id), { ...row, status: ACCOUNT_STATUS.closed });
    countMembers(context, row.organisation, -1, isAdmin ? -1 : 0);
    context.events.emit(EVENTS["account.closed"], { account: id, by: actor.id });
    return "APPLIED";
  },
);

export const replaceKeys = operationHandler(
  OPERATIONS["account.replaceKeys"],
  (context, { account: id, policy }, actor) => {
    const row = activeAccount(context, id);
    if (row === undefined) return "UNKNOWN_RECIPIENT";
    const refusal = whyNot(actor, { id, row });
    if (refusal !== undefined) return refusal;
    if (!areRegistrable(context, policy)) return "BAD_KEY";
    context.rows.write(TABLES.account, KEYS.account(id), { ...row, policy });
    context.events.emit(EVENTS["account.keysReplaced"], { account: id, by: actor.id, policy });
    return "APPLIED";
  },
);

export const setReceivePolicy = operationHandler(
  OPERATIONS["account.setReceivePolicy"],
  (context, { referenceRequired, amountMin, assets }, actor) => {
    const policy = { referenceRequired, amountMin, assets };
    context.rows.write(TABLES.account, KEYS.account(actor.id), { ...actor.row, ...policy });
    context.events.emit(EVENTS["account.receivePolicySet"], { account: actor.id, ...policy });
    return "APPLIED";
  },
);

export const membershipHandlers = [openAccount, closeAccount, replaceKeys, setReceivePolicy];
