import { assert } from "../base/assert.js";
import { DIGEST_WORDS } from "./verdictTable.js";

/** One call that waits for verdicts: of the pool, or of signatures that other calls asked for. */
export interface Call {
  readonly verdicts: boolean[];
  readonly done: (verdicts: boolean[]) => void;
  /** Answers that are missing. */
  open: number;
}

/** What the pool was asked by one call. */
export interface Asked {
  isAnswered: boolean;
  /** Calls that have one of its signatures too: job `index` of `call` is job `position` here. */
  readonly waiters: { readonly call: Call; readonly index: number; readonly position: number }[];
}

/** More than signatures are under way at most times; a power of two. */
const SLOTS = 16_384;

/**
 * Where to wait for signatures that are being checked. One whose slot another takes is forgotten, which costs a
 * second check and no more.
 */
export class UnderWay {
  readonly #words = new Uint32Array(DIGEST_WORDS * SLOTS);
  readonly #owners: (Asked | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  readonly #positions = new Uint16Array(SLOTS);

  /** Who asked for the signature of this digest, if somebody did; `positionOf` says as which. */
  find(digest: Uint32Array): Asked | undefined {
    const slot = slotOf(digest, 0);
    const owner = this.#owners[slot];
    if (owner === undefined) return undefined;
    for (let i = 0; i < DIGEST_WORDS; i++) {
      if (this.#words[DIGEST_WORDS * slot + i] !== digest[i]) return undefined;
    }
    return owner;
  }

  positionOf(digest: Uint32Array): number {
    return this.#positions[slotOf(digest, 0)] as number;
  }

  /** `count` digests, one after the other, are those of the jobs of `asked`. */
  add(digests: Uint32Array, count: number, asked: Asked): void {
    // Whoever waited for it would wait for ever.
    assert(!asked.isAnswered, "a pool answers after the call");
    // A position beyond is none that fits: such calls are rare, and their last jobs are simply not found.
    for (let position = 0; position < Math.min(count, 0x1_0000); position++) {
      const at = DIGEST_WORDS * position;
      const slot = slotOf(digests, at);
      for (let i = 0; i < DIGEST_WORDS; i++) {
        this.#words[DIGEST_WORDS * slot + i] = digests[at + i] as number;
      }
      this.#owners[slot] = asked;
      this.#positions[slot] = position;
    }
  }

  remove(digests: Uint32Array, count: number, asked: Asked): void {
    for (let position = 0; position < count; position++) {
      const slot = slotOf(digests, DIGEST_WORDS * position);
      if (this.#owners[slot] === asked) this.#owners[slot] = undefined;
    }
  }
}

function slotOf(digests: Uint32Array, at: number): number {
  return (digests[at + 1] as number) & (SLOTS - 1);
}
