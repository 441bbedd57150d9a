/** Subscriptions as async iterables that survive reconnects without gap or repetition. */

import {
  ApiError,
  compareCursors,
  cursorFromText,
  type NotificationParams,
  type Topic,
  type TopicItems,
} from "../api/index.js";
import type { Connection } from "./connection.js";
import { errorFromJson } from "./connection.js";
import { ClientError } from "./errors.js";

export interface SubscribeOptions {
  /** Only what concerns one of these accounts (`fa1...`). Topic `account` needs it. */
  readonly accounts?: readonly string[];
  /** A cursor, exclusive; `head` for what comes from now on; `genesis` for everything. */
  readonly after?: string;
  /** Items that may wait here unread: the credit given to the node. */
  readonly window?: number;
  readonly signal?: AbortSignal;
}

type AnyItem = TopicItems[Topic];

const DEFAULT_WINDOW = 512;

/**
 * Iterate over it with `for await`. `cursor` is the place of the last item that was handed out:
 * keep it with the effect of that item, and give it as `after` to go on from there.
 */
export class Subscription<T extends Topic> implements AsyncIterableIterator<TopicItems[T]> {
  /** Place up to which items came from the node. */
  #received: string;
  #cursor: string;
  #queue: AnyItem[] = [];
  #handle: number | undefined;
  /** Counted from the opening of the present handle. */
  #receivedHere = 0;
  #limit = 0;
  #isOpening = false;
  #mustReopen = false;
  #error: Error | undefined;
  #isDone = false;
  #waiting: { resolve: () => void } | undefined;
  readonly #window: number;
  readonly #onAbort = () => this.fail(this.options.signal?.reason as Error);

  constructor(
    readonly connection: Connection,
    readonly topic: T,
    readonly options: SubscribeOptions,
    readonly onEnd: () => void,
  ) {
    this.#received = options.after ?? "head";
    this.#cursor = this.#received;
    this.#window = options.window ?? DEFAULT_WINDOW;
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted === true) this.#onAbort();
  }

  /** Place of the last item that was handed out; where reading began before the first. */
  get cursor(): string {
    return this.#cursor;
  }

  /** Opens it on the present session. */
  async open(): Promise<void> {
    if (this.#isDone || this.#error !== undefined) return;
    if (this.#isOpening) {
      this.#mustReopen = true;
      return;
    }
    this.#isOpening = true;
    this.#handle = undefined;
    try {
      const room = Math.max(0, this.#window - this.#queue.length);
      const params = {
        topic: this.topic,
        after: this.#received,
        limit: room,
        ...(this.options.accounts === undefined ? {} : { accounts: [...this.options.accounts] }),
      };
      await this.connection.call("sub.open", params, {
        onResult: (opened) => {
          this.#handle = opened.handle;
          this.#limit = opened.limit;
          this.#receivedHere = 0;
          // "head" became a concrete place: from here on nothing can be missed.
          if (this.#cursor === this.#received) this.#cursor = opened.cursor;
          this.#received = opened.cursor;
        },
      });
      this.#giveCredit();
    } catch (error) {
      // A lost connection opens it again when there is another session.
      const isLost = error instanceof ClientError && error.code === "CONNECTION_LOST";
      const isBehind =
        error instanceof ApiError &&
        error.code === "NOT_FOUND" &&
        "headHeight" in error.detail.data;
      if (isBehind) this.#mustReopen = true;
      else if (!isLost) this.fail(error as Error);
    } finally {
      this.#isOpening = false;
      if (this.#mustReopen) {
        this.#mustReopen = false;
        setTimeout(() => void this.open(), 100);
      }
    }
  }

  lost(): void {
    this.#handle = undefined;
  }

  owns(handle: number): boolean {
    return this.#handle === handle;
  }

  /** Takes items from the node. Where its `prev` is not ours, something is missing: open anew. */
  take(event: NotificationParams<"sub.event">): void {
    if (event.prev !== this.#received) {
      const handle = this.#handle;
      this.#handle = undefined;
      if (handle !== undefined) void this.connection.call("sub.close", { handle }).catch(() => {});
      void this.open();
      return;
    }
    this.#received = event.cursor;
    this.#receivedHere += event.items.length;
    for (const item of event.items) this.#queue.push(item);
    if (this.#queue.length === 0 && this.#isAhead(event.cursor)) this.#cursor = event.cursor;
    this.#wake();
  }

  #isAhead(cursor: string): boolean {
    const [a, b] = [cursorFromText(cursor), cursorFromText(this.#cursor)];
    return a !== undefined && (b === undefined || compareCursors(a, b) > 0);
  }

  closedByNode(params: NotificationParams<"sub.closed">): void {
    this.fail(errorFromJson(params.error));
  }

  /** Ends it with an error, after the items that came before. */
  fail(error: Error): void {
    if (this.#isDone || this.#error !== undefined) return;
    this.#error = error;
    this.#release();
    this.#wake();
  }

  #release(): void {
    this.options.signal?.removeEventListener("abort", this.#onAbort);
    const handle = this.#handle;
    this.#handle = undefined;
    this.onEnd();
    if (handle !== undefined) void this.connection.call("sub.close", { handle }).catch(() => {});
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Raises the limit when half of the window is free again. */
  #giveCredit(): void {
    if (this.#handle === undefined) return;
    const limit = this.#receivedHere + this.#window - this.#queue.length;
    if (limit - this.#limit < this.#window / 2) return;
    this.#limit = limit;
    const acknowledgement = { handle: this.#handle, limit };
    void this.connection.call("sub.ack", acknowledgement).catch(() => {});
  }

  async next(): Promise<IteratorResult<TopicItems[T]>> {
    for (;;) {
      const item = this.#queue.shift();
      if (item !== undefined) {
        this.#cursor = item.cursor;
        this.#giveCredit();
        return { done: false, value: item as TopicItems[T] };
      }
      if (this.#isDone) return { done: true, value: undefined };
      if (this.#error !== undefined) {
        this.#isDone = true;
        throw this.#error;
      }
      await new Promise<void>((resolve) => {
        this.#waiting = { resolve };
      });
    }
  }

  /** Ends it; the loop that reads it ends too. */
  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#queue = [];
    if (this.#error === undefined) this.#release();
    this.#wake();
  }

  return(): Promise<IteratorResult<TopicItems[T]>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
