/** Content that needs to know accounts and assets: from a judged instruction to a payment. */

import { utf8 } from "../../base/bytes.js";
import { I64_MAX } from "../../base/checkedInt.js";
import type { OperationBody } from "../../declarations/operations.js";
import { decimalText, unitsAt } from "./decimal.js";
import type { Instruction } from "./judge.js";
import { type Reason, reason } from "./reasons.js";

/** A payment that can be made. */
export interface PlannedPayment {
  /** Account ids in text (`fa1...`). */
  readonly debtor: string;
  readonly creditor: string;
  readonly asset: string;
  readonly minorUnits: bigint;
  readonly reference: OperationBody<"transfer">["reference"];
  readonly paymentId: Uint8Array;
}

export interface Directory {
  /** Account id for the text of an account in the file, where a key here signs for it. */
  debtorOf(account: string): string | undefined;
  creditorOf(account: string): string | undefined;
  /** Decimal places of the asset with this code; undefined if there is none. */
  scaleOf(currency: string): number | undefined;
}

/** Account numbers are compared as text without white space; check digits are not verified. */
export function accountKey(text: string): string {
  return text.replace(/\s+/g, "");
}

export function planPayment(
  instruction: Instruction,
  directory: Directory,
): { readonly payment: PlannedPayment } | { readonly reason: Reason } {
  const { currency, amount, debtorAccount, creditorAccount, endToEndId, paymentId } = instruction;
  const debtor = directory.debtorOf(accountKey(debtorAccount));
  if (debtor === undefined) {
    return { reason: reason("AC02", `the account map has no ${shown(debtorAccount)} (debtor)`) };
  }
  const creditor = directory.creditorOf(accountKey(creditorAccount));
  if (creditor === undefined) {
    return {
      reason: reason("AC03", `the account map has no ${shown(creditorAccount)} (creditor)`),
    };
  }
  const scale = directory.scaleOf(currency);
  if (scale === undefined) {
    return { reason: reason("AM03", `the ledger has no asset ${currency}`) };
  }
  if (amount.scale > scale) {
    const words = `${decimalText(amount)} has more than the ${scale} decimal places of ${currency}`;
    return { reason: reason("CH20", words) };
  }
  const minorUnits = unitsAt(amount, scale);
  if (minorUnits > I64_MAX) {
    return { reason: reason("AM02", "the amount is larger than any that the ledger holds") };
  }
  const reference = referenceOf(endToEndId);
  return { payment: { debtor, creditor, asset: currency, minorUnits, reference, paymentId } };
}

function shown(account: string): string {
  return `account ${account.slice(0, 40)}`;
}

const END_TO_END_ID_SIZE_BYTES_MAX = 35;
const TEXT_SIZE_BYTES_MAX = 64;

/**
 * The reference under which the creditor finds the payment: the end to end id. It depends on the
 * file alone, because a payment with another reference would be another payment.
 */
function referenceOf(endToEndId: string): PlannedPayment["reference"] {
  if (utf8(endToEndId).length <= END_TO_END_ID_SIZE_BYTES_MAX) {
    return { kind: "endToEndId", value: endToEndId };
  }
  // 35 characters beyond ASCII may need up to 140 bytes: then their beginning, whole characters.
  let value = "";
  for (const character of endToEndId) {
    if (utf8(value + character).length > TEXT_SIZE_BYTES_MAX) break;
    value += character;
  }
  return { kind: "text", value };
}
