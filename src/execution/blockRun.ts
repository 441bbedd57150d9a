/** One block on its way through execution, in slices (EXE-1 to EXE-4). */

import { present } from "../base/assert.js";
import { sweepPaymentIds } from "../contracts/payments/paymentIds.js";
import { resultHash } from "../crypto/digests.js";
import { countOfKey, TABLES } from "../declarations/tables.js";
import { orderByPath } from "../kernels/sortChanges.js";
import type { Hooks, LedgerContext } from "../ledger/context.js";
import type { NetChange } from "../ledger/rows.js";
import type { StateTree, TreeVersion } from "../merkle/stateTree.js";
import { type OrganisationId, ZERO_HASH } from "../types/primitives.js";
import { applyTransaction } from "./applyTransaction.js";
import type {
  ExecutableBlock,
  ExecutedTransaction,
  ExecutionSummary,
  RowChange,
} from "./interface.js";
import { BlockLists } from "./receipts.js";
import { toRowChange } from "./stateLeaves.js";
import { runTimerPhase } from "./timerPhase.js";

/** Cost of hashing a changed row, and of its leaf in the tree, in units of declared cost. */
const ROW_COST = 4;
const LEAF_COST = 4;
/** Rows that are hashed between two looks at the budget. */
const ROWS_PER_STEP = 128;

export interface BlockRunOptions {
  readonly context: LedgerContext;
  readonly hooks: Hooks;
  readonly tree: StateTree;
  /** The tree after the parent. */
  readonly parentVersion: TreeVersion;
  /** Organisation of each validator of the epoch. */
  readonly validatorOrganisations: readonly OrganisationId[];
}

/** A block that was executed and is not final. */
export interface ExecutedBlock {
  readonly block: ExecutableBlock;
  readonly summary: ExecutionSummary;
  readonly executed: readonly ExecutedTransaction[];
  readonly changes: readonly RowChange[];
  readonly version: TreeVersion;
}

/**
 * Executes `block` on the context's rows, which stand at its parent. Between slices readers see the
 * last final state, never this block. The rows' journal of the block is open until it is done.
 */
export class BlockRun {
  readonly #options: BlockRunOptions;
  readonly #executed: ExecutedTransaction[] = [];
  readonly #lists: BlockLists;
  readonly #changes: RowChange[] = [];
  #pending: NetChange[] | undefined;
  #sorted: readonly RowChange[] | undefined;
  #updatedCount = 0;
  #version: TreeVersion;
  #nextTransaction = 0;
  #firedCount = 0;
  /** Declared costs are small, so their sum is exact. */
  #cost = 0;

  constructor(
    readonly block: ExecutableBlock,
    options: BlockRunOptions,
  ) {
    this.#options = options;
    this.#version = options.parentVersion;
    this.#lists = new BlockLists(options.context.hasher);
    options.context.rows.beginBlock();
    options.context.paymentIdsRecorded = 0;
  }

  /** Works until about `budget` is spent. Answers what it spent, and the outcome when done. */
  step(budget: number): { readonly spent: number; readonly outcome: ExecutedBlock | undefined } {
    const { context } = this.#options;
    context.timeMs = this.block.header.timeMs;
    let spent = 0;
    if (this.#executed.length === 0) spent += this.#runTimers();
    const { transactions } = this.block;
    while (this.#nextTransaction < transactions.length) {
      if (spent >= budget) return { spent, outcome: undefined };
      spent += this.#runNext();
    }
    if (this.#pending === undefined) {
      if (transactions.length > 0) sweepPaymentIds(context);
      context.rows.endBlock();
      this.#pending = context.rows.netChanges();
    }
    while (this.#changes.length < this.#pending.length) {
      if (spent >= budget) return { spent, outcome: undefined };
      spent += this.#hashRows(this.#pending);
    }
    // Neighbours in the tree are updated together, so that steps share as few nodes as possible.
    this.#sorted ??= Array.from(orderByPath(this.#changes), (index) => this.#changes[index]!);
    while (this.#updatedCount < this.#sorted.length) {
      if (spent >= budget) return { spent, outcome: undefined };
      spent += this.#updateTree(this.#sorted);
    }
    return { spent, outcome: this.#finish() };
  }

  /** Gives up: the caller undoes the rows. */
  abandon(): void {
    this.#release();
  }

  #runTimers(): number {
    const { context, hooks } = this.#options;
    const { height } = this.block.header;
    const { executed, firedCount } = runTimerPhase(context, hooks, height);
    this.#firedCount = firedCount;
    this.#add(executed);
    const cost = Number(executed.receipt.cost);
    this.#cost += cost;
    return cost + 1;
  }

  #runNext(): number {
    const { context, validatorOrganisations } = this.#options;
    const transaction = this.block.transactions[this.#nextTransaction++]!;
    const organisation = present(
      validatorOrganisations[transaction.sealer],
      "the sealer is a validator of the epoch",
    );
    const position = {
      height: this.block.header.height,
      index: this.#nextTransaction,
      event: 0,
    };
    this.#add(applyTransaction(context, transaction, organisation, position));
    this.#cost += transaction.cost;
    return transaction.cost;
  }

  #add(executed: ExecutedTransaction): void {
    this.#executed.push(executed);
    this.#lists.add(executed.receipt);
  }

  #hashRows(pending: readonly NetChange[]): number {
    const { rows, hashes } = this.#options.context;
    const start = this.#changes.length;
    const end = Math.min(start + ROWS_PER_STEP, pending.length);
    for (let i = start; i < end; i++) {
      this.#changes.push(toRowChange(hashes, rows, pending[i]!));
    }
    return (end - start) * ROW_COST;
  }

  #updateTree(sorted: readonly RowChange[]): number {
    const step = sorted.slice(this.#updatedCount, this.#updatedCount + ROWS_PER_STEP);
    const version = this.#options.tree.update(this.#version, step);
    this.#release();
    this.#version = version;
    this.#updatedCount += step.length;
    return step.length * LEAF_COST;
  }

  /** Frees the intermediate version; the parent's belongs to the parent. */
  #release(): void {
    if (this.#version !== this.#options.parentVersion) this.#options.tree.release(this.#version);
  }

  #finish(): ExecutedBlock {
    const { context, tree, parentVersion } = this.#options;
    // A block that changed nothing still owns a version of its own, so that releasing is uniform.
    if (this.#version === parentVersion) this.#version = tree.update(parentVersion, []);
    const { blockHash } = this.block;
    const result = {
      blockHash,
      stateRoot: tree.root(this.#version),
      ...this.#lists.roots(),
      cost: BigInt(this.#cost),
      validatorsNextHash: ZERO_HASH,
    };
    const summary = {
      blockHash,
      result,
      resultHash: resultHash(context.hasher, result),
      isNonEmpty: this.block.transactions.length > 0 || this.#firedCount > 0,
      ...timerOutlook(context, this.block.header.timeMs),
    };
    return {
      block: this.block,
      summary,
      executed: this.#executed,
      changes: this.#changes,
      version: this.#version,
    };
  }
}

/** What the state says of timers to come. */
export function timerOutlook(
  context: LedgerContext,
  timeMs: number,
): Pick<ExecutionSummary, "nextTimerDeadlineMs" | "hasTimerBacklog" | "timerBacklogFromMs"> {
  const { maxTimersPerBlock } = context.parameters;
  const open = context.rows.scan(
    TABLES.timer.id,
    new Uint8Array(0),
    undefined,
    maxTimersPerBlock + 1,
  );
  const deadlineAt = (index: number) => {
    const timer = open[index];
    return timer === undefined ? undefined : countOfKey(timer.key, 0);
  };
  const nextTimerDeadlineMs = deadlineAt(0);
  return {
    nextTimerDeadlineMs,
    hasTimerBacklog: nextTimerDeadlineMs !== undefined && nextTimerDeadlineMs <= timeMs,
    timerBacklogFromMs: deadlineAt(maxTimersPerBlock),
  };
}
