/** Changes of one commit, by table in key order: as LMDB likes to write and a reader to search. */

import { compareBytes } from "../base/bytes.js";
import { orderByLeading } from "../base/ordering.js";
import type { RowStoreChange } from "../ports/rowStore.js";

export interface SortedChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Groups by table, sorts by key, and keeps the last of several changes of a key. */
export function sortChanges(
  changes: readonly RowStoreChange[],
): ReadonlyMap<string, readonly SortedChange[]> {
  const tables = new Map<string, RowStoreChange[]>();
  let table: RowStoreChange[] | undefined;
  let name: string | undefined;
  for (const change of changes) {
    if (change.table !== name || table === undefined) {
      name = change.table;
      table = tables.get(name);
      if (table === undefined) {
        table = [];
        tables.set(name, table);
      }
    }
    table.push(change);
  }
  const sorted = new Map<string, readonly SortedChange[]>();
  for (const [name, table] of tables) sorted.set(name, sortTable(table));
  return sorted;
}

function sortTable(changes: readonly SortedChange[]): readonly SortedChange[] {
  if (isAscending(changes)) return changes;
  const order = orderByLeading(leadingOf(changes), (a, b) =>
    compareBytes(changes[a]!.key, changes[b]!.key),
  );
  const kept: SortedChange[] = [];
  for (const index of order) {
    const change = changes[index]!;
    const before = kept.at(-1);
    if (before !== undefined && compareBytes(before.key, change.key) === 0) kept.pop();
    kept.push(change);
  }
  return kept;
}

function isAscending(changes: readonly SortedChange[]): boolean {
  for (let i = 1; i < changes.length; i++) {
    if (compareBytes(changes[i - 1]!.key, changes[i]!.key) >= 0) return false;
  }
  return true;
}

/** The four bytes of each key behind what all have in common; zeros behind its end. */
function leadingOf(changes: readonly SortedChange[]): Float64Array {
  const first = changes[0]!.key;
  let common = first.length;
  for (const { key } of changes) {
    let same = 0;
    while (same < common && key[same] === first[same]) same++;
    common = same;
  }
  const numbers = new Float64Array(changes.length);
  for (let i = 0; i < changes.length; i++) {
    const { key } = changes[i]!;
    let leading = 0;
    for (let at = common; at < common + 4; at++) leading = leading * 256 + (key[at] ?? 0);
    numbers[i] = leading;
  }
  return numbers;
}

/** Index of the first change whose key is not below `key`. */
export function lowerBound(changes: readonly SortedChange[], key: Uint8Array): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(changes[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface KeyRange {
  /** Inclusive. */
  readonly low: Uint8Array | undefined;
  /** Exclusive, but for `isHighIncluded`. */
  readonly high: Uint8Array | undefined;
  readonly isHighIncluded: boolean;
}

/** The least byte string above all that start with `prefix`; undefined if there is none. */
export function successorOf(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const next = prefix.slice(0, length);
  next[length - 1]!++;
  return next;
}

/** The keys that a scan with this prefix, start and direction may answer. */
export function rangeOf(
  prefix: Uint8Array | undefined,
  from: Uint8Array | undefined,
  isReverse: boolean,
): KeyRange {
  const low = prefix;
  const high = prefix === undefined ? undefined : successorOf(prefix);
  if (from === undefined) return { low, high, isHighIncluded: false };
  if (!isReverse) {
    const isAbove = low === undefined || compareBytes(from, low) > 0;
    return { low: isAbove ? from : low, high, isHighIncluded: false };
  }
  const isBelow = high === undefined || compareBytes(from, high) < 0;
  return isBelow ? { low, high: from, isHighIncluded: true } : { low, high, isHighIncluded: false };
}

/** Changes in the range, in the direction of the scan. */
export function* changesIn(
  changes: readonly SortedChange[],
  { low, high, isHighIncluded }: KeyRange,
  isReverse: boolean,
): Generator<SortedChange> {
  const start = low === undefined ? 0 : lowerBound(changes, low);
  let end = high === undefined ? changes.length : lowerBound(changes, high);
  if (isHighIncluded && end < changes.length && compareBytes(changes[end]!.key, high!) === 0) end++;
  if (isReverse) for (let i = end - 1; i >= start; i--) yield changes[i]!;
  else for (let i = start; i < end; i++) yield changes[i]!;
}

/**
 * Merges ordered sources into one; of equal keys the latest source's counts, and a removed key is
 * left out.
 */
export function mergeSources(
  sources: readonly Iterator<SortedChange>[],
  isReverse: boolean,
  limit: number,
): { key: Uint8Array; value: Uint8Array }[] {
  const heads = sources.map((source) => source.next());
  const merged: { key: Uint8Array; value: Uint8Array }[] = [];
  while (merged.length < limit) {
    let winner: SortedChange | undefined;
    for (const head of heads) {
      if (head.done) continue;
      const order = winner === undefined ? 0 : compareBytes(head.value.key, winner.key);
      if (winner === undefined || (isReverse ? order >= 0 : order <= 0)) winner = head.value;
    }
    if (winner === undefined) break;
    for (let i = 0; i < heads.length; i++) {
      const head = heads[i]!;
      if (head.done || compareBytes(head.value.key, winner.key) !== 0) continue;
      heads[i] = sources[i]!.next();
    }
    if (winner.value !== undefined) merged.push({ key: winner.key, value: winner.value });
  }
  for (const source of sources) source.return?.();
  return merged;
}
