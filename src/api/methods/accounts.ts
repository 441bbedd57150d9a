/** Methods about accounts and assets. */

import { Type } from "typebox";
import { method } from "../method.js";
import { atRecord, eventRecord, pageOf, paramsOf, proofText, receiptRecord } from "../records.js";
import {
  accountText,
  assetCode,
  countNumber,
  cursorText,
  hashText,
  i64Text,
  pageLimit,
  timeMs,
  u16Number,
  u32Number,
  u64Text,
} from "../scalars.js";

export const assetRecord = Type.Object({
  asset: u32Number,
  code: assetCode,
  scale: Type.Integer({ minimum: 0, maximum: 9 }),
  organisation: u32Number,
  iso4217: u16Number,
  kind: u16Number,
  flags: u16Number,
  lockedFlags: u16Number,
  maxSupply: u64Text,
  issued: u64Text,
  redeemed: u64Text,
  frozen: Type.Boolean(),
});

export const balanceRecord = Type.Object({
  asset: u32Number,
  code: assetCode,
  scale: Type.Integer({ minimum: 0, maximum: 9 }),
  /** Minor units; negative where an overdraft is in use. */
  available: i64Text,
  held: u64Text,
  authorised: Type.Boolean(),
  frozen: Type.Boolean(),
  overdraft: u64Text,
  balanceMax: u64Text,
  transferMax: u64Text,
  dayMax: u64Text,
  /** Events that changed this balance so far, and the hash chain over them. */
  seq: u64Text,
  head: hashText,
});

export const historyItem = Type.Object({
  cursor: cursorText,
  txId: hashText,
  blockId: hashText,
  timeMs,
  receipt: receiptRecord,
  events: Type.Array(eventRecord),
});

export const accountMethods = {
  "account.get": method({
    summary: "An account with its balances; with `proof`, a proof file of its row too.",
    scope: "party",
    params: paramsOf({ account: accountText, proof: Type.Optional(Type.Boolean()) }),
    result: Type.Object({
      at: atRecord,
      account: accountText,
      organisation: u32Number,
      roles: Type.Array(Type.Enum(["admin", "issuer", "auditor", "operator"])),
      status: Type.Enum(["active", "closed"]),
      referenceRequired: Type.Boolean(),
      amountMin: u64Text,
      /** Numbers of the assets that it takes; empty for all. */
      assets: Type.Array(u32Number),
      keyPolicy: Type.Object({
        threshold: u16Number,
        keys: Type.Array(Type.Object({ publicKey: hashText, weight: u16Number })),
      }),
      balances: Type.Array(balanceRecord),
      proof: Type.Optional(proofText),
    }),
    errors: ["NOT_FOUND", "UNAUTHENTICATED", "FORBIDDEN", "NOT_READY"],
  }),
  "account.history": method({
    summary: "Transactions that concern an account, newest first unless `order` says otherwise.",
    scope: "party",
    params: paramsOf({
      account: accountText,
      cursor: Type.Optional(cursorText),
      order: Type.Optional(Type.Enum(["ascending", "descending"])),
      limit: Type.Optional(pageLimit),
    }),
    result: pageOf(historyItem),
    errors: ["NOT_FOUND", "UNAUTHENTICATED", "FORBIDDEN"],
  }),
  "account.nonce": method({
    summary: "The highest nonce used in a channel, and the range that is fresh.",
    scope: "party",
    params: paramsOf({ account: accountText, channel: Type.Optional(u32Number) }),
    result: Type.Object({
      at: atRecord,
      account: accountText,
      channel: u32Number,
      /** Whether the channel has been used. */
      isOpen: Type.Boolean(),
      /** Channels of this account that are in use. */
      channels: countNumber,
      highest: u64Text,
      next: u64Text,
    }),
    errors: ["NOT_FOUND", "UNAUTHENTICATED", "FORBIDDEN"],
  }),
  "asset.get": method({
    summary: "An asset by its code.",
    params: paramsOf({ asset: assetCode }),
    result: Type.Object({ at: atRecord, asset: assetRecord }),
    errors: ["NOT_FOUND"],
  }),
  "asset.list": method({
    summary: "Assets in order of registration.",
    params: paramsOf({ after: Type.Optional(u32Number), limit: Type.Optional(pageLimit) }),
    result: Type.Object({
      at: atRecord,
      items: Type.Array(assetRecord),
      /** `after` of the next page. */
      next: Type.Union([u32Number, Type.Null()]),
      complete: Type.Boolean(),
    }),
  }),
};
