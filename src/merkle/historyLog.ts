/**
 * The history of a chain: an RFC 9162 log whose leaf h is the hash of the block at height h (leaf 0
 * is the genesis hash). Its root over 0 to h - 1 stands in the header of block h.
 */

import { assert } from "../base/assert.js";
import { isCount } from "../base/checkedInt.js";
import type { Hasher } from "../crypto/interfaces.js";
import { type Hash, ZERO_HASH } from "../types/primitives.js";
import {
  consistencyPathBy,
  inclusionPathBy,
  listLeafHash,
  listNodeHash,
  type RangeRoot,
  splitOf,
} from "./listTree.js";

/** What is kept to go on appending: one hash for each 1 bit of the size, largest subtree first. */
export interface HistoryEdge {
  readonly size: number;
  readonly edge: readonly Hash[];
}

function bitCount(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

/**
 * The right edge of the log. It never changes: `append` answers another one, so that each branch
 * above the last final block has its own at the cost of at most 53 references.
 */
export class HistoryLog implements HistoryEdge {
  readonly #hasher: Hasher;
  readonly size: number;
  readonly edge: readonly Hash[];

  private constructor(hasher: Hasher, size: number, edge: readonly Hash[]) {
    this.#hasher = hasher;
    this.size = size;
    this.edge = edge;
  }

  static empty(hasher: Hasher): HistoryLog {
    return new HistoryLog(hasher, 0, []);
  }

  /** The log whose edge was stored. */
  static restore(hasher: Hasher, { size, edge }: HistoryEdge): HistoryLog {
    assert(isCount(size) && edge.length === bitCount(size), "an edge fits the size of its log");
    return new HistoryLog(hasher, size, edge);
  }

  /** The log with one more leaf: the hash of the block at height `size`. */
  append(blockHash: Hash): HistoryLog {
    const edge = this.edge.slice();
    let node = listLeafHash(this.#hasher, blockHash);
    for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = listNodeHash(this.#hasher, edge.pop() as Hash, node);
    }
    edge.push(node);
    return new HistoryLog(this.#hasher, this.size + 1, edge);
  }

  /** Zero while the log is empty. */
  root(): Hash {
    let root: Hash | undefined;
    for (let i = this.edge.length - 1; i >= 0; i--) {
      const node = this.edge[i] as Hash;
      root = root === undefined ? node : listNodeHash(this.#hasher, node, root);
    }
    return root ?? ZERO_HASH;
  }
}

/** Subtrees of fewer leaves than this are hashed again each time instead of being kept. */
const CACHED_LEAVES_MIN = 64;

/**
 * Makes paths in a long log. Roots of complete subtrees of 64 leaves and more are kept once they
 * are known (about 10 MB for a million blocks); a path then reads at most 127 leaves.
 *
 * Feed it with `append` as blocks become final, and no path ever reads the whole log.
 */
export class HistoryPaths {
  readonly #hasher: Hasher;
  readonly #blockHashAt: (height: number) => Hash;
  /** By level, then by index within the level. */
  readonly #roots = new Map<number, Map<number, Hash>>();
  #size: number;
  #preparedLeaves = 0;

  /** `blockHashAt` answers every height below `size` (0: the genesis hash). */
  constructor(hasher: Hasher, blockHashAt: (height: number) => Hash, size: number) {
    this.#hasher = hasher;
    this.#blockHashAt = blockHashAt;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  /** The block at height `size` is final; `blockHashAt` answers it from now on. */
  append(): void {
    this.#size++;
    for (let leaves = CACHED_LEAVES_MIN; this.#size % leaves === 0; leaves *= 2) {
      this.#complete(this.#size - leaves, leaves);
    }
  }

  /**
   * Computes up to `subtreesMax` of the kept roots that are not known yet, 64 leaves each; whether
   * all are known then. After a start in a long log, call it in slices before the first path does
   * all of it at once (2 million hashes, some seconds, for a million blocks).
   */
  prepare(subtreesMax: number): boolean {
    for (let i = 0; i < subtreesMax; i++) {
      const end = this.#preparedLeaves + CACHED_LEAVES_MIN;
      if (end > this.#size) return true;
      for (let leaves = CACHED_LEAVES_MIN; end % leaves === 0; leaves *= 2) {
        this.#complete(end - leaves, leaves);
      }
      this.#preparedLeaves = end;
    }
    return this.#preparedLeaves + CACHED_LEAVES_MIN > this.#size;
  }

  /** Path of the block at `height` in the history of the block at height `size`. */
  inclusion(height: number, size: number): Hash[] {
    assert(size <= this.#size, "a path leads through known blocks");
    return inclusionPathBy(this.#rangeRoot, height, size);
  }

  /** Proof that the history of the block at height `oldSize` begins that of block `size`. */
  consistency(oldSize: number, size: number): Hash[] {
    assert(size <= this.#size, "a path leads through known blocks");
    return consistencyPathBy(this.#rangeRoot, oldSize, size);
  }

  readonly #rangeRoot: RangeRoot = (start, end) => {
    const leaves = end - start;
    if (leaves === 1) return listLeafHash(this.#hasher, this.#blockHashAt(start));
    const split = splitOf(leaves);
    if (split * 2 === leaves) return this.#complete(start, leaves);
    return listNodeHash(
      this.#hasher,
      this.#complete(start, split),
      this.#rangeRoot(start + split, end),
    );
  };

  /** Root of a complete subtree: `leaves` is a power of two that divides `start`. */
  #complete(start: number, leaves: number): Hash {
    if (leaves === 1) return listLeafHash(this.#hasher, this.#blockHashAt(start));
    const known = this.#roots.get(leaves)?.get(start);
    if (known !== undefined) return known;
    const half = leaves / 2;
    const root = listNodeHash(
      this.#hasher,
      this.#complete(start, half),
      this.#complete(start + half, half),
    );
    if (leaves >= CACHED_LEAVES_MIN) {
      let level = this.#roots.get(leaves);
      if (level === undefined) {
        level = new Map();
        this.#roots.set(leaves, level);
      }
      level.set(start, root);
    }
    return root;
  }
}
