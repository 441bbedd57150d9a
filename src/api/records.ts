/** Records that several methods answer. Result objects are open: a later node may add fields. */

import { Type } from "typebox";
import { LIMITS } from "../base/limits.js";
import {
  accountText,
  blindText,
  bytesText,
  countNumber,
  cursorText,
  hashText,
  timeMs,
  u16Number,
  u32Number,
  u64Text,
} from "./scalars.js";

/** Parameters: no unknown field is accepted. */
export function paramsOf<P extends Parameters<typeof Type.Object>[0]>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** The final block from whose state an answer was made. */
export const atRecord = Type.Object({ height: countNumber, blockId: hashText });

/** A page: `next` continues it; `complete` says that nothing follows. */
export function pageOf<T extends Parameters<typeof Type.Array>[0]>(item: T, nextText = cursorText) {
  return Type.Object({
    at: atRecord,
    items: Type.Array(item),
    next: Type.Union([nextText, Type.Null()]),
    complete: Type.Boolean(),
  });
}

export const positionRecord = Type.Object({
  height: countNumber,
  index: u32Number,
  event: u32Number,
});

export const outcomeText = Type.Enum(["applied", "failed", "void"]);

export const headerRecord = Type.Object({
  height: countNumber,
  blockId: hashText,
  parentId: hashText,
  epoch: countNumber,
  view: countNumber,
  parentView: countNumber,
  proposer: u16Number,
  timeMs,
  transactionCount: u32Number,
  cutRoot: hashText,
  parentResult: hashText,
  historyRoot: hashText,
  flags: u16Number,
  /** Result hash of this block: what its finalization certifies beside its id. */
  resultHash: hashText,
  /** BCS bytes of the header, of which the block id is made. */
  encoded: bytesText(4_096),
});

export const codeRecord = {
  /** Result code: 0 when applied. */
  code: u16Number,
  /** Name of the code, as in the catalogue of result codes. */
  codeName: Type.String(),
};

export const receiptRecord = Type.Object({
  txId: hashText,
  position: positionRecord,
  outcome: outcomeText,
  ...codeRecord,
  /** Index of the operation that failed, or null. */
  failedOperation: Type.Union([Type.Integer({ minimum: 0, maximum: 63 }), Type.Null()]),
  eventsRoot: hashText,
  eventCount: u32Number,
  cost: u64Text,
});

/** Decoded content in JSON form: u64 as decimal text, ids as bech32m, other bytes as hex. */
export const fieldsRecord = Type.Record(Type.String(), Type.Unknown());

export const eventRecord = Type.Object({
  cursor: cursorText,
  code: u16Number,
  name: Type.String(),
  /** Accounts that it concerns. */
  accounts: Type.Array(accountText),
  fields: fieldsRecord,
  /** BCS bytes of its body. */
  body: bytesText(65_536),
  /** With code and body it makes the event's leaf; zero for public events. */
  blind: blindText,
});

export const operationRecord = Type.Object({
  /** Its place in the transaction, from 0. */
  index: u16Number,
  code: u16Number,
  name: Type.String(),
  fields: fieldsRecord,
  /** BCS bytes of its body; absent where it holds a secret of another organisation. */
  body: Type.Optional(bytesText(LIMITS.operationBodySizeBytesMax)),
});

export const transactionRecord = Type.Object({
  /** Channel and nonce are shown to organisations that signed. */
  channel: Type.Optional(u32Number),
  nonce: Type.Optional(u64Text),
  validUntilMs: countNumber,
  /** Null in place of a party that acts in no operation that is shown. */
  parties: Type.Array(Type.Union([accountText, Type.Null()])),
  /** Those that the asker may see, in their order. */
  operations: Type.Array(operationRecord),
  attachmentSizeBytes: countNumber,
});

export const certificateRecord = Type.Object({
  kind: Type.Enum(["notarize", "nullify", "finalize"]),
  epoch: countNumber,
  view: countNumber,
  blockId: hashText,
  resultHash: hashText,
  voters: Type.Array(u16Number),
  /** BCS bytes of the certificate with its signatures. */
  encoded: bytesText(LIMITS.certificateSizeBytesMax),
});

/**
 * Where a transaction stands. `final` and `expired` are terminal. `voided` is not: a final block
 * holds it without effect, and until it expires a later block may still apply it.
 */
export const transactionStatusText = Type.Enum([
  "received",
  "admitted",
  "final",
  "voided",
  "expired",
  "unknown",
]);

/** Public part of a transaction's state; the fields after `status` are there when it is final or voided. */
export const statusRecord = Type.Object({
  txId: hashText,
  status: transactionStatusText,
  height: Type.Optional(countNumber),
  index: Type.Optional(u32Number),
  blockId: Type.Optional(hashText),
  timeMs: Type.Optional(timeMs),
  outcome: Type.Optional(outcomeText),
  code: Type.Optional(codeRecord.code),
  codeName: Type.Optional(codeRecord.codeName),
});

export const proofText = bytesText(LIMITS.proofFileSizeBytesMax);
