/** The log over block hashes whose root is in every header (CON-V4): RFC 9162, section 2.1.1. */

import { assert } from "../base/assert.js";
import { concatBytes } from "../base/bytes.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { Hash } from "../types/primitives.js";

/**
 * Right edge of a log of `size` leaves: the roots of its complete subtrees, largest first, one for
 * each bit of `size`. It is all that appending and the root need; a branch copies 6 hashes, not 60.
 */
export interface HistoryEdge {
  readonly size: number;
  readonly edge: readonly Hash[];
}

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export const EMPTY_HISTORY: HistoryEdge = { size: 0, edge: [] };

export function appendToHistory(hasher: Hasher, log: HistoryEdge, blockHash: Hash): HistoryEdge {
  const edge = [...log.edge];
  let right = hasher.sha256(concatBytes(LEAF, blockHash));
  // Sizes go beyond 2^31, where bit operators of JavaScript end.
  for (let size = log.size; size % 2 === 1; size = (size - 1) / 2) {
    const left = edge.pop();
    assert(left !== undefined, "the history edge is shorter than its size says");
    right = hasher.sha256(concatBytes(NODE, left, right));
  }
  edge.push(right);
  return { size: log.size + 1, edge };
}

export function historyRoot(hasher: Hasher, log: HistoryEdge): Hash {
  let root: Hash | undefined;
  for (let i = log.edge.length - 1; i >= 0; i--) {
    const left = log.edge[i] as Hash;
    root = root === undefined ? left : hasher.sha256(concatBytes(NODE, left, root));
  }
  return root ?? hasher.sha256(new Uint8Array());
}
