/** Who sent a request, and for how long the answer is of use. */

import { ANONYMOUS, type Principal } from "./rights.js";
import type { SubscriptionSet } from "./subscriptions.js";

/** Things to give up when the asker goes away: timers, watches. */
export class Lifetime {
  readonly #endings = new Set<() => void>();
  #hasEnded = false;

  /** Registers an ending; the result takes it back. Called at once if the lifetime is over. */
  add(ending: () => void): () => void {
    if (this.#hasEnded) {
      ending();
      return () => {};
    }
    this.#endings.add(ending);
    return () => {
      this.#endings.delete(ending);
    };
  }

  end(): void {
    this.#hasEnded = true;
    for (const ending of [...this.#endings]) ending();
    this.#endings.clear();
  }
}

/** What belongs to a WebSocket. */
export interface SocketContext {
  /** `Host` as the client sent it. */
  readonly host: string;
  /** What a login on this socket signs. */
  readonly nonce: Uint8Array;
  readonly subscriptions: SubscriptionSet;
}

export class Caller {
  principal: Principal = ANONYMOUS;
  /** Requests that wait for an answer. */
  outstanding = 0;
  readonly lifetime = new Lifetime();

  constructor(
    readonly id: string,
    readonly socket: SocketContext | undefined,
  ) {}
}
