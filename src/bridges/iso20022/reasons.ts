/**
 * Reasons by the external code set of ISO 20022 (ExternalStatusReason1Code), and the one for each
 * result code of the ledger.
 */

import { RESULT_CODES, type ResultName } from "../../declarations/resultCodes.js";

/** Why something is not paid: a code for programs, a sentence for people. */
export interface Reason {
  readonly code: ReasonCode;
  readonly words: string;
}

/** Reasons in use, in the words of the code set. */
export const REASON_CODES = {
  AC02: "Debtor account number invalid or missing",
  AC03: "Creditor account number invalid or missing",
  AC04: "Account closed",
  AC06: "Account blocked",
  AG01: "Transaction forbidden on this type of account",
  AG03: "Transaction type not supported on this account",
  AM01: "Amount is zero",
  AM02: "Amount greater than the allowed maximum",
  AM03: "Currency not processable",
  AM04: "Insufficient funds",
  AM05: "Duplication",
  AM11: "Transaction currency invalid or missing",
  AM12: "Amount invalid or missing",
  AM14: "Amount exceeds the limit agreed between bank and client",
  AM16: "Control sum at group level invalid",
  AM17: "Control sum at payment information level invalid",
  AM19: "Number of transactions at group level invalid or missing",
  AM20: "Number of transactions at payment information level invalid",
  CH16: "Content is incorrect",
  CH20: "Number of decimal points not compatible with the currency",
  CH21: "Mandatory element missing",
  DS0H: "Signer not allowed to sign for this account",
  DT01: "Invalid date",
  DT04: "Future date not supported",
  DU04: "End to end id not unique",
  FF08: "End to end id missing or invalid",
  FF10: "Cannot be processed for technical reasons",
  NARR: "Reason in the additional information",
} as const;
export type ReasonCode = keyof typeof REASON_CODES;

export function reason(code: ReasonCode, words: string): Reason {
  return { code, words };
}

/** Ledger codes that have a reason of their own; all others are NARR with the code's text. */
const OF_RESULT: Partial<Record<ResultName, ReasonCode>> = {
  UNKNOWN_ACCOUNT: "AC02",
  ACCOUNT_CLOSED: "AC04",
  NOT_AUTHORISED: "DS0H",
  ROW_QUOTA: "FF10",
  UNKNOWN_ASSET: "AM03",
  UNKNOWN_RECIPIENT: "AC03",
  INSUFFICIENT_BALANCE: "AM04",
  FROZEN: "AC06",
  HOLDER_NOT_AUTHORISED: "AG01",
  LIMIT_EXCEEDED: "AM14",
  REFERENCE_REQUIRED: "FF08",
  RECEIVE_POLICY: "AG03",
  NOT_TRANSFERABLE: "AG01",
  DUPLICATE_ID: "AM05",
  ID_REUSED: "DU04",
};

/** The reason for a result code of the ledger, by its name. */
export function reasonOfResult(name: string): Reason {
  const declared = Object.hasOwn(RESULT_CODES, name) ? RESULT_CODES[name as ResultName] : undefined;
  if (declared === undefined) return reason("NARR", `the ledger answered ${name}`);
  return reason(
    OF_RESULT[name as ResultName] ?? "NARR",
    `${declared.text} (${declared.name}, ${declared.code})`,
  );
}
