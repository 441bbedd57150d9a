/**
 * The executor as the rest of a validator sees it: events in, effects out (DESIGN.md 2.1). It may
 * sit in the same thread as agreement or in one of its own; these records are all that joins them.
 */

import type { StatePath } from "../merkle/stateTree.js";
import type { BlockResult, Header } from "../types/block.js";
import type { AccountId, Hash, OrganisationId, ValidatorIndex } from "../types/primitives.js";
import type { LedgerEvent, Receipt } from "../types/receipt.js";
import type { PreparedTransaction } from "../types/transaction.js";

/** A transaction at its place in a block, with the validator that sealed it (whose quota pays). */
export interface OrderedTransaction extends PreparedTransaction {
  readonly sealer: ValidatorIndex;
}

/** A block whose batches are all here, in execution order. */
export interface ExecutableBlock {
  readonly blockHash: Hash;
  readonly header: Header;
  readonly transactions: readonly OrderedTransaction[];
}

/** What agreement needs to know of an executed block. */
export interface ExecutionSummary {
  readonly blockHash: Hash;
  readonly result: BlockResult;
  readonly resultHash: Hash;
  /** Whether the block changed more than the clock: it has transactions or fired a timer. */
  readonly isNonEmpty: boolean;
  /** Earliest deadline of an open timer in the state after this block. */
  readonly nextTimerDeadlineMs: number | undefined;
  /** Whether more timers are due at this block's time than one block may fire (timer backlog). */
  readonly hasTimerBacklog: boolean;
  /**
   * Block time from which on more timers are due in the state after this block than one block may
   * fire: a child with that time or a later one must have an empty cut. Undefined without so many.
   */
  readonly timerBacklogFromMs?: number | undefined;
}

/** One index of an executed block, with all that indexes and subscriptions need. */
export interface ExecutedTransaction {
  readonly receipt: Receipt;
  readonly events: readonly LedgerEvent[];
  /** Accounts that it names or changed: who may read it, and whose history it joins. */
  readonly accounts: readonly AccountId[];
}

/** A row's new content; `row` is undefined where it was deleted. */
export interface RowChange {
  readonly table: number;
  readonly key: Uint8Array;
  readonly row: Uint8Array | undefined;
  readonly path: Hash;
  /** Leaf value in the state tree; undefined where the row was deleted. */
  readonly valueHash: Hash | undefined;
}

/** Everything a final block did. Index 0 of `executed` is the timer phase. */
export interface FinalisedBlock {
  readonly summary: ExecutionSummary;
  readonly header: Header;
  readonly executed: readonly ExecutedTransaction[];
  readonly changes: readonly RowChange[];
}

/** Proof of a row's content, or of its absence, under the state root of the last final block. */
export interface RowProof {
  readonly height: number;
  readonly blockHash: Hash;
  readonly table: number;
  readonly key: Uint8Array;
  readonly row: Uint8Array | undefined;
  /** 16 bytes; part of the leaf. Zero for public rows. */
  readonly blind: Uint8Array;
  readonly path: StatePath;
}

/** Reads are answered from the state of the last final block. */
export type ExecutorQuery =
  | { readonly kind: "rows"; readonly table: number; readonly keys: readonly Uint8Array[] }
  | {
      readonly kind: "scan";
      readonly table: number;
      readonly prefix: Uint8Array;
      readonly after: Uint8Array | undefined;
      readonly limit: number;
    }
  | { readonly kind: "proof"; readonly table: number; readonly key: Uint8Array }
  | {
      readonly kind: "simulate";
      readonly transaction: PreparedTransaction;
      readonly timeMs: number;
      readonly sealer: OrganisationId;
    };

export type ExecutorAnswer =
  | {
      readonly kind: "rows";
      readonly height: number;
      readonly rows: readonly (Uint8Array | undefined)[];
    }
  | {
      readonly kind: "scan";
      readonly height: number;
      readonly rows: readonly { readonly key: Uint8Array; readonly row: Uint8Array }[];
    }
  | { readonly kind: "proof"; readonly proof: RowProof }
  | { readonly kind: "simulated"; readonly height: number; readonly executed: ExecutedTransaction };

export type ExecutorEvent =
  /** The parent has been executed; other branches are undone first, results are cached by hash. */
  | { readonly kind: "execute"; readonly block: ExecutableBlock }
  /** `blockHash` and its ancestors are final, in order. */
  | { readonly kind: "finalise"; readonly blockHash: Hash }
  | { readonly kind: "query"; readonly id: number; readonly query: ExecutorQuery }
  /** The rows below the executor now hold every final row as of this height, or later ones. */
  | { readonly kind: "checkpointed"; readonly height: number }
  /** Work on for at most one slice: the shell sends it after each effect `continue`. */
  | { readonly kind: "slice" };

export type ExecutorEffect =
  | { readonly kind: "executed"; readonly summary: ExecutionSummary }
  | { readonly kind: "finalised"; readonly block: FinalisedBlock }
  | { readonly kind: "answer"; readonly id: number; readonly answer: ExecutorAnswer }
  /** More work waits; send `slice` after other events had their turn. */
  | { readonly kind: "continue" };
