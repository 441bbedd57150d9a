import { mapKey } from "../base/bytes.js";
import type { Checkpoint, HeightEntry, TxEntry } from "../storage/checkpoint.js";
import type { AccountId, Hash } from "../types/primitives.js";

/** Place of a transaction in the ledger. */
export interface Place {
  readonly height: number;
  readonly index: number;
}

/** What final blocks since a checkpoint added to its indexes. */
class Generation {
  readonly transactions = new Map<string, TxEntry>();
  readonly heights = new Map<number, HeightEntry>();
  readonly blocks = new Map<string, number>();
  readonly histories = new Map<string, Place[]>();
}

function isBefore(a: Place, b: Place): boolean {
  return a.height < b.height || (a.height === b.height && a.index < b.index);
}

/**
 * Indexes of final blocks: those of the checkpoint, and in memory what came since. While a
 * checkpoint is being written, its generation stays readable here.
 */
export class FinalIndex {
  readonly #checkpoint: Checkpoint;
  #writing: Generation | undefined;
  #current = new Generation();

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
  }

  addBlock(height: number, entry: HeightEntry): void {
    this.#current.heights.set(height, entry);
    this.#current.blocks.set(mapKey(entry.blockHash), height);
  }

  addTransaction(txId: Hash, entry: TxEntry): void {
    this.#current.transactions.set(mapKey(txId), entry);
  }

  addHistory(account: AccountId, place: Place): void {
    const key = mapKey(account);
    const places = this.#current.histories.get(key);
    if (places === undefined) this.#current.histories.set(key, [place]);
    else places.push(place);
  }

  /** What was added so far goes into a checkpoint that is being written. */
  beginCheckpoint(): void {
    this.#writing = this.#current;
    this.#current = new Generation();
  }

  /** The checkpoint answers for it from now on. */
  endCheckpoint(): void {
    this.#writing = undefined;
  }

  *#generations(): Iterable<Generation> {
    yield this.#current;
    if (this.#writing !== undefined) yield this.#writing;
  }

  transaction(txId: Hash): TxEntry | undefined {
    const key = mapKey(txId);
    for (const generation of this.#generations()) {
      const entry = generation.transactions.get(key);
      if (entry !== undefined) return entry;
    }
    return this.#checkpoint.transaction(txId);
  }

  height(height: number): HeightEntry | undefined {
    for (const generation of this.#generations()) {
      const entry = generation.heights.get(height);
      if (entry !== undefined) return entry;
    }
    return this.#checkpoint.block(height);
  }

  heightOf(blockHash: Hash): number | undefined {
    const key = mapKey(blockHash);
    for (const generation of this.#generations()) {
      const height = generation.blocks.get(key);
      if (height !== undefined) return height;
    }
    return this.#checkpoint.heightOf(blockHash);
  }

  /** Places of an account strictly after `after`, in the direction asked for. */
  history(account: AccountId, after: Place | undefined, limit: number, reverse: boolean): Place[] {
    const key = mapKey(account);
    // A busy account has hundreds of thousands of places here: only a page of them is looked at.
    const generations = [this.#writing?.histories.get(key), this.#current.histories.get(key)];
    const pages = generations.map((places) => pageOf(places ?? [], after, limit, reverse));
    const isWanted = (place: Place) =>
      after === undefined || (reverse ? isBefore(place, after) : isBefore(after, place));
    // One more than asked for, since the checkpoint's range includes where it starts.
    const stored = () =>
      this.#checkpoint
        .history(account, after, limit + 1, reverse)
        .map(({ height, index }) => ({ height, index }))
        .filter(isWanted);
    if (reverse) {
      const first = pages.reverse().flat();
      return withoutRepeats([...first, ...(first.length < limit ? stored() : [])]).slice(0, limit);
    }
    return withoutRepeats([...stored(), ...pages.flat()]).slice(0, limit);
  }
}

/** At most `limit` of ascending places after `after`; from the last on where it is reversed. */
function pageOf(
  places: readonly Place[],
  after: Place | undefined,
  limit: number,
  reverse: boolean,
): Place[] {
  let low = 0;
  let high = places.length;
  // The first place that does not lie before `after` (reversed), or that lies behind it.
  while (after !== undefined && low < high) {
    const middle = (low + high) >> 1;
    const place = places[middle] as Place;
    if (reverse ? isBefore(place, after) : !isBefore(after, place)) low = middle + 1;
    else high = middle;
  }
  if (!reverse) return places.slice(low, low + limit);
  const end = after === undefined ? places.length : low;
  return places.slice(Math.max(0, end - limit), end).reverse();
}

/** A place may stand in the checkpoint and in the generation that it was just made from. */
function withoutRepeats(places: readonly Place[]): Place[] {
  const seen = new Set<string>();
  return places.filter(({ height, index }) => {
    const key = `${height}.${index}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
