import { compareBytes } from "../base/bytes.js";

const CHUNK_LENGTH_MAX = 512;

/** Items in the order of their keys, in chunks: adding and finding cost O(log n), moving at most a chunk. */
export class SortedKeys<T extends { readonly key: Uint8Array }> {
  #chunks: T[][] = [];

  /** Adds an item whose key must not be there yet. */
  add(item: T): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push([item]);
      return;
    }
    const at = this.#chunkOf(item.key);
    const chunk = chunks[at] as T[];
    const position = lowerBound(chunk, item.key);
    if (position === chunk.length) chunk.push(item);
    else chunk.splice(position, 0, item);
    if (chunk.length > CHUNK_LENGTH_MAX) {
      chunks.splice(at + 1, 0, chunk.splice(CHUNK_LENGTH_MAX / 2));
    }
  }

  remove(key: Uint8Array): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const position = lowerBound(chunk, key);
    const found = chunk[position];
    if (found === undefined || compareBytes(found.key, key) !== 0) return;
    chunk.splice(position, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
  }

  /** Items whose key is at least `from`, ascending. */
  *from(from: Uint8Array): Generator<T> {
    let at = this.#chunkOf(from);
    let position = lowerBound(this.#chunks[at] ?? [], from);
    for (; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as T[];
      for (; position < chunk.length; position++) yield chunk[position] as T;
      position = 0;
    }
  }

  /** The last chunk whose first key is at most `key`, or the first chunk. */
  #chunkOf(key: Uint8Array): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes((this.#chunks[middle] as T[])[0]!.key, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function lowerBound<T extends { readonly key: Uint8Array }>(items: T[], key: Uint8Array): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes((items[middle] as T).key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
