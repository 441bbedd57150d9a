/** Who may read next: reading old blocks and making proofs must not keep a vote waiting. */

import type { Clock } from "../ports/clock.js";

/** Work of clients in one turn of the event loop, about. Then votes and blocks have theirs. */
const TURN_MS = 4;

/**
 * Queue of all work that reads blocks, over all sockets and requests, first come, first served. Of
 * what waits, each turn of the event loop does as much as fits its time and leaves the rest.
 */
export class Turns {
  #waiting: (() => void)[] = [];
  #next = 0;
  #isDraining = false;

  constructor(readonly clock: Clock) {}

  /** Resolves when it is the caller's turn; it then works without awaiting anything else. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isDraining) return;
      this.#isDraining = true;
      this.clock.soon(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    const startMs = this.clock.nowMs();
    while (this.#next < this.#waiting.length) {
      this.#waiting[this.#next++]?.();
      // Lets the one that was called do its work, so that its time is seen.
      await Promise.resolve();
      const elapsedMs = this.clock.nowMs() - startMs;
      if (elapsedMs >= TURN_MS || elapsedMs < 0) break;
    }
    if (this.#next < this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
      this.clock.soon(() => void this.#drain());
      return;
    }
    this.#waiting = [];
    this.#next = 0;
    this.#isDraining = false;
  }
}
