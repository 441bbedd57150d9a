/** Supply: issue and redeem. */

import { concatBytes } from "../../base/bytes.js";
import { I64_MAX } from "../../base/checkedInt.js";
import { encode, u64 } from "../../codec/schema.js";
import { ACCOUNT_STATUS } from "../../declarations/assets.js";
import { EVENTS } from "../../declarations/events.js";
import { reference as referenceSchema } from "../../declarations/fields.js";
import { OPERATIONS } from "../../declarations/operations.js";
import { Balance } from "../../ledger/balances.js";
import { activeAccount, actorOf, hasRole, operationHandler } from "../membership/operation.js";
import { assetOf, commitFor, ownAsset, whyHeld, writeAsset } from "./assetRules.js";

/** What an event of supply says after its link: amount, new total, reference. */
function supplyTail(
  amount: bigint,
  total: bigint,
  reference: Parameters<typeof referenceSchema.write>[1],
): Uint8Array {
  return concatBytes(encode(u64, amount), encode(u64, total), encode(referenceSchema, reference));
}

export const issue = operationHandler(
  OPERATIONS["asset.issue"],
  (context, { to, asset, amount, reference }, actor) => {
    const row = ownAsset(context, asset, actor);
    if (typeof row === "string") return row;
    if (activeAccount(context, to) === undefined) return "UNKNOWN_RECIPIENT";
    const balance = new Balance(context, to, asset);
    const held = whyHeld(row, balance);
    if (held !== undefined) return held;
    const issued = row.issued + amount;
    if (issued > I64_MAX || issued - row.redeemed > row.maxSupply) return "CAP_EXCEEDED";
    if (!balance.takes(amount)) return "LIMIT_EXCEEDED";
    balance.credit(amount);
    writeAsset(context, asset, { ...row, issued });
    const tail = supplyTail(amount, issued, reference);
    return commitFor(context, balance, actor, EVENTS["asset.issued"], tail);
  },
);

export const redeem = operationHandler(
  OPERATIONS["asset.redeem"],
  (context, { issuer, asset, amount, reference }, actor) => {
    const issuing = actorOf(context, issuer);
    // The envelope found it open; an earlier operation of the transaction may have closed it since.
    if (issuing.row.status !== ACCOUNT_STATUS.active) return "ACTOR_CLOSED";
    const row = assetOf(context, asset);
    if (row === undefined) return "UNKNOWN_ASSET";
    if (issuing.row.organisation !== row.organisation) return "FOREIGN_ORGANISATION";
    if (!hasRole(issuing.row, "issuer")) return "ROLE_MISSING";
    const balance = new Balance(context, actor.id, asset);
    if (row.frozen || balance.isFrozen) return "FROZEN";
    if (!balance.covers(amount)) return "INSUFFICIENT_BALANCE";
    const redeemed = row.redeemed + amount;
    // Overdrafts are spent and redeemed without having been issued, so `issued` is no bound.
    if (redeemed > I64_MAX) return "CAP_EXCEEDED";
    balance.debit(amount);
    writeAsset(context, asset, { ...row, redeemed });
    const tail = supplyTail(amount, redeemed, reference);
    return commitFor(context, balance, actor, EVENTS["asset.redeemed"], tail);
  },
);
