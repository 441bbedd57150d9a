/** How far blocks include the lanes: what agreement (consensus/) and dissemination (lanes/) share. */

import type { Hash, ValidatorIndex } from "./primitives.js";

/** Last batch of a lane that a chain of blocks includes; seq 0 and the zero hash for none. */
export interface LaneHead {
  readonly seq: number;
  readonly headHash: Hash;
  /** `mapKey` of `headHash`, made once. */
  readonly key: string;
}

/** One head a validator, in order of index: a function of a block's ancestors, never of time. */
export type LaneHeads = readonly LaneHead[];

/** Batches that a cut names and that are not here. */
export interface MissingBatches {
  readonly author: ValidatorIndex;
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** Verdict of CON-V2 on a cut. `missing` may still become either of the others. */
export type CutVerdict =
  | { readonly kind: "complete"; readonly transactionCount: number }
  | { readonly kind: "invalid"; readonly reason: string }
  | { readonly kind: "missing"; readonly batches: readonly MissingBatches[] };
