import { randomBytes } from "node:crypto";
import { assert } from "../base/assert.js";
import { orderByLeading } from "../base/ordering.js";
import { HASH_SIZE_BYTES } from "../types/primitives.js";

const NONE = -1;

/**
 * Clients choose what they hash, so they could make hashes that share a slot if they knew which one
 * it is. Only places in memory depend on it, never an answer or an order.
 */
const SECRET = new Int32Array(new Uint8Array(randomBytes(16)).buffer);
const [FIRST, SECOND, BY_FIRST, BY_SECOND] = [
  SECRET[0]!,
  SECRET[1]!,
  SECRET[2]! | 1,
  SECRET[3]! | 1,
];

function wordOf(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The first four bytes as a number that sorts like them. */
function leadingOf(bytes: Uint8Array, at: number): number {
  return (
    bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
  );
}

/**
 * Numbers 32-byte hashes 0, 1, 2... in the order in which they first come. All of them lie in one
 * array: there are several for each payment, and an object or a text for each is work for the
 * garbage collector.
 */
export class HashNumbers {
  #size = 0;
  #bytes: Uint8Array;
  /** Number + 1 of the hash in each slot, or 0; open addressing, at most half full. */
  #slots: Int32Array;

  constructor(expected = 256) {
    let slots = 64;
    while (slots < 2 * expected) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#bytes = new Uint8Array((slots / 2) * HASH_SIZE_BYTES);
  }

  get size(): number {
    return this.#size;
  }

  /** The hash of a number: a view that is good until the next `add`. */
  hash(number: number): Uint8Array {
    return this.#bytes.subarray(number * HASH_SIZE_BYTES, (number + 1) * HASH_SIZE_BYTES);
  }

  /** Its number, or -1. */
  find(hash: Uint8Array): number {
    return (this.#slots[this.#slotOf(hash, 0)] as number) - 1;
  }

  /** Its number; a new one is the size before. */
  add(hash: Uint8Array): number {
    assert(hash.length === HASH_SIZE_BYTES, "a hash has 32 bytes");
    let slot = this.#slotOf(hash, 0);
    const known = this.#slots[slot] as number;
    if (known !== 0) return known - 1;
    if (2 * (this.#size + 1) > this.#slots.length) {
      this.#grow();
      slot = this.#slotOf(hash, 0);
    }
    const number = this.#size++;
    this.#bytes.set(hash, number * HASH_SIZE_BYTES);
    this.#slots[slot] = number + 1;
    return number;
  }

  /** Numbers in the order of their hashes. */
  order(): Uint32Array {
    const leading = new Float64Array(this.#size);
    for (let i = 0; i < leading.length; i++) {
      leading[i] = leadingOf(this.#bytes, i * HASH_SIZE_BYTES);
    }
    return orderByLeading(leading, (a, b) => this.#compare(a, b));
  }

  /** Where the hash at `at` of `bytes` is, or the free slot where it would be. */
  #slotOf(bytes: Uint8Array, at: number): number {
    const mask = this.#slots.length - 1;
    const mixed =
      Math.imul(wordOf(bytes, at) ^ FIRST, BY_FIRST) +
      Math.imul(wordOf(bytes, at + 4) ^ SECOND, BY_SECOND);
    let slot = ((mixed >> 16) ^ mixed) & mask;
    for (;;) {
      const number = (this.#slots[slot] as number) - 1;
      if (number === NONE || this.#isAt(number, bytes, at)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #isAt(number: number, bytes: Uint8Array, at: number): boolean {
    const own = this.#bytes;
    const start = number * HASH_SIZE_BYTES;
    for (let i = 0; i < HASH_SIZE_BYTES; i++) {
      if (own[start + i] !== bytes[at + i]) return false;
    }
    return true;
  }

  #compare(a: number, b: number): number {
    const bytes = this.#bytes;
    for (let i = 0; i < HASH_SIZE_BYTES; i++) {
      const difference = bytes[a * HASH_SIZE_BYTES + i]! - bytes[b * HASH_SIZE_BYTES + i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#size; number++) {
      this.#slots[this.#slotOf(bytes, number * HASH_SIZE_BYTES)] = number + 1;
    }
  }
}
