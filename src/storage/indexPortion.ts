/**
 * Index entries of final blocks that are not in the store yet: to be read, and then to be written
 * together. They lie in a few arrays of numbers, since there are several for each payment.
 */

import { assert } from "../base/assert.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import type { RowStoreChange } from "../ports/rowStore.js";
import type { AccountId, Hash } from "../types/primitives.js";
import { OUTCOME } from "../types/receipt.js";
import {
  HISTORY_KEY_SIZE_BYTES,
  HISTORY_PAGE_PLACES_MAX,
  HISTORY_PLACE_SIZE_BYTES_MAX,
  isBefore,
  type Place,
  writeHistoryKey,
  writeHistoryPage,
} from "./accountHistory.js";
import {
  CHECKPOINT_TABLES,
  type HeightEntry,
  heightChanges,
  indexedChange,
  TX_ENTRY_SIZE_BYTES,
  type TxEntry,
  writeTxEntry,
} from "./checkpointRecords.js";
import { HashNumbers } from "./hashNumbers.js";

const NONE = -1;

/** An array of numbers that grows. */
class Column<A extends Float64Array | Uint32Array | Int32Array> {
  array: A;
  length = 0;

  constructor(readonly make: (length: number) => A) {
    this.array = make(1_024);
  }

  push(value: number): void {
    if (this.length === this.array.length) {
      const grown = this.make(2 * this.length);
      grown.set(this.array);
      this.array = grown;
    }
    this.array[this.length++] = value;
  }
}

const doubles = () => new Column((length) => new Float64Array(length));
const words = () => new Column((length) => new Uint32Array(length));
const links = () => new Column((length) => new Int32Array(length));

export class IndexPortion {
  readonly #heights = new Map<number, HeightEntry>();
  readonly #blocks = new HashNumbers();
  readonly #blockHeights = doubles();
  readonly #txIds = new HashNumbers(1_024);
  readonly #txHeights = doubles();
  readonly #txIndexes = words();
  readonly #txExpiries = doubles();
  readonly #accounts = new HashNumbers(1_024);
  /** By account: its newest place, and how many it has. */
  readonly #lastPlaces = links();
  readonly #placeCounts = words();
  readonly #placeHeights = doubles();
  readonly #placeIndexes = words();
  /** By place: the place before of the same account. */
  readonly #placesBefore = links();
  #indexedHeight: number;

  /** `indexedHeight`: up to where transactions and histories are in the store already. */
  constructor(indexedHeight = 0) {
    this.#indexedHeight = indexedHeight;
  }

  /** The same, when this portion is there too. */
  get indexedHeight(): number {
    return this.#indexedHeight;
  }

  /** Transactions in it. */
  get transactions(): number {
    return this.#txIds.size;
  }

  get isEmpty(): boolean {
    return this.#heights.size === 0;
  }

  addBlock(height: number, entry: HeightEntry): void {
    this.#heights.set(height, entry);
    if (this.#blocks.add(entry.blockHash) === this.#blockHeights.length) {
      this.#blockHeights.push(height);
    }
  }

  /**
   * What a final block did; `validUntilMs` is that of the transaction of index i + 1. A block whose
   * entries are in the store is left out: a page of a history that begins elsewhere would repeat it.
   */
  addOutcome(
    height: number,
    executed: readonly ExecutedTransaction[],
    validUntilMs: readonly number[],
  ): void {
    if (height <= this.#indexedHeight) return;
    this.#indexedHeight = height;
    for (let index = 0; index < executed.length; index++) {
      const { receipt, accounts } = executed[index] as ExecutedTransaction;
      for (const account of accounts) this.addHistory(account, { height, index });
      // A void transaction may still be applied later: it has no place of its own.
      if (index === 0 || receipt.outcome === OUTCOME.void) continue;
      const until = validUntilMs[index - 1];
      assert(until !== undefined, "an executed transaction without its expiry");
      if (this.#txIds.add(receipt.txId) !== this.#txHeights.length) continue;
      this.#txHeights.push(height);
      this.#txIndexes.push(index);
      this.#txExpiries.push(until);
    }
  }

  /** Ascending within each account. */
  addHistory(account: AccountId, { height, index }: Place): void {
    const number = this.#accounts.add(account);
    if (number === this.#lastPlaces.length) {
      this.#lastPlaces.push(NONE);
      this.#placeCounts.push(0);
    }
    this.#placesBefore.push(this.#lastPlaces.array[number]!);
    this.#lastPlaces.array[number] = this.#placeHeights.length;
    this.#placeCounts.array[number]!++;
    this.#placeHeights.push(height);
    this.#placeIndexes.push(index);
  }

  transaction(txId: Hash): TxEntry | undefined {
    const number = this.#txIds.find(txId);
    if (number < 0) return undefined;
    return {
      height: this.#txHeights.array[number]!,
      index: this.#txIndexes.array[number]!,
      validUntilMs: this.#txExpiries.array[number]!,
    };
  }

  height(height: number): HeightEntry | undefined {
    return this.#heights.get(height);
  }

  heightOf(blockHash: Hash): number | undefined {
    const number = this.#blocks.find(blockHash);
    return number < 0 ? undefined : this.#blockHeights.array[number];
  }

  /** An account's places strictly after `after` in the direction asked for, at most `limit`. */
  history(account: AccountId, after: Place | undefined, limit: number, reverse: boolean): Place[] {
    const number = this.#accounts.find(account);
    if (number < 0) return [];
    const newestFirst: Place[] = [];
    for (
      let at = this.#lastPlaces.array[number]!;
      at !== NONE;
      at = this.#placesBefore.array[at]!
    ) {
      const place = {
        height: this.#placeHeights.array[at]!,
        index: this.#placeIndexes.array[at]!,
      };
      if (after !== undefined && reverse && !isBefore(place, after)) continue;
      if (after !== undefined && !reverse && !isBefore(after, place)) break;
      newestFirst.push(place);
      if (reverse && newestFirst.length === limit) break;
    }
    return reverse ? newestFirst : newestFirst.reverse().slice(0, limit);
  }

  /** All of it as changes of the store, each table in the order of its keys. */
  changes(): RowStoreChange[] {
    if (this.isEmpty) return [];
    const changes: RowStoreChange[] = [];
    this.#pushTransactions(changes);
    this.#pushHistories(changes);
    for (const [height, entry] of this.#heights) changes.push(...heightChanges(height, entry));
    changes.push(indexedChange(this.#indexedHeight));
    return changes;
  }

  #pushTransactions(changes: RowStoreChange[]): void {
    const values = new Uint8Array(this.#txIds.size * TX_ENTRY_SIZE_BYTES);
    const view = new DataView(values.buffer);
    for (const number of this.#txIds.order()) {
      const at = number * TX_ENTRY_SIZE_BYTES;
      writeTxEntry(
        view,
        at,
        this.#txHeights.array[number]!,
        this.#txIndexes.array[number]!,
        this.#txExpiries.array[number]!,
      );
      changes.push({
        table: CHECKPOINT_TABLES.txs,
        key: this.#txIds.hash(number),
        value: values.subarray(at, at + TX_ENTRY_SIZE_BYTES),
      });
    }
  }

  #pushHistories(changes: RowStoreChange[]): void {
    let most = 0;
    let pages = 0;
    for (let i = 0; i < this.#accounts.size; i++) {
      const count = this.#placeCounts.array[i]!;
      most = Math.max(most, count);
      pages += Math.ceil(count / HISTORY_PAGE_PLACES_MAX);
    }
    const places = { heights: new Float64Array(most), indexes: new Uint32Array(most) };
    const keys = new Uint8Array(pages * HISTORY_KEY_SIZE_BYTES);
    const values = new Uint8Array(this.#placeHeights.length * HISTORY_PLACE_SIZE_BYTES_MAX);
    let keyAt = 0;
    let valueAt = 0;
    for (const number of this.#accounts.order()) {
      const count = this.#placeCounts.array[number]!;
      this.#placesOf(number, count, places);
      const account = this.#accounts.hash(number);
      for (let start = 0; start < count; start += HISTORY_PAGE_PLACES_MAX) {
        const end = Math.min(count, start + HISTORY_PAGE_PLACES_MAX);
        const { heights, indexes } = places;
        writeHistoryKey(keys, keyAt, account, heights[start]!, indexes[start]!);
        const valueEnd = writeHistoryPage(values, valueAt, places, start, end);
        changes.push({
          table: CHECKPOINT_TABLES.history,
          key: keys.subarray(keyAt, keyAt + HISTORY_KEY_SIZE_BYTES),
          value: values.subarray(valueAt, valueEnd),
        });
        keyAt += HISTORY_KEY_SIZE_BYTES;
        valueAt = valueEnd;
      }
    }
  }

  /** The places of an account, oldest first. */
  #placesOf(
    account: number,
    count: number,
    { heights, indexes }: { readonly heights: Float64Array; readonly indexes: Uint32Array },
  ): void {
    let at = this.#lastPlaces.array[account]!;
    for (let i = count - 1; i >= 0; i--) {
      heights[i] = this.#placeHeights.array[at]!;
      indexes[i] = this.#placeIndexes.array[at]!;
      at = this.#placesBefore.array[at]!;
    }
  }
}
