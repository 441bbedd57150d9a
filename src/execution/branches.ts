/** Executed blocks that are not final: the branch on which the rows stand, and others (EXE-6). */

import { assert } from "../base/assert.js";
import { toHex } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { Rows } from "../ledger/rows.js";
import type { StateTree } from "../merkle/stateTree.js";
import type { Hash } from "../types/primitives.js";
import type { ExecutedBlock } from "./blockRun.js";

/** Executed blocks kept in memory: far more than agreement asks for. */
const EXECUTED_BLOCKS_MAX = LIMITS.executedBlocksMax;
/** Names of discarded blocks that are remembered, so that late children of theirs are ignored. */
const DISCARDED_MAX = 4_096;

export class Branches {
  readonly #rows: Rows;
  readonly #tree: StateTree;
  /** The branch on which the rows stand, oldest first: one journal each. */
  readonly #stack: ExecutedBlock[] = [];
  /** All executed blocks that may still become final, by hash. */
  readonly #known = new Map<string, ExecutedBlock>();
  readonly #discarded = new Set<string>();
  #finalHash: Hash;

  constructor(rows: Rows, tree: StateTree, finalHash: Hash) {
    this.#rows = rows;
    this.#tree = tree;
    this.#finalHash = finalHash;
  }

  find(blockHash: Hash): ExecutedBlock | undefined {
    return this.#known.get(toHex(blockHash));
  }

  /** The newest block on which the rows stand; undefined when that is the last final one. */
  get top(): ExecutedBlock | undefined {
    return this.#stack[this.#stack.length - 1];
  }

  isOnBranch(blockHash: Hash): boolean {
    const name = toHex(blockHash);
    return this.#stack.some(({ block }) => toHex(block.blockHash) === name);
  }

  isDiscarded(blockHash: Hash): boolean {
    return this.#discarded.has(toHex(blockHash));
  }

  /** Remembers that a block can never become final. */
  discard(blockHash: Hash): void {
    this.#discarded.add(toHex(blockHash));
    if (this.#discarded.size > DISCARDED_MAX) {
      this.#discarded.delete(this.#discarded.values().next().value as string);
    }
  }

  /** Adds a block that was executed on top of the branch; its journal is closed. */
  push(executed: ExecutedBlock): void {
    this.#stack.push(executed);
    this.#known.set(toHex(executed.block.blockHash), executed);
    assert(
      this.#known.size <= EXECUTED_BLOCKS_MAX,
      `more than ${EXECUTED_BLOCKS_MAX} executed blocks are not final`,
    );
  }

  /** Undoes and applies again until the rows stand at `blockHash`: the last final block or a known one. */
  switchTo(blockHash: Hash): void {
    const finalName = toHex(this.#finalHash);
    const missing: ExecutedBlock[] = [];
    let name = toHex(blockHash);
    while (name !== finalName && !this.#isStacked(name)) {
      const executed = this.#known.get(name);
      assert(executed !== undefined, "the parent of a block was executed before it");
      missing.push(executed);
      name = toHex(executed.block.header.parentHash);
    }
    while (this.#stack.length > 0 && toHex(this.top!.block.blockHash) !== name) {
      this.#stack.pop();
      this.#rows.undoBlock();
    }
    for (const executed of missing.reverse()) {
      this.#rows.beginBlock();
      for (const { table, key, row } of executed.changes) this.#rows.put(table, key, row);
      this.#rows.endBlock();
      this.#stack.push(executed);
    }
  }

  /**
   * Makes the oldest block of the branch final and discards every other block of its height or
   * below, with all that stands on one of those. Its tree version passes to the caller.
   */
  finaliseOldest(): ExecutedBlock {
    const oldest = this.#stack.shift();
    assert(oldest !== undefined, "a final block is on the branch");
    const { height } = oldest.block.header;
    this.#rows.finaliseOldest(height);
    this.#finalHash = oldest.block.blockHash;
    this.#known.delete(toHex(this.#finalHash));
    // Without another branch there is nothing to discard, and the own one may be very long.
    if (this.#known.size === this.#stack.length) return oldest;
    // Parents were executed, hence entered here, before their children.
    for (const [name, { block, version }] of this.#known) {
      const { header } = block;
      if (header.height > height && !this.isDiscarded(header.parentHash)) continue;
      this.#known.delete(name);
      this.#tree.release(version);
      this.discard(block.blockHash);
    }
    return oldest;
  }

  #isStacked(name: string): boolean {
    return this.#stack.some(({ block }) => toHex(block.blockHash) === name);
  }
}
