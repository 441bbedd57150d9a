/** ISO 20022: credit transfers in (pain.001), status reports out (pain.002). See ../README.md. */

export { Iso20022Error, type Iso20022ErrorCode } from "./errors.js";
export { type ImportOptions, type Payer, runImport } from "./importRun.js";
export { type JudgedFile, type JudgeOptions, judgeFile } from "./judge.js";
export { LedgerPayer } from "./ledgerPayer.js";
export {
  groupStatus,
  type ImportReport,
  type LedgerPlace,
  type Outcome,
  type OutcomeStatus,
  type ReportedEntry,
  STATUS_CODES,
} from "./outcome.js";
export { type CreditTransferFile, readCreditTransfers } from "./pain001.js";
export { type ReportHeader, writeStatusReport } from "./pain002.js";
export { type EntryIdentification, entryPaymentId } from "./paymentId.js";
export { REASON_CODES, type Reason, type ReasonCode } from "./reasons.js";
export { accountKey, type Directory, type PlannedPayment } from "./resolve.js";
