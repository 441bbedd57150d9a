import type { MethodName } from "../api/index.js";

/** Answered soon or waiting for finality, and needed to pay at all. */
const PAYING = new Set<MethodName>(["tx.submit", "tx.submitMany", "auth.login", "account.nonce"]);

/** Whether a request of this method may use all room. */
export function isPaying(method: unknown): boolean {
  return PAYING.has(method as MethodName);
}

/**
 * Room that waiting requests of all sockets share. Only half of it is for reading: who may read needs
 * no account and can ask for old blocks faster than a node reads them, and that must keep nobody from
 * paying. A submission cannot hold room as cheaply: what the node does not take is answered at once.
 */
export class Room {
  #held = 0;
  #heldByReaders = 0;

  constructor(readonly max: number) {}

  /** Whether there was room; {@link release} gives it back. */
  take(size: number, forPaying: boolean): boolean {
    if (this.#held + size > this.max) return false;
    if (!forPaying) {
      if (this.#heldByReaders + size > this.max / 2) return false;
      this.#heldByReaders += size;
    }
    this.#held += size;
    return true;
  }

  release(size: number, forPaying: boolean): void {
    this.#held -= size;
    if (!forPaying) this.#heldByReaders -= size;
  }
}
