/** Methods about blocks, validators and certificates; and search. */

import { Type } from "typebox";
import { method } from "../method.js";
import {
  atRecord,
  certificateRecord,
  headerRecord,
  pageOf,
  paramsOf,
  receiptRecord,
} from "../records.js";
import {
  countNumber,
  hashText,
  pageLimit,
  transactionText,
  u16Number,
  u32Number,
  validatorText,
} from "../scalars.js";

export const includedTransaction = Type.Object({
  index: u32Number,
  txId: hashText,
  /** Absent where it holds a secret of another organisation. */
  bytes: Type.Optional(transactionText),
});

export const chainMethods = {
  "chain.head": method({
    summary: "Header of the last final block.",
    params: paramsOf({}),
    result: Type.Object({ at: atRecord, header: headerRecord }),
    errors: ["NOT_FOUND"],
  }),
  "chain.block": method({
    summary:
      "A final block by height or id. Transactions and receipts only if all of them are yours to read.",
    params: paramsOf({
      height: Type.Optional(countNumber),
      blockId: Type.Optional(hashText),
      include: Type.Optional(
        Type.Array(Type.Enum(["tx", "receipts", "certificate"]), { maxItems: 3 }),
      ),
    }),
    result: Type.Object({
      at: atRecord,
      header: headerRecord,
      transactions: Type.Optional(Type.Array(includedTransaction)),
      receipts: Type.Optional(Type.Array(receiptRecord)),
      certificate: Type.Optional(certificateRecord),
      /** Height whose finalization `certificate` is: this block's, or a later one's. */
      certificateHeight: Type.Optional(countNumber),
    }),
    errors: ["NOT_FOUND", "PRUNED", "UNAUTHENTICATED", "FORBIDDEN", "TOO_LARGE"],
  }),
  "chain.blocks": method({
    summary: "Headers in order of height, newest first unless `order` says otherwise.",
    params: paramsOf({
      from: Type.Optional(countNumber),
      to: Type.Optional(countNumber),
      order: Type.Optional(Type.Enum(["ascending", "descending"])),
      limit: Type.Optional(pageLimit),
    }),
    result: Type.Object({
      at: atRecord,
      items: Type.Array(headerRecord),
      /** Height at which the next page begins (`from` ascending, `to` descending). */
      next: Type.Union([countNumber, Type.Null()]),
      complete: Type.Boolean(),
    }),
    errors: ["PRUNED"],
  }),
  "chain.validators": method({
    summary: "The validators of the present epoch and the size of a quorum.",
    params: paramsOf({}),
    result: Type.Object({
      at: atRecord,
      epoch: countNumber,
      quorum: u16Number,
      items: Type.Array(
        Type.Object({
          index: u16Number,
          validatorId: validatorText,
          organisation: u32Number,
          organisationCode: Type.String(),
          organisationName: Type.String(),
          consensusKey: hashText,
        }),
      ),
      next: Type.Null(),
      complete: Type.Boolean(),
    }),
  }),
  "chain.certificate": method({
    summary: "Finalization of the block at a height, or the nearest later one.",
    params: paramsOf({ height: countNumber }),
    result: Type.Object({
      at: atRecord,
      height: countNumber,
      header: headerRecord,
      certificate: certificateRecord,
    }),
    errors: ["NOT_FOUND", "PRUNED"],
  }),
  search: method({
    summary: "What a text names: a height, a block id, a txId, an account, a validator, an asset.",
    params: paramsOf({ text: Type.String({ minLength: 1, maxLength: 90 }) }),
    result: pageOf(
      Type.Object({
        kind: Type.Enum(["block", "transaction", "account", "validator", "asset"]),
        /** Argument for the method that shows it: a height, a txId, an id, a code. */
        id: Type.String(),
      }),
    ),
    errors: ["UNAUTHENTICATED", "FORBIDDEN"],
  }),
};
