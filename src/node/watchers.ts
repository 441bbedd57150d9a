import { mapKey } from "../base/bytes.js";
import type { TransactionState } from "../ports/nodeApi.js";
import type { Hash } from "../types/primitives.js";

type Listener = (state: TransactionState) => void;

/** Who waits for news of which transaction, and until when it can still be executed. */
export class Watchers {
  readonly #byTxId = new Map<string, Set<Listener>>();

  constructor(readonly transactionsMax: number) {}

  get transactions(): number {
    return this.#byTxId.size;
  }

  /** Whether there was room. The result of a call that has none is that nobody is told. */
  add(txId: Hash, listener: Listener): boolean {
    const key = mapKey(txId);
    let listeners = this.#byTxId.get(key);
    if (listeners === undefined) {
      if (this.#byTxId.size >= this.transactionsMax) return false;
      listeners = new Set();
      this.#byTxId.set(key, listeners);
    }
    listeners.add(listener);
    return true;
  }

  remove(txId: Hash, listener: Listener): void {
    const key = mapKey(txId);
    const listeners = this.#byTxId.get(key);
    if (listeners === undefined) return;
    listeners.delete(listener);
    if (listeners.size === 0) this.#byTxId.delete(key);
  }

  tell(key: string, state: TransactionState): void {
    for (const listener of [...(this.#byTxId.get(key) ?? [])]) listener(state);
  }

  /** Tells the end of a transaction; nobody waits for it afterwards. */
  finish(key: string, state: TransactionState): void {
    const listeners = this.#byTxId.get(key);
    if (listeners === undefined) return;
    this.#byTxId.delete(key);
    for (const listener of listeners) listener(state);
  }
}
