import type { ExecutedTransaction } from "../execution/interface.js";
import { isBefore, type Place } from "../storage/accountHistory.js";
import type { Checkpoint, HeightEntry, TxEntry } from "../storage/checkpoint.js";
import { IndexPortion } from "../storage/indexPortion.js";
import type { AccountId, Hash } from "../types/primitives.js";

/**
 * Indexes of final blocks: those of the checkpoint, and in memory what came since. While a portion
 * is being written, it stays readable here.
 */
export class FinalIndex {
  readonly #checkpoint: Checkpoint;
  #writing: IndexPortion | undefined;
  #current: IndexPortion;

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
    this.#current = new IndexPortion(checkpoint.indexedHeight);
  }

  /** Transactions that wait to be written. */
  get unwrittenTransactions(): number {
    return this.#current.transactions;
  }

  /** A new final block; `validUntilMs` is that of the transaction of index i + 1. */
  add(
    height: number,
    entry: HeightEntry,
    executed: readonly ExecutedTransaction[],
    validUntilMs: readonly number[],
  ): void {
    this.#current.addBlock(height, entry);
    this.#current.addOutcome(height, executed, validUntilMs);
  }

  /** Takes what was added so far to be written. */
  beginWriting(): IndexPortion {
    const portion = this.#current;
    this.#writing = portion;
    this.#current = new IndexPortion(portion.indexedHeight);
    return portion;
  }

  /** The checkpoint answers for it from now on. */
  endWriting(): void {
    this.#writing = undefined;
  }

  transaction(txId: Hash): TxEntry | undefined {
    return (
      this.#current.transaction(txId) ??
      this.#writing?.transaction(txId) ??
      this.#checkpoint.transaction(txId)
    );
  }

  height(height: number): HeightEntry | undefined {
    return (
      this.#current.height(height) ??
      this.#writing?.height(height) ??
      this.#checkpoint.block(height)
    );
  }

  heightOf(blockHash: Hash): number | undefined {
    return (
      this.#current.heightOf(blockHash) ??
      this.#writing?.heightOf(blockHash) ??
      this.#checkpoint.heightOf(blockHash)
    );
  }

  /** Places of an account strictly after `after`, in the direction asked for. */
  history(account: AccountId, after: Place | undefined, limit: number, reverse: boolean): Place[] {
    const isWanted = (place: Place) =>
      after === undefined || (reverse ? isBefore(place, after) : isBefore(after, place));
    // One more than asked for, since the checkpoint's range includes where it starts.
    const stored = () =>
      this.#checkpoint.history(account, after, limit + 1, reverse).filter(isWanted);
    const sources = [
      stored,
      () => this.#writing?.history(account, after, limit, reverse) ?? [],
      () => this.#current.history(account, after, limit, reverse),
    ];
    let places: Place[] = [];
    for (const source of reverse ? sources.reverse() : sources) {
      // A source is not asked when those nearer to `after` have enough.
      if (places.length < limit) places = withoutRepeats([...places, ...source()]);
    }
    return places.slice(0, limit);
  }
}

/** A place may stand in the store and in the portion that was just written to it. */
function withoutRepeats(places: readonly Place[]): Place[] {
  const seen = new Set<string>();
  return places.filter(({ height, index }) => {
    const key = `${height}.${index}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
