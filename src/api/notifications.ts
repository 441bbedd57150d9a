/** What a gateway says unasked, on a WebSocket. */

import { type Static, Type } from "typebox";
import { limitsRecord } from "./methods/node.js";
import { accountItem, blockItem, transactionItem } from "./methods/subscriptions.js";
import {
  bytesText,
  countNumber,
  cursorText,
  hashText,
  timeMs,
  u16Number,
  u32Number,
  validatorText,
} from "./scalars.js";

const headRecord = Type.Object({ height: countNumber, blockId: hashText, timeMs });

export const NOTIFICATIONS = {
  hello: {
    summary: "First message of the node: all that a client must obey, and the nonce of a login.",
    params: Type.Object({
      protocol: Type.Object({ min: u16Number, max: u16Number }),
      networkName: Type.String(),
      genesisHash: hashText,
      validator: Type.Object({ index: u16Number, validatorId: validatorText }),
      softwareVersion: Type.String(),
      mode: Type.Enum(["open", "scoped"]),
      head: headRecord,
      limits: limitsRecord,
      /** 32 random bytes for `auth.login` on this socket. */
      nonce: bytesText(32),
      /** Host as the node understood it: part of what a login signs. */
      host: Type.String(),
    }),
  },
  "sub.event": {
    summary:
      "Items of a subscription. `prev` is the cursor before them: where it differs from the last one seen, something is missing.",
    params: Type.Object({
      handle: u32Number,
      prev: cursorText,
      cursor: cursorText,
      /** Of the topic's kind; empty where nothing concerned the subscriber up to `cursor`. */
      items: Type.Array(Type.Union([blockItem, transactionItem, accountItem])),
    }),
  },
  "sub.closed": {
    summary: "The node ended a subscription: its cursor is no longer kept here.",
    params: Type.Object({
      handle: u32Number,
      cursor: cursorText,
      error: Type.Object({
        code: Type.Integer(),
        message: Type.String(),
        data: Type.Record(Type.String(), Type.Unknown()),
      }),
    }),
  },
  beat: {
    summary:
      "At least once a second on a socket with subscriptions: alive, and how far the chain is.",
    params: Type.Object({ head: headRecord, nowMs: timeMs }),
  },
} as const;

export type NotificationName = keyof typeof NOTIFICATIONS;
export type NotificationParams<N extends NotificationName> = Static<
  (typeof NOTIFICATIONS)[N]["params"]
>;

export type BlockItem = Static<typeof blockItem>;
export type TransactionItem = Static<typeof transactionItem>;
export type AccountItem = Static<typeof accountItem>;

export interface TopicItems {
  readonly blocks: BlockItem;
  readonly txs: TransactionItem;
  readonly account: AccountItem;
}
export type Topic = keyof TopicItems;
