import { mapKey } from "../base/bytes.js";
import type { TransactionState } from "../ports/nodeApi.js";
import type { Hash } from "../types/primitives.js";

type Listener = (state: TransactionState) => void;

/**
 * Who waits for news of which transaction, and until when it can still be executed. Nearly every
 * transaction has one listener: it stands in the map by itself, and only several share a set.
 */
export class Watchers {
  readonly #byKey = new Map<string, Listener | Set<Listener>>();

  constructor(readonly transactionsMax: number) {}

  get transactions(): number {
    return this.#byKey.size;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Whether there was room. The result of a call that has none is that nobody is told. */
  add(txId: Hash, listener: Listener): boolean {
    const key = mapKey(txId);
    const known = this.#byKey.get(key);
    if (known === undefined) {
      if (this.#byKey.size >= this.transactionsMax) return false;
      this.#byKey.set(key, listener);
    } else if (typeof known !== "function") {
      known.add(listener);
    } else if (known !== listener) {
      this.#byKey.set(key, new Set([known, listener]));
    }
    return true;
  }

  remove(txId: Hash, listener: Listener): void {
    const key = mapKey(txId);
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    if (typeof known === "function") {
      if (known === listener) this.#byKey.delete(key);
    } else if (known.delete(listener) && known.size === 0) {
      this.#byKey.delete(key);
    }
  }

  tell(key: string, state: TransactionState): void {
    const known = this.#byKey.get(key);
    if (typeof known === "function") known(state);
    else if (known !== undefined) for (const listener of [...known]) listener(state);
  }

  /** Tells the end of a transaction; nobody waits for it afterwards. */
  finish(key: string, state: TransactionState): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    this.#byKey.delete(key);
    if (typeof known === "function") known(state);
    else for (const listener of known) listener(state);
  }
}
