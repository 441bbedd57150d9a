/** Nonces of an account: one channel, random among the 64, for one validator at a time. */

import { LIMITS } from "../base/limits.js";
import { randomBytes } from "./keys.js";

/** Below the window of 1,024, so that a nonce in use never falls behind it. */
const IN_FLIGHT_MAX = LIMITS.nonceWindow - 24;

/** A random channel: processes that share an account rarely meet, and 64 are never exceeded. */
export function randomChannel(): number {
  return (randomBytes(1)[0] as number) % LIMITS.channelsPerAccountMax;
}

export interface TakenNonce {
  readonly channel: number;
  readonly nonce: bigint;
  /** Says that the transaction is terminal, so that later nonces may be given out. */
  readonly release: () => void;
}

export class NonceChannel {
  #next: bigint;
  readonly #inFlight = new Set<bigint>();
  readonly #waiting: (() => void)[] = [];

  constructor(
    readonly channel: number,
    firstFree: bigint,
  ) {
    this.#next = firstFree;
  }

  /** The next nonce, once the oldest in flight is near enough. */
  async take(): Promise<TakenNonce> {
    while (this.#inFlight.size > 0 && this.#next - this.#oldest() >= BigInt(IN_FLIGHT_MAX)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const nonce = this.#next;
    this.#next++;
    this.#inFlight.add(nonce);
    const release = () => {
      if (!this.#inFlight.delete(nonce)) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    return { channel: this.channel, nonce, release };
  }

  /** Nonces are given out in order and a set keeps that order. */
  #oldest(): bigint {
    return this.#inFlight.values().next().value as bigint;
  }
}
