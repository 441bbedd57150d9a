/** Finding the entries of rows in memory by table and key. */

import { equalBytes, mapKey } from "../base/bytes.js";
import { u32At } from "../base/words.js";

/** Longest chain of one hash; what collides beyond it is found by its whole key. */
const CHAIN_LENGTH_MAX = 8;

export interface Chained<E> {
  readonly table: number;
  readonly key: Uint8Array;
  readonly hash: number;
  /** Next entry with the same hash. */
  nextEntry: E | undefined;
}

/**
 * Entries in chains by a hash of 32 bits, which is much faster than a key of text for each lookup.
 * Anyone can choose payment ids that collide, so chains are short: what is beyond them costs a
 * text, and never a walk over all that collides.
 */
export class EntryTable<E extends Chained<E>> {
  readonly #chains = new Map<number, E>();
  readonly #crowded = new Map<string, E>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(hash: number, table: number, key: Uint8Array): E | undefined {
    let length = 0;
    for (let entry = this.#chains.get(hash); entry !== undefined; entry = entry.nextEntry) {
      if (entry.table === table && equalBytes(entry.key, key)) return entry;
      length++;
    }
    return length < CHAIN_LENGTH_MAX ? undefined : this.#crowded.get(crowdedKey(table, key));
  }

  /** Adds an entry that is not there yet. */
  add(entry: E): void {
    this.#size++;
    const first = this.#chains.get(entry.hash);
    let length = 0;
    for (let other = first; other !== undefined; other = other.nextEntry) length++;
    if (length < CHAIN_LENGTH_MAX) {
      entry.nextEntry = first;
      this.#chains.set(entry.hash, entry);
    } else {
      entry.nextEntry = undefined;
      this.#crowded.set(crowdedKey(entry.table, entry.key), entry);
    }
  }

  clear(): void {
    this.#chains.clear();
    this.#crowded.clear();
    this.#size = 0;
  }
}

function crowdedKey(table: number, key: Uint8Array): string {
  return `${table}:${mapKey(key)}`;
}

/**
 * FNV-1a over table and key, four bytes at a time, with a last mix so that the high bits of each word
 * count. Only memory depends on it, never an answer or an order.
 */
export function hashOf(table: number, key: Uint8Array): number {
  let hash = Math.imul(0x811c9dc5 ^ table, 0x01000193);
  const whole = key.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    hash = Math.imul(hash ^ (u32At(key, i) | 0), 0x01000193);
    hash ^= hash >>> 15;
  }
  for (let i = whole; i < key.length; i++) hash = Math.imul(hash ^ key[i]!, 0x01000193);
  return hash;
}
