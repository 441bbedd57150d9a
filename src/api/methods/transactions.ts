/** Methods that submit, follow and simulate transactions. */

import { Type } from "typebox";
import { LIMITS } from "../../base/limits.js";
import { method } from "../method.js";
import {
  atRecord,
  eventRecord,
  paramsOf,
  proofText,
  receiptRecord,
  statusRecord,
  transactionRecord,
} from "../records.js";
import { hashText, timeMs, transactionText } from "../scalars.js";

const submitOptions = {
  wait: Type.Optional(
    Type.Enum(["none", "admitted", "final"], {
      description:
        "answer when received, when f + 1 validators hold it, or when final; final if absent",
    }),
  ),
  timeoutMs: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.waitMsMax,
      description: "longest wait; 10000 if absent",
    }),
  ),
  receipt: Type.Optional(
    Type.Enum(["none", "full", "proof"], {
      description:
        "what to add to a final answer: nothing, receipt and events, or these and a proof file",
    }),
  ),
};

export const submitResult = Type.Object({
  ...statusRecord.properties,
  /** Whether the node knew this transaction before. */
  duplicate: Type.Boolean(),
  receipt: Type.Optional(receiptRecord),
  events: Type.Optional(Type.Array(eventRecord)),
  /** A proof file (proofs/README.md). */
  proof: Type.Optional(proofText),
});

/** One entry of `tx.submitMany`: as the result of `tx.submit`, or its error. */
export const submitEntry = Type.Union([
  submitResult,
  Type.Object({
    error: Type.Object({
      code: Type.Integer(),
      message: Type.String(),
      data: Type.Record(Type.String(), Type.Unknown()),
    }),
  }),
]);

const submitErrors = [
  "MALFORMED_TX",
  "TOO_LARGE",
  "WRONG_CHAIN",
  "BAD_SIGNATURE",
  "EXPIRED",
  "INVALID_TX",
  "NOT_AUTHORISED",
  "OVERLOADED",
  "NOT_READY",
  "WAIT_TIMEOUT",
  "UNAUTHENTICATED",
  "FORBIDDEN",
] as const;

export const transactionMethods = {
  "tx.submit": method({
    summary:
      "Submits a signed transaction. A known one is no error: the same bytes may be sent again, anywhere.",
    params: paramsOf({ tx: transactionText, ...submitOptions }),
    result: submitResult,
    errors: submitErrors,
  }),
  "tx.submitMany": method({
    summary: "Submits up to 1,000 transactions, each independent of the others; answers in order.",
    params: paramsOf({
      txs: Type.Array(transactionText, { minItems: 1, maxItems: LIMITS.submitManyMax }),
      ...submitOptions,
    }),
    result: Type.Object({ items: Type.Array(submitEntry) }),
    errors: submitErrors,
  }),
  "tx.get": method({
    summary:
      "A transaction with its receipt and the events that concern your accounts; whole for whoever signed it.",
    scope: "party",
    params: paramsOf({ txId: hashText, proof: Type.Optional(Type.Boolean()) }),
    result: Type.Object({
      at: atRecord,
      ...statusRecord.properties,
      transaction: Type.Optional(transactionRecord),
      bytes: Type.Optional(transactionText),
      receipt: Type.Optional(receiptRecord),
      events: Type.Optional(Type.Array(eventRecord)),
      proof: Type.Optional(proofText),
    }),
    errors: ["NOT_FOUND", "UNAUTHENTICATED", "FORBIDDEN", "NOT_READY"],
  }),
  "tx.status": method({
    summary: "Where up to 1,000 transactions stand. From indexes only, and public.",
    params: paramsOf({
      txIds: Type.Array(hashText, { minItems: 1, maxItems: LIMITS.statusManyMax }),
    }),
    result: Type.Object({ at: atRecord, items: Type.Array(statusRecord) }),
  }),
  "tx.simulate": method({
    summary: "What a signed transaction would do to the last final state, without submitting it.",
    scope: "party",
    params: paramsOf({ tx: transactionText }),
    result: Type.Object({
      at: atRecord,
      timeMs,
      receipt: receiptRecord,
      events: Type.Array(eventRecord),
    }),
    errors: [
      "MALFORMED_TX",
      "TOO_LARGE",
      "WRONG_CHAIN",
      "BAD_SIGNATURE",
      "EXPIRED",
      "INVALID_TX",
      "OVERLOADED",
      "NOT_READY",
      "UNAUTHENTICATED",
      "FORBIDDEN",
    ],
  }),
};
