/** Handlers of sub.*. */

import {
  ApiError,
  compareCursors,
  cursorFromText,
  cursorToText,
  endOfBlock,
  GENESIS_CURSOR,
} from "../../api/index.js";
import { assert } from "../../base/assert.js";
import { LIMITS } from "../../base/limits.js";
import type { AccountId } from "../../types/primitives.js";
import type { Position } from "../../types/receipt.js";
import type { Caller, SocketContext } from "../caller.js";
import type { Handlers } from "../rpc.js";
import { accountParam, invalidParam, type MethodContext } from "./context.js";

type SubscriptionHandlers = Pick<Handlers, "sub.open" | "sub.ack" | "sub.close" | "sub.list">;

function socketOf(caller: Caller): SocketContext {
  assert(caller.socket !== undefined, "the contract lets only sockets subscribe");
  return caller.socket;
}

export function subscriptionHandlers(context: MethodContext): SubscriptionHandlers {
  const { node, rights } = context;

  function cursorParam(text: string): Position {
    const head = node.head().height;
    if (text === "genesis") return GENESIS_CURSOR;
    if (text === "head") return endOfBlock(head);
    const cursor = cursorFromText(text);
    if (cursor === undefined) throw invalidParam("/after", "it is no cursor");
    if (compareCursors(cursor, endOfBlock(head)) > 0) {
      // A validator that is behind the one asked before: nothing is wrong with the cursor.
      throw new ApiError("NOT_FOUND", "The cursor lies ahead of this validator's head.", {
        headHeight: head,
      });
    }
    return cursor;
  }

  async function requireTopic(
    caller: Caller,
    topic: "blocks" | "txs" | "account",
    accounts: readonly AccountId[] | undefined,
  ): Promise<void> {
    if (topic === "blocks") {
      if (accounts !== undefined) throw invalidParam("/accounts", "topic blocks has no filter");
      return;
    }
    if (topic === "account" && accounts === undefined) {
      throw invalidParam("/accounts", "topic account needs it");
    }
    rights.requireLogin(caller.principal);
    await rights.learn(accounts ?? []);
    for (const account of accounts ?? []) await rights.requireAccount(caller.principal, account);
  }

  return {
    "sub.open": async ({ topic, accounts: texts, after, limit }, caller) => {
      const { subscriptions } = socketOf(caller);
      const accounts = texts?.map((text, i) => accountParam(text, `/accounts/${i}`));
      await requireTopic(caller, topic, accounts);
      const subscription = subscriptions.open({
        topic,
        accounts,
        after: cursorParam(after),
        limit: limit ?? LIMITS.subscriptionItemsDefault,
        principal: caller.principal,
      });
      const result = {
        handle: subscription.handle,
        cursor: cursorToText(subscription.cursor),
        limit: subscription.limit,
        head: cursorToText(endOfBlock(node.head().height)),
      };
      // After this answer, so that a client knows the handle before the first item.
      context.options.clock.soon(() => subscriptions.pump());
      return result;
    },

    "sub.ack": ({ handle, limit }, caller) => {
      const { subscriptions } = socketOf(caller);
      const subscription = subscriptions.find(handle);
      subscription.limit = Math.max(subscription.limit, limit);
      subscriptions.pump();
      return { limit: subscription.limit, sent: subscription.sent };
    },

    "sub.close": ({ handle }, caller) => {
      const subscription = socketOf(caller).subscriptions.close(handle);
      return { cursor: cursorToText(subscription.told) };
    },

    "sub.list": (_params, caller) => ({
      items: socketOf(caller)
        .subscriptions.list()
        .map((subscription) => ({
          handle: subscription.handle,
          topic: subscription.topic,
          cursor: cursorToText(subscription.told),
          limit: subscription.limit,
          sent: subscription.sent,
          lagBlocks: Math.max(0, node.head().height - subscription.cursor.height),
        })),
      next: null,
      complete: true,
    }),
  };
}
