/**
 * History of accounts in the checkpoint (README.md, "Checkpoint"): pages of places, so that an
 * account which is in many payments costs one key for all of them.
 */

import { assert } from "../base/assert.js";
import { Reader } from "../codec/reader.js";
import { writeUleb } from "../codec/uleb.js";
import type { RowStore } from "../ports/rowStore.js";
import type { AccountId } from "../types/primitives.js";

/** Place of a transaction in the ledger. */
export interface Place {
  readonly height: number;
  readonly index: number;
}

/** Places of one page: what a reader of one of them has to decode. */
export const HISTORY_PAGE_PLACES_MAX = 512;
/** Pages that a scan asks for at most; one has a place at least, and up to 512. */
const PAGES_AT_ONCE = 16;
const ACCOUNT_SIZE_BYTES = 32;
export const HISTORY_KEY_SIZE_BYTES = ACCOUNT_SIZE_BYTES + 12;

/** Key, at `at`, of the page whose first place this is. Big-endian, so that an account's pages sort. */
export function writeHistoryKey(
  key: Uint8Array,
  at: number,
  account: AccountId,
  height: number,
  index: number,
): void {
  assert(account.length === ACCOUNT_SIZE_BYTES, "an account id has 32 bytes");
  key.set(account, at);
  const place = at + ACCOUNT_SIZE_BYTES;
  writeBigEndian(key, place, Math.floor(height / 2 ** 32));
  writeBigEndian(key, place + 4, height >>> 0);
  writeBigEndian(key, place + 8, index);
}

function writeBigEndian(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function historyKey(account: AccountId, { height, index }: Place): Uint8Array {
  const key = new Uint8Array(HISTORY_KEY_SIZE_BYTES);
  writeHistoryKey(key, 0, account, height, index);
  return key;
}

/** Bytes that a place takes in a page at most: two ULEB128 of 32 bits. */
export const HISTORY_PLACE_SIZE_BYTES_MAX = 10;

/**
 * A page's value: for each place after the first, which is in the key, ULEB128 of how much its
 * height is above that of the place before, then ULEB128 of its index. Written at `at`; answers
 * where it ends.
 */
export function writeHistoryPage(
  bytes: Uint8Array,
  at: number,
  places: { readonly heights: Float64Array; readonly indexes: Uint32Array },
  start: number,
  end: number,
): number {
  const { heights, indexes } = places;
  let to = at;
  for (let i = start + 1; i < end; i++) {
    to = writeUleb(bytes, to, heights[i]! - heights[i - 1]!);
    to = writeUleb(bytes, to, indexes[i]!);
  }
  return to;
}

function decodeHistoryPage(key: Uint8Array, value: Uint8Array): Place[] {
  const view = new DataView(key.buffer, key.byteOffset + ACCOUNT_SIZE_BYTES, 12);
  let height = Number(view.getBigUint64(0));
  const places: Place[] = [{ height, index: view.getUint32(8) }];
  const reader = new Reader(value);
  while (reader.remaining > 0) {
    height += reader.uleb();
    places.push({ height, index: reader.uleb() });
  }
  return places;
}

export function isBefore(a: Place, b: Place): boolean {
  return a.height < b.height || (a.height === b.height && a.index < b.index);
}

/** An account's places from `from` on (inclusive), oldest or newest first; at most `limit`. */
export function readHistory(
  rowStore: RowStore,
  table: string,
  account: AccountId,
  from: Place | undefined,
  limit: number,
  isReverse: boolean,
): Place[] {
  const scan = (start: Place | undefined, reverse: boolean, pages: number) =>
    rowStore.scan(table, {
      prefix: account,
      ...(start === undefined ? {} : { from: historyKey(account, start) }),
      limit: pages,
      reverse,
    });
  const places: Place[] = [];
  // The page that holds `from` begins at or before it.
  const first = from === undefined || isReverse ? undefined : scan(from, true, 1)[0];
  let next = first === undefined ? from : decodeHistoryPage(first.key, first.value)[0];
  for (;;) {
    const wanted = Math.min(PAGES_AT_ONCE, limit - places.length + 1);
    const pages = scan(next, isReverse, wanted).map(({ key, value }) =>
      decodeHistoryPage(key, value),
    );
    for (const page of pages) {
      if (isReverse) page.reverse();
      for (const place of page) {
        if (from !== undefined && (isReverse ? isBefore(from, place) : isBefore(place, from))) {
          continue;
        }
        places.push(place);
        if (places.length === limit) return places;
      }
    }
    const last = pages.at(-1);
    if (last === undefined || pages.length < wanted) return places;
    // The least place above the last one that was read, or the greatest one below.
    const edge = last.at(-1) as Place;
    if (!isReverse) next = { height: edge.height, index: edge.index + 1 };
    else if (edge.index > 0) next = { height: edge.height, index: edge.index - 1 };
    else if (edge.height > 0) next = { height: edge.height - 1, index: 0xffff_ffff };
    else return places;
  }
}
