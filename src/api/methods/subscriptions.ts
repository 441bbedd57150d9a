/** Lossless subscriptions: cursors over final blocks. */

import { Type } from "typebox";
import { LIMITS } from "../../base/limits.js";
import { method } from "../method.js";
import { eventRecord, headerRecord, paramsOf, receiptRecord } from "../records.js";
import { accountText, countNumber, cursorText, hashText, timeMs, u32Number } from "../scalars.js";

export const topicText = Type.Enum(["blocks", "txs", "account"]);

const itemLimit = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "items that may be sent since the subscription was opened: absolute, never lowered",
});

export const subscriptionMethods = {
  "sub.open": method({
    summary:
      "Opens a subscription after a cursor. The reply names the concrete cursor it begins after.",
    socketOnly: true,
    params: paramsOf({
      topic: topicText,
      accounts: Type.Optional(
        Type.Array(accountText, { minItems: 1, maxItems: LIMITS.subscriptionAccountsMax }),
      ),
      after: Type.Union([Type.Literal("head"), Type.Literal("genesis"), cursorText]),
      limit: Type.Optional(itemLimit),
    }),
    result: Type.Object({
      handle: u32Number,
      cursor: cursorText,
      limit: countNumber,
      head: cursorText,
    }),
    errors: [
      "CURSOR_EXPIRED",
      "UNAUTHENTICATED",
      "FORBIDDEN",
      "NOT_FOUND",
      "TOO_MANY",
      "NEEDS_SOCKET",
    ],
  }),
  "sub.ack": method({
    summary: "Raises the limit of a subscription. Repeating it, or an older one, changes nothing.",
    socketOnly: true,
    params: paramsOf({
      handle: u32Number,
      limit: itemLimit,
      cursor: Type.Optional(cursorText),
    }),
    result: Type.Object({ limit: countNumber, sent: countNumber }),
    errors: ["UNKNOWN_SUBSCRIPTION", "NEEDS_SOCKET"],
  }),
  "sub.close": method({
    summary: "Ends a subscription.",
    socketOnly: true,
    params: paramsOf({ handle: u32Number }),
    result: Type.Object({ cursor: cursorText }),
    errors: ["UNKNOWN_SUBSCRIPTION", "NEEDS_SOCKET"],
  }),
  "sub.list": method({
    summary: "The subscriptions of this socket.",
    socketOnly: true,
    params: paramsOf({}),
    result: Type.Object({
      items: Type.Array(
        Type.Object({
          handle: u32Number,
          topic: topicText,
          cursor: cursorText,
          limit: countNumber,
          sent: countNumber,
          lagBlocks: countNumber,
        }),
      ),
      next: Type.Null(),
      complete: Type.Boolean(),
    }),
    errors: ["NEEDS_SOCKET"],
  }),
};

/** Item of topic `blocks`. */
export const blockItem = Type.Object({ cursor: cursorText, header: headerRecord });

/** Item of topic `txs`: one final transaction. */
export const transactionItem = Type.Object({
  cursor: cursorText,
  txId: hashText,
  blockId: hashText,
  timeMs,
  accounts: Type.Array(accountText),
  receipt: receiptRecord,
  events: Type.Array(eventRecord),
});

/** Item of topic `account`: one event that concerns one of the accounts asked for. */
export const accountItem = Type.Object({
  cursor: cursorText,
  txId: hashText,
  blockId: hashText,
  timeMs,
  event: eventRecord,
});
