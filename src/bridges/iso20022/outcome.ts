/** What became of each entry: what the report and the command say. */

import type { CreditTransferEntry, CreditTransferFile, PaymentInformation } from "./pain001.js";
import type { Reason } from "./reasons.js";

/** Where a payment is on the ledger. */
export interface LedgerPlace {
  readonly txId: string;
  readonly height?: number;
  readonly index?: number;
}

export type Outcome =
  /** Final, by this run. */
  | { readonly status: "paid"; readonly at: LedgerPlace }
  /** Final, by an earlier run: the ledger knows its payment id. `at` if the node told the place. */
  | { readonly status: "alreadyPaid"; readonly at: LedgerPlace | undefined }
  /** Not paid, and not by repeating the file either, unless what the reason names changes. */
  | { readonly status: "rejected"; readonly reason: Reason }
  /** Not known to be paid: importing the file again settles it. */
  | { readonly status: "pending"; readonly words: string }
  /** Would be paid (dry run). */
  | { readonly status: "checked" };

export type OutcomeStatus = Outcome["status"];

export interface ReportedEntry {
  readonly entry: CreditTransferEntry;
  readonly paymentId: Uint8Array | undefined;
  readonly outcome: Outcome;
}

export interface ReportedPart {
  readonly information: PaymentInformation;
  readonly reason: Reason | undefined;
  readonly entries: readonly ReportedEntry[];
}

export interface ImportReport {
  readonly file: CreditTransferFile;
  readonly refusal: Reason | undefined;
  readonly parts: readonly ReportedPart[];
}

/** Transaction status of ISO 20022 (ExternalPaymentTransactionStatus1Code). */
export const STATUS_CODES = {
  paid: "ACSC",
  alreadyPaid: "ACSC",
  rejected: "RJCT",
  pending: "PDNG",
  checked: "ACTC",
} as const satisfies Record<OutcomeStatus, string>;
export type StatusCode = (typeof STATUS_CODES)[OutcomeStatus];

/** Status of a group of entries: theirs if they agree, else PART. None at all are rejected. */
export function groupStatus(entries: readonly ReportedEntry[]): StatusCode | "PART" {
  const codes = new Set(entries.map(({ outcome }) => STATUS_CODES[outcome.status]));
  const [only = "RJCT"] = codes;
  return codes.size > 1 ? "PART" : only;
}
