/** Receipts and events roots, by the list trees of RFC 9162 (EXE-4). */

import type { Hasher } from "../crypto/interfaces.js";
import { listNodeHash } from "../merkle/listTree.js";
import { type Hash, ZERO_HASH } from "../types/primitives.js";
import type { Receipt } from "../types/receipt.js";

/** Root of a list tree over leaf hashes; zero for none. */
export type ListRoot = (leafHashes: readonly Hash[]) => Hash;

const RECEIPT_SIZE_BYTES = 96;

// Inputs of hashes that nobody keeps: written anew for each call, and hashed before it returns.
const receiptInput = new Uint8Array(1 + RECEIPT_SIZE_BYTES);
const receiptView = new DataView(receiptInput.buffer);
const eventsInput = new Uint8Array(1 + 32);

/** Leaf hash of a receipt: SHA-256(0x00, BCS(receipt)), written by offset because it is hot. */
export function receiptLeafHash(hasher: Hasher, receipt: Receipt): Hash {
  const input = receiptInput;
  const view = receiptView;
  const { position } = receipt;
  input.set(receipt.txId, 1);
  view.setBigUint64(33, BigInt(position.height), true);
  view.setUint32(41, position.index, true);
  view.setUint32(45, position.event, true);
  input[49] = receipt.outcome;
  view.setUint16(50, receipt.code, true);
  input[52] = receipt.failedOperation;
  input.set(receipt.eventsRoot, 53);
  view.setUint32(85, receipt.eventCount, true);
  view.setBigUint64(89, receipt.cost, true);
  return hasher.sha256(input);
}

/** Leaf hash of an index's events root in the block's events tree: SHA-256(0x00, root). */
export function eventsLeafHash(hasher: Hasher, eventsRoot: Hash): Hash {
  eventsInput.set(eventsRoot, 1);
  return hasher.sha256(eventsInput);
}

/** Root over the events of one index; zero without events. */
export function eventsRootOf(root: ListRoot, leafHashes: readonly Hash[]): Hash {
  return leafHashes.length === 0 ? ZERO_HASH : root(leafHashes);
}

/**
 * Root of a list tree whose leaves come one after another: equal to `listRootOfHashes`. The work is
 * spread over the leaves, so that the last slice of a large block is no longer than any other.
 */
export class ListRootBuilder {
  readonly #hasher: Hasher;
  /** Roots of complete subtrees, largest first: one for each bit of the count that is set. */
  readonly #subtrees: Hash[] = [];
  #count = 0;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  push(leafHash: Hash): void {
    let node = leafHash;
    for (let size = this.#count; size % 2 === 1; size = (size - 1) / 2) {
      node = listNodeHash(this.#hasher, this.#subtrees.pop() as Hash, node);
    }
    this.#subtrees.push(node);
    this.#count++;
  }

  /** Root over the leaves so far; zero for none. */
  root(): Hash {
    if (this.#count === 0) return ZERO_HASH;
    return this.#subtrees.reduceRight((right, left) => listNodeHash(this.#hasher, left, right));
  }
}
