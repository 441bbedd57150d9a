/**
 * Transfers. The hot path: it reads the body by offset and copies what the events share with it as
 * bytes. `test/unit/contracts/transfer.test.ts` compares it with the schemas.
 */

import { equalBytes } from "../../base/bytes.js";
import { u32At, u64At } from "../../base/words.js";
import { EVENTS } from "../../declarations/events.js";
import { OPERATIONS, type OperationDeclaration } from "../../declarations/operations.js";
import type { ResultName } from "../../declarations/resultCodes.js";
import { type AccountRow, BALANCE_OFFSET, TABLES } from "../../declarations/tables.js";
import { Balance, commitBalance, spendDayLimit } from "../../ledger/balances.js";
import type { LedgerContext } from "../../ledger/context.js";
import { writeNumberKey } from "../../ledger/scratchKeys.js";
import type { AccountId, AssetId } from "../../types/primitives.js";
import { hasFlag, whyHeld } from "../assets/assetRules.js";
import { activeAccount, actorOf, type OperationHandler } from "../membership/operation.js";
import { paymentDigest, takeId, takenId } from "./paymentIds.js";

/** Where the fields of a transfer's body lie; reference and payment id follow the purpose code. */
const OFFSET = { to: 1, asset: 33, amount: 37, code: 45, reference: 47 } as const;
const NO_REFERENCE = 0;
const ID_SIZE_BYTES = 16;

const assetKey = new Uint8Array(4);
const sentCode = EVENTS["payment.sent"].code;
const receivedCode = EVENTS["payment.received"].code;

/** Size of an encoded reference: static validity has decoded it once, so its form is known. */
function referenceSizeBytes(body: Uint8Array): number {
  switch (body[OFFSET.reference]) {
    case NO_REFERENCE:
      return 1;
    case 1:
      return 1 + 32;
    case 3:
      return 1 + 8;
    default:
      // Text of at most 64 bytes: its ULEB128 length is one byte.
      return 2 + (body[OFFSET.reference + 1] as number);
  }
}

function paymentIdOf(body: Uint8Array): Uint8Array | undefined {
  const at = OFFSET.reference + referenceSizeBytes(body);
  return body[at] === 0 ? undefined : body.subarray(at + 1, at + 1 + ID_SIZE_BYTES);
}

/** Why the recipient does not take this payment. */
function whyRefused(
  recipient: AccountRow,
  asset: AssetId,
  amount: bigint,
  hasReference: boolean,
): ResultName | undefined {
  if (recipient.referenceRequired && !hasReference) return "REFERENCE_REQUIRED";
  const { assets, amountMin } = recipient;
  if (amount < amountMin) return "RECEIVE_POLICY";
  return assets.length > 0 && !assets.includes(asset) ? "RECEIVE_POLICY" : undefined;
}

/** Tells, as the only event of the failed transaction, who used the id first. */
function refuseId(
  context: LedgerContext,
  payer: AccountId,
  paymentId: Uint8Array,
  first: { readonly txId: Uint8Array; readonly digest: Uint8Array },
  digest: Uint8Array,
): ResultName {
  const isSamePayment = equalBytes(first.digest, digest);
  context.onFailure = () =>
    context.events.emit(EVENTS["payment.idTaken"], {
      account: payer,
      paymentId,
      firstTxId: first.txId,
      isSamePayment,
    });
  return isSamePayment ? "DUPLICATE_ID" : "ID_REUSED";
}

function run(context: LedgerContext, body: Uint8Array): ResultName {
  const from = actorOf(context, body[0] as number);
  const paymentId = paymentIdOf(body);
  let digest: Uint8Array | undefined;
  if (paymentId !== undefined) {
    digest = paymentDigest(context.hasher, from.id, body);
    const first = takenId(context, from.id, paymentId);
    if (first !== undefined) return refuseId(context, from.id, paymentId, first, digest);
  }
  const to = body.subarray(OFFSET.to, OFFSET.asset);
  const asset = u32At(body, OFFSET.asset);
  const amount = u64At(body, OFFSET.amount);

  const assetRow = context.rows.read(TABLES.asset, writeNumberKey(assetKey, asset));
  if (assetRow === undefined) return "UNKNOWN_ASSET";
  const recipient = activeAccount(context, to);
  if (recipient === undefined) return "UNKNOWN_RECIPIENT";
  const issuer = assetRow.organisation;
  if (
    !hasFlag(assetRow, "transferable") &&
    from.row.organisation !== issuer &&
    recipient.organisation !== issuer
  ) {
    return "NOT_TRANSFERABLE";
  }
  const source = new Balance(context, from.id, asset);
  // Who pays himself has one balance: it is debited first, then read again and credited.
  const isOwn = equalBytes(from.id, to);
  const target = isOwn ? source : new Balance(context, to, asset);
  const held = whyHeld(assetRow, source, target);
  if (held !== undefined) return held;
  const refused = whyRefused(recipient, asset, amount, body[OFFSET.reference] !== NO_REFERENCE);
  if (refused !== undefined) return refused;
  if (!source.admits(BALANCE_OFFSET.transferMax, amount)) return "LIMIT_EXCEEDED";
  if (!target.takes(isOwn ? 0n : amount)) return "LIMIT_EXCEEDED";
  const day = spendDayLimit(context, source, amount);
  if (day === "LIMIT_EXCEEDED") return day;
  if (!source.covers(amount)) return "INSUFFICIENT_BALANCE";
  if (day !== "ok") return day;

  source.debit(amount);
  // Both events end as the body does: amount, code, reference, payment id.
  const rest = body.subarray(OFFSET.amount);
  const payer = from.row.organisation;
  if (!commitBalance(context, source, payer, sentCode, [to, rest], [to])) return "ROW_QUOTA";
  const credited = isOwn ? new Balance(context, to, asset) : target;
  credited.credit(amount);
  const isDone =
    commitBalance(context, credited, payer, receivedCode, [from.id, rest], [from.id]) &&
    (digest === undefined ||
      takeId(context, from.id, from.row.organisation, paymentId as Uint8Array, digest));
  return isDone ? "APPLIED" : "ROW_QUOTA";
}

export const transfer: OperationHandler = {
  declaration: OPERATIONS.transfer as OperationDeclaration,
  run,
};

export const paymentHandlers = [transfer];
