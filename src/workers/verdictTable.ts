import { assert } from "../base/assert.js";

/** A digest has 16 bytes: by a secret key, so a stranger meets a remembered one with a chance of 2^-128 each. */
export const DIGEST_WORDS = 4;
/** Digests of one set, 128 bytes: two lines of a processor's cache. */
const WAYS = 8;

/**
 * A set of digests in one array: each has its place in one of many sets of eight, where the newest takes
 * the place of the oldest. Nothing is allocated after the start, and what is never written takes no memory.
 */
export class VerdictTable {
  readonly #words: Uint32Array;
  /** Where the next digest of each set goes. */
  readonly #next: Uint8Array;
  readonly #mask: number;

  /** @param capacity A power of two, at least eight. */
  constructor(capacity: number) {
    const sets = capacity / WAYS;
    assert(sets >= 1 && (sets & (sets - 1)) === 0, "the capacity is a power of two");
    this.#words = new Uint32Array(DIGEST_WORDS * capacity);
    this.#next = new Uint8Array(sets);
    this.#mask = sets - 1;
  }

  /**
   * Whether the digest at word `at` of `digests` is here. One that is all zero always is: that is as
   * unlikely as one that equals a remembered one.
   */
  has(digests: Uint32Array, at: number): boolean {
    const words = this.#words;
    const first = digests[at];
    const start = this.#setOf(digests, at) * WAYS * DIGEST_WORDS;
    for (let slot = start; slot < start + WAYS * DIGEST_WORDS; slot += DIGEST_WORDS) {
      if (
        words[slot] === first &&
        words[slot + 1] === digests[at + 1] &&
        words[slot + 2] === digests[at + 2] &&
        words[slot + 3] === digests[at + 3]
      ) {
        return true;
      }
    }
    return false;
  }

  add(digests: Uint32Array, at: number): void {
    if (this.has(digests, at)) return;
    const set = this.#setOf(digests, at);
    const way = this.#next[set] as number;
    this.#next[set] = (way + 1) % WAYS;
    const slot = (set * WAYS + way) * DIGEST_WORDS;
    for (let i = 0; i < DIGEST_WORDS; i++) this.#words[slot + i] = digests[at + i] as number;
  }

  #setOf(digests: Uint32Array, at: number): number {
    return (digests[at] as number) & this.#mask;
  }
}
