/**
 * What agreement needs from outside itself: batches (lanes/) and whoever fetches what is missing
 * (sync/). The folders do not know each other; validator/ joins them.
 */

import type { OrderedTransaction } from "../execution/interface.js";
import type { Cut } from "../types/block.js";
import type { CutVerdict, LaneHeads, MissingBatches } from "../types/laneHeads.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";

export interface BatchSource {
  /** Heads after `cut`, or undefined when the cut does not continue `heads`. */
  advance(heads: LaneHeads, cut: Cut): LaneHeads | undefined;
  inspect(heads: LaneHeads, cut: Cut): CutVerdict;
  /** Transactions of a complete cut in execution order (LAN-9). */
  transactions(heads: LaneHeads, cut: Cut, view: number): readonly OrderedTransaction[];
  makeCut(heads: LaneHeads, view: number): { readonly cut: Cut; readonly transactionCount: number };
  /**
   * Whether a batch waits that the chain with `heads` does not include: acked by f + 1 validators
   * for the leader, by q for the view timer (DESIGN.md 6, "A block is due").
   */
  isWaiting(heads: LaneHeads, forWhom: "leader" | "timer"): boolean;
  /** Whether `makeCut` would give anything now. */
  isIncludable(heads: LaneHeads): boolean;
  /**
   * A block with these heads is final.
   *
   * @param live - Cuts of all blocks above it that may still become final.
   */
  committed(heads: LaneHeads, nowMs: number, live: Iterable<Cut>): void;
  /** A final block with these heads is durable, with all its batches. */
  finalStored(heads: LaneHeads): void;
  /** Validators that said that they hold the newest batches of `author`. */
  holders(author: ValidatorIndex): readonly ValidatorIndex[];
}

/** Asks peers, in turn and at a bounded rate, as long as the same thing is wanted again and again. */
export interface Fetcher {
  certificates(
    fromView: number,
    toView: number,
    kinds: number,
    first: readonly ValidatorIndex[],
  ): void;
  /** The same on the word of `peer` alone, which may name any views: one wish a peer. */
  claimed(peer: ValidatorIndex, fromView: number, toView: number, kinds: number): void;
  proposal(view: number, blockHash: Hash, first: readonly ValidatorIndex[]): void;
  batches(missing: MissingBatches, first: readonly ValidatorIndex[]): void;
}
