/** Records of the lanes, and what they need from outside (joined in validator/). */

import type { Hasher } from "../crypto/interfaces.js";
import type { OrderedTransaction } from "../execution/interface.js";
import type { Batch } from "../types/batch.js";
import type { ChainParameters } from "../types/genesis.js";
import type { PeerMessage } from "../types/message.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";

/** Last batch of a lane that a chain of blocks includes; seq 0 and the zero hash for none. */
export interface LaneHead {
  readonly seq: number;
  readonly headHash: Hash;
  readonly key: string;
}
export type LaneHeads = readonly LaneHead[];

export interface MissingBatches {
  readonly author: ValidatorIndex;
  readonly fromSeq: number;
  readonly toSeq: number;
}

export type CutVerdict =
  | { readonly kind: "complete"; readonly transactionCount: number }
  | { readonly kind: "invalid"; readonly reason: string }
  | { readonly kind: "missing"; readonly batches: readonly MissingBatches[] };

/** A batch whose signature and transactions were checked. */
export interface LaneBatch {
  readonly author: ValidatorIndex;
  readonly seq: number;
  readonly hash: Hash;
  readonly key: string;
  readonly prevKey: string;
  readonly batch: Batch;
  readonly transactions: readonly OrderedTransaction[];
  readonly sizeBytes: number;
  readonly cost: number;
  isStored: boolean;
}

/** The part of `ChainEffect` that lanes emit. */
export type LaneEffect =
  | { readonly kind: "send"; readonly to: ValidatorIndex | "all"; readonly message: PeerMessage }
  | {
      readonly kind: "signBatch";
      readonly bodyBytes: Uint8Array;
      readonly transactions: readonly PreparedTransaction[];
    }
  | {
      readonly kind: "checkBatch";
      readonly from: ValidatorIndex;
      readonly author: ValidatorIndex;
      readonly batch: Batch;
    }
  | { readonly kind: "storeBatch"; readonly batch: Batch; readonly batchHash: Hash }
  | { readonly kind: "admitted"; readonly txIds: readonly Hash[] }
  | {
      readonly kind: "reportPeer";
      readonly peer: ValidatorIndex;
      readonly code: string;
      readonly detail: string;
      readonly disconnect: boolean;
    }
  | { readonly kind: "notice"; readonly code: string; readonly detail: string };

export interface LaneOptions {
  readonly genesisHash: Hash;
  readonly validatorIds: readonly Hash[];
  readonly self: ValidatorIndex;
  readonly parameters: ChainParameters;
  readonly hasher: Hasher;
  readonly fetchBatches: (missing: MissingBatches, first: readonly ValidatorIndex[]) => void;
  readonly emit: (effect: LaneEffect) => void;
}
