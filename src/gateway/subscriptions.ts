/**
 * Subscriptions of one socket. Each is a cursor over final blocks and nothing else: no queue, so a
 * slow reader costs a few numbers, misses nothing and holds nobody up.
 */

import {
  ApiError,
  compareCursors,
  cursorToText,
  endOfBlock,
  type NotificationName,
  type NotificationParams,
  type Topic,
} from "../api/index.js";
import { LIMITS } from "../base/limits.js";
import type { NodeApi } from "../ports/nodeApi.js";
import type { AccountId } from "../types/primitives.js";
import type { Position } from "../types/receipt.js";
import type { Principal, Rights } from "./rights.js";
import { errorToJson } from "./rpc.js";
import { collectItems, type Item } from "./topics.js";

/** Sends a notification; text is made only where it is sent. */
export type Notify = <N extends NotificationName>(name: N, params: NotificationParams<N>) => void;

export interface SubscriptionRequest {
  readonly topic: Topic;
  /** Only what concerns one of these; all that the asker may read where it is absent. */
  readonly accounts: readonly AccountId[] | undefined;
  readonly after: Position;
  readonly limit: number;
  readonly principal: Principal;
}

export interface Subscription extends SubscriptionRequest {
  readonly handle: number;
  /** Place up to which blocks were read. */
  cursor: Position;
  /** Place that the client was told last. */
  told: Position;
  limit: number;
  sent: number;
}

export interface SubscriptionEnvironment {
  readonly node: NodeApi;
  readonly rights: Rights;
  readonly notify: Notify;
  readonly bufferedSizeBytes: () => number;
  readonly lowWaterSizeBytes: number;
  readonly subscriptionsMax: number;
  /** Resolves when blocks may be read: all sockets share the time for it. */
  readonly turn: () => Promise<void>;
  readonly onBug: (error: unknown) => void;
}

/** First block whose content may follow a cursor. */
function nextHeight(cursor: Position): number {
  return compareCursors(cursor, endOfBlock(cursor.height)) === 0
    ? cursor.height + 1
    : cursor.height;
}

export class SubscriptionSet {
  readonly #open = new Map<number, Subscription>();
  #lastHandle = 0;
  #isPumping = false;
  #mustPumpAgain = false;
  #isClosed = false;

  constructor(readonly environment: SubscriptionEnvironment) {}

  get size(): number {
    return this.#open.size;
  }

  /** @throws {ApiError} TOO_MANY, or CURSOR_EXPIRED with the oldest cursor. */
  open(request: SubscriptionRequest): Subscription {
    const { subscriptionsMax } = this.environment;
    if (this.#open.size >= subscriptionsMax) {
      throw new ApiError("TOO_MANY", `A socket holds at most ${subscriptionsMax} subscriptions.`, {
        max: subscriptionsMax,
      });
    }
    this.#requireKept(request.after);
    this.#lastHandle++;
    const subscription: Subscription = {
      ...request,
      handle: this.#lastHandle,
      cursor: request.after,
      told: request.after,
      sent: 0,
    };
    this.#open.set(subscription.handle, subscription);
    return subscription;
  }

  #requireKept(cursor: Position): void {
    const lowest = this.environment.node.lowestHeight();
    if (nextHeight(cursor) >= Math.max(lowest, 1)) return;
    const oldestCursor = cursorToText(endOfBlock(lowest - 1));
    throw new ApiError("CURSOR_EXPIRED", "What follows this cursor is no longer kept here.", {
      oldestCursor,
    });
  }

  /** @throws {ApiError} UNKNOWN_SUBSCRIPTION. */
  find(handle: number): Subscription {
    const subscription = this.#open.get(handle);
    if (subscription === undefined) {
      throw new ApiError("UNKNOWN_SUBSCRIPTION", "This socket has no subscription of that handle.");
    }
    return subscription;
  }

  close(handle: number): Subscription {
    const subscription = this.find(handle);
    this.#open.delete(handle);
    return subscription;
  }

  closeAll(): void {
    this.#isClosed = true;
    this.#open.clear();
  }

  list(): readonly Subscription[] {
    return [...this.#open.values()];
  }

  /** Sends what there is, as far as credits and the socket allow. Cheap where there is nothing. */
  pump(): void {
    if (this.#isPumping) {
      this.#mustPumpAgain = true;
      return;
    }
    if (this.#open.size === 0) return;
    this.#isPumping = true;
    void this.#pumpAll()
      .catch((error: unknown) => {
        this.environment.onBug(error);
        this.closeAll();
      })
      .finally(() => {
        this.#isPumping = false;
        if (this.#mustPumpAgain) {
          this.#mustPumpAgain = false;
          this.pump();
        }
      });
  }

  async #pumpAll(): Promise<void> {
    const { bufferedSizeBytes, lowWaterSizeBytes, turn } = this.environment;
    for (let hasMoved = true; hasMoved && !this.#isClosed; ) {
      hasMoved = false;
      // One step each, in turn, so that a subscription from genesis delays none at the head.
      for (const subscription of this.list()) {
        if (!this.#mayMove(subscription)) continue;
        await turn();
        if (this.#isClosed || bufferedSizeBytes() >= lowWaterSizeBytes) return;
        if (await this.#step(subscription)) hasMoved = true;
      }
    }
  }

  /** Whether it has credit left and there are blocks that it has not read. */
  #mayMove({ limit, sent, cursor }: Subscription): boolean {
    return limit > sent && nextHeight(cursor) <= this.environment.node.head().height;
  }

  /** Whether the subscription moved. */
  async #step(subscription: Subscription): Promise<boolean> {
    const { node, rights, notify } = this.environment;
    // While it waited for its turn it may have been closed.
    if (!this.#mayMove(subscription) || !this.#open.has(subscription.handle)) return false;
    try {
      this.#requireKept(subscription.cursor);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#end(subscription, error);
      return false;
    }
    const { principal } = subscription;
    if (principal.kind === "account" && (await rights.current(principal)).kind === "anonymous") {
      const words = "The account was closed or has other keys: log in again and open it anew.";
      this.#end(subscription, new ApiError("UNAUTHENTICATED", words));
      return false;
    }
    const items: Item[] = [];
    const room = subscription.limit - subscription.sent;
    const itemsMax = Math.min(room, LIMITS.subscriptionItemsPerMessageMax);
    let cursor = subscription.cursor;
    let transactions = 0;
    for (let scanned = 0; scanned < LIMITS.subscriptionScanBlocks; scanned++) {
      const height = nextHeight(cursor);
      const final = height > node.head().height ? undefined : node.finalBlock(height);
      if (final === undefined) break;
      const found = await collectItems(
        rights,
        subscription,
        final,
        cursor,
        itemsMax - items.length,
      );
      items.push(...found.items);
      cursor = found.cursor;
      transactions += final.executed.length;
      if (items.length >= itemsMax || transactions >= LIMITS.subscriptionScanTransactions) break;
    }
    // While others were asked it may have been closed; then nothing more is said about it.
    if (this.#isClosed || !this.#open.has(subscription.handle)) return false;
    const hasMoved = compareCursors(cursor, subscription.cursor) !== 0;
    subscription.cursor = cursor;
    if (items.length === 0) return hasMoved;
    subscription.sent += items.length;
    notify("sub.event", {
      handle: subscription.handle,
      prev: cursorToText(subscription.told),
      cursor: cursorToText(cursor),
      items,
    });
    subscription.told = cursor;
    return true;
  }

  /** Tells clients how far was read where nothing concerned them, so that they resume there. */
  tellCursors(): void {
    const { notify } = this.environment;
    for (const subscription of this.#open.values()) {
      const { handle, told, cursor } = subscription;
      if (compareCursors(told, cursor) === 0) continue;
      notify("sub.event", {
        handle,
        prev: cursorToText(told),
        cursor: cursorToText(cursor),
        items: [],
      });
      subscription.told = cursor;
    }
  }

  #end(subscription: Subscription, error: ApiError): void {
    this.#open.delete(subscription.handle);
    const cursor = cursorToText(subscription.told);
    this.environment.notify("sub.closed", {
      handle: subscription.handle,
      cursor,
      error: errorToJson(error, "subscription"),
    });
  }
}
