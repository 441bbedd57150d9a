/** The executor: a reducer from events to effects over one ledger (interface.ts, README.md). */

import { assert } from "../base/assert.js";
import { equalBytes, toHex } from "../base/bytes.js";
import { FondacoError } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import { genesisValidatorOrganisations } from "../contracts/membership/genesisMembers.js";
import { resultHash } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import { LedgerContext, type LedgerOptions } from "../ledger/context.js";
import type { RowSource } from "../ledger/rowSource.js";
import { Rows } from "../ledger/rows.js";
import type { LeafChange, StateTree } from "../merkle/stateTree.js";
import type { BlockResult } from "../types/block.js";
import type { Genesis } from "../types/genesis.js";
import type { Hash } from "../types/primitives.js";
import { BlockRun, type BlockRunOptions, timerOutlook } from "./blockRun.js";
import { Branches } from "./branches.js";
import { genesisResult } from "./genesisState.js";
import type {
  ExecutableBlock,
  ExecutionSummary,
  ExecutorEffect,
  ExecutorEvent,
} from "./interface.js";
import { hooks } from "./operations.js";
import { answerQuery, type FinalState } from "./queries.js";
import { leavesOfRows, treeOfLeaves } from "./stateLeaves.js";

/** Blocks that wait to be executed: a few beside the running one, at a start all unfinal ones. */
const QUEUED_BLOCKS_MAX = LIMITS.executedBlocksMax;
/** Declared cost of one slice: about 2 ms. */
export const SLICE_COST = 2_000;

export interface ExecutorOptions {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly hasher: Hasher;
  readonly tree: StateTree;
  /** Holds all rows of the state at `start`, or of the genesis state (`genesisState`). */
  readonly rows: RowSource;
  readonly isRegistrableKey: (publicKey: Uint8Array) => boolean;
  readonly sliceCost?: number;
  /** The last final block whose state `rows` holds; without it, the genesis state. */
  readonly start?: {
    readonly height: number;
    readonly timeMs: number;
    readonly result: BlockResult;
  };
  /** Stored leaves, to rebuild the tree without touching rows; the root is checked all the same. */
  readonly leaves?: Iterable<LeafChange>;
  readonly cachedRowsMax?: number;
  /** Planted bugs, for simulation only. */
  readonly faults?: {
    /** Leaving a branch forgets to undo one row. */
    readonly dropUndo?: boolean;
  };
}

export interface Executor {
  step(event: ExecutorEvent): ExecutorEffect[];
  /** The block on which it was made: for genesis, height 0 with the genesis hash. */
  readonly initial: { readonly height: number; readonly summary: ExecutionSummary };
}

/**
 * @throws {FondacoError} `STATE_ROOT_MISMATCH` if the root computed from the rows (or leaves) is not
 *   that of the result at which it should start.
 */
export function createExecutor(options: ExecutorOptions): Executor {
  return new LedgerExecutor(options);
}

class LedgerExecutor implements Executor {
  readonly initial: Executor["initial"];
  readonly #rows: Rows;
  readonly #context: LedgerContext;
  readonly #ledger: Omit<LedgerOptions, "rows">;
  readonly #run: Omit<BlockRunOptions, "parentVersion">;
  readonly #tree: StateTree;
  readonly #branches: Branches;
  readonly #sliceCost: number;
  readonly #queue: ExecutableBlock[] = [];
  /** Blocks that are final and may still have to be executed, oldest first. */
  readonly #toFinalise: Hash[] = [];
  #running: BlockRun | undefined;
  #final: FinalState;

  constructor(options: ExecutorOptions) {
    const { genesis, genesisHash, hasher, tree, start, rows: source } = options;
    this.#ledger = {
      hasher,
      genesisHash,
      parameters: genesis.parameters,
      isRegistrableKey: options.isRegistrableKey,
    };
    const { cachedRowsMax, faults } = options;
    this.#rows = new Rows({
      source,
      ...(cachedRowsMax === undefined ? {} : { cachedRowsMax }),
      dropsUndo: faults?.dropUndo === true,
    });
    this.#context = new LedgerContext({ ...this.#ledger, rows: this.#rows });
    this.#tree = tree;
    this.#sliceCost = options.sliceCost ?? SLICE_COST;
    this.#run = {
      context: this.#context,
      hooks,
      tree,
      validatorOrganisations: genesisValidatorOrganisations(genesis),
    };

    const version = treeOfLeaves(
      tree,
      options.leaves ?? leavesOfRows(this.#context.hashes, source),
    );
    const stateRoot = tree.root(version);
    const result = start?.result ?? genesisResult(genesisHash, stateRoot);
    const height = start?.height ?? 0;
    if (!equalBytes(stateRoot, result.stateRoot)) {
      throw new FondacoError(
        { code: "STATE_ROOT_MISMATCH" },
        `the stored state at height ${height} has root ${toHex(stateRoot)}, the certified one is ` +
          `${toHex(result.stateRoot)}: the checkpoint is damaged; move data/rows away, and a start makes it again from the log`,
      );
    }
    this.#final = { height, blockHash: result.blockHash, version };
    this.#branches = new Branches(this.#rows, tree, result.blockHash);
    this.initial = {
      height,
      summary: {
        blockHash: result.blockHash,
        result,
        resultHash: resultHash(hasher, result),
        isNonEmpty: false,
        ...timerOutlook(this.#context, start?.timeMs ?? genesis.timeMs),
      },
    };
  }

  step(event: ExecutorEvent): ExecutorEffect[] {
    const effects: ExecutorEffect[] = [];
    switch (event.kind) {
      case "execute":
        this.#enqueue(event.block, effects);
        this.#work(effects);
        break;
      case "slice":
        this.#work(effects);
        break;
      case "finalise":
        this.#toFinalise.push(event.blockHash);
        this.#settleFinal(effects);
        this.#askToContinue(effects);
        break;
      case "checkpointed":
        this.#rows.checkpointed(event.height);
        break;
      case "query": {
        const answer = answerQuery(event.query, this.#final, {
          final: this.#rows.final,
          tree: this.#tree,
          hashes: this.#context.hashes,
          ledger: this.#ledger,
        });
        effects.push({ kind: "answer", id: event.id, answer });
        break;
      }
    }
    return effects;
  }

  #enqueue(block: ExecutableBlock, effects: ExecutorEffect[]): void {
    const known = this.#branches.find(block.blockHash);
    if (known !== undefined) {
      effects.push({ kind: "executed", summary: known.summary });
      return;
    }
    const waiting =
      this.#running === undefined ? this.#queue : [this.#running.block, ...this.#queue];
    if (waiting.some(({ blockHash }) => equalBytes(blockHash, block.blockHash))) return;
    assert(this.#queue.length < QUEUED_BLOCKS_MAX, "too many blocks wait for execution");
    this.#queue.push(block);
  }

  /** One slice: goes on until its cost is spent or nothing waits. */
  #work(effects: ExecutorEffect[]): void {
    let budget = this.#sliceCost;
    while (budget > 0) {
      this.#running ??= this.#startNext();
      if (this.#running === undefined) break;
      const { spent, outcome } = this.#running.step(budget);
      budget -= Math.max(1, spent);
      if (outcome === undefined) continue;
      this.#running = undefined;
      this.#branches.push(outcome);
      effects.push({ kind: "executed", summary: outcome.summary });
      this.#settleFinal(effects);
    }
    this.#askToContinue(effects);
  }

  #askToContinue(effects: ExecutorEffect[]): void {
    const isWaiting = this.#running !== undefined || this.#queue.length > 0;
    if (isWaiting) effects.push({ kind: "continue" });
  }

  /** Starts the next block whose branch can still become final. */
  #startNext(): BlockRun | undefined {
    for (;;) {
      const block = this.#queue.shift();
      if (block === undefined) return undefined;
      const { parentHash, height } = block.header;
      if (height <= this.#final.height || this.#branches.isDiscarded(parentHash)) {
        this.#branches.discard(block.blockHash);
        continue;
      }
      this.#branches.switchTo(parentHash);
      const parentVersion = this.#branches.top?.version ?? this.#final.version;
      return new BlockRun(block, { ...this.#run, parentVersion });
    }
  }

  /** Finalises what is known to be final as far as it was executed. */
  #settleFinal(effects: ExecutorEffect[]): void {
    while (this.#toFinalise.length > 0) {
      const blockHash = this.#toFinalise[0]!;
      const target = this.#branches.find(blockHash);
      if (target === undefined) {
        // Either it is the last final block already, or its execution is still to come.
        if (!equalBytes(blockHash, this.#final.blockHash)) return;
        this.#toFinalise.shift();
        continue;
      }
      if (!this.#branches.isOnBranch(blockHash)) this.#switchToFinal(blockHash);
      while (this.#final.height < target.block.header.height) this.#finaliseOldest(effects);
      this.#toFinalise.shift();
    }
  }

  /** The final block is on another branch: what runs on this one is given up. */
  #switchToFinal(blockHash: Hash): void {
    if (this.#running !== undefined) {
      this.#running.abandon();
      this.#rows.undoBlock();
      this.#queue.unshift(this.#running.block);
      this.#running = undefined;
    }
    this.#branches.switchTo(blockHash);
  }

  #finaliseOldest(effects: ExecutorEffect[]): void {
    const { block, summary, executed, changes, version } = this.#branches.finaliseOldest();
    this.#tree.release(this.#final.version);
    this.#final = { height: block.header.height, blockHash: block.blockHash, version };
    effects.push({
      kind: "finalised",
      block: { summary, header: block.header, executed, changes },
    });
  }
}
