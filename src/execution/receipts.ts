/** Receipts and events roots, by the list trees of RFC 9162 (EXE-4). */

import { assert } from "../base/assert.js";
import { setSafe64At, setU32At, setU64At } from "../base/words.js";
import type { Hasher } from "../crypto/interfaces.js";
import { listLeafHashes, listNodeHash, listRootOfPackedHashes } from "../merkle/listTree.js";
import { HASH_SIZE_BYTES, type Hash, ZERO_HASH } from "../types/primitives.js";
import { RECEIPT_SIZE_BYTES, type Receipt } from "../types/receipt.js";

/** Writes BCS(receipt) at `at`: by offset, because it is hot. A test compares it with the schema. */
export function writeReceipt(bytes: Uint8Array, at: number, receipt: Receipt): void {
  const { txId, position, code, eventsRoot } = receipt;
  assert(
    txId.length === HASH_SIZE_BYTES && eventsRoot.length === HASH_SIZE_BYTES,
    "a hash has 32 bytes",
  );
  bytes.set(txId, at);
  setSafe64At(bytes, at + 32, position.height);
  setU32At(bytes, at + 40, position.index);
  setU32At(bytes, at + 44, position.event);
  bytes[at + 48] = receipt.outcome;
  bytes[at + 49] = code;
  bytes[at + 50] = code >>> 8;
  bytes[at + 51] = receipt.failedOperation;
  bytes.set(eventsRoot, at + 52);
  setU32At(bytes, at + 84, receipt.eventCount);
  setU64At(bytes, at + 88, receipt.cost);
}

// Input of a hash that nobody keeps: written anew for each call, and hashed before it returns.
const leafInput = new Uint8Array(1 + RECEIPT_SIZE_BYTES);

/** Leaf hash of a receipt: SHA-256(0x00, BCS(receipt)). */
export function receiptLeafHash(hasher: Hasher, receipt: Receipt): Hash {
  writeReceipt(leafInput, 1, receipt);
  return hasher.sha256(leafInput);
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

/**
 * Leaves that are hashed together: a power of two, so that their root is a node of the whole tree.
 * It takes about 0.1 ms, so that no slice is much longer for it.
 */
const LEAVES_AT_ONCE = 256;

/** Root of a list tree over items of one size, which are hashed many at a time (EXE-3). */
export class ItemListRoot {
  readonly #hasher: Hasher;
  readonly #sizeBytes: number;
  /** Over the roots of full groups of items. */
  readonly #groups: ListRootBuilder;
  /** The items of the group that is not full. */
  readonly bytes: Uint8Array;
  #count = 0;

  constructor(hasher: Hasher, sizeBytes: number) {
    this.#hasher = hasher;
    this.#sizeBytes = sizeBytes;
    this.#groups = new ListRootBuilder(hasher);
    this.bytes = new Uint8Array(LEAVES_AT_ONCE * sizeBytes);
  }

  /** Adds an item and answers where in `bytes` its caller has to write it at once. */
  add(): number {
    if (this.#count === LEAVES_AT_ONCE) {
      this.#groups.push(this.#groupRoot());
      this.#count = 0;
    }
    return this.#count++ * this.#sizeBytes;
  }

  /** Root over all items; zero for none. Nothing may be added afterwards. */
  root(): Hash {
    if (this.#count > 0) this.#groups.push(this.#groupRoot());
    this.#count = 0;
    return this.#groups.root();
  }

  #groupRoot(): Hash {
    const items = this.bytes.subarray(0, this.#count * this.#sizeBytes);
    return listRootOfPackedHashes(
      this.#hasher,
      listLeafHashes(this.#hasher, items, this.#sizeBytes),
    );
  }
}

/** The receipts of a block, and the events roots that they name, as they come. */
export class BlockLists {
  readonly #receipts: ItemListRoot;
  readonly #eventsRoots: ItemListRoot;

  constructor(hasher: Hasher) {
    this.#receipts = new ItemListRoot(hasher, RECEIPT_SIZE_BYTES);
    this.#eventsRoots = new ItemListRoot(hasher, HASH_SIZE_BYTES);
  }

  add(receipt: Receipt): void {
    const receiptAt = this.#receipts.add();
    writeReceipt(this.#receipts.bytes, receiptAt, receipt);
    const at = this.#eventsRoots.add();
    this.#eventsRoots.bytes.set(receipt.eventsRoot, at);
  }

  /** Once, at the end. */
  roots(): { readonly receiptsRoot: Hash; readonly eventsRoot: Hash } {
    return { receiptsRoot: this.#receipts.root(), eventsRoot: this.#eventsRoots.root() };
  }
}
