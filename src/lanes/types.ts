/** Records of the lanes, and what they need from outside (joined in validator/). */

import type { Hasher } from "../crypto/interfaces.js";
import type { OrderedTransaction } from "../execution/interface.js";
import type { Batch } from "../types/batch.js";
import type { ChainParameters } from "../types/genesis.js";
import type { MissingBatches } from "../types/laneHeads.js";
import type { PeerEffect } from "../types/peerEffect.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";

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
  | PeerEffect
  /** Sign the body of an own batch (bytes without signature), answer `batchSigned`. */
  | {
      readonly kind: "signBatch";
      readonly bodyBytes: Uint8Array;
      readonly transactions: readonly PreparedTransaction[];
    }
  /** Check author signature, decode, check every transaction (workers), answer `batchChecked`. */
  | {
      readonly kind: "checkBatch";
      readonly from: ValidatorIndex;
      readonly author: ValidatorIndex;
      readonly batch: Batch;
    }
  /** Append to the log, flush, answer `batchStored`. */
  | { readonly kind: "storeBatch"; readonly batch: Batch; readonly batchHash: Hash }
  /** No block that can still become final names these: a start need not find them again. */
  | { readonly kind: "dropBatches"; readonly batchHashes: readonly Hash[] }
  /** Own transactions up to this batch are held by f + 1 validators. */
  | { readonly kind: "admitted"; readonly txIds: readonly Hash[] };

export interface LaneOptions {
  readonly genesisHash: Hash;
  readonly validatorIds: readonly Hash[];
  readonly self: ValidatorIndex;
  readonly parameters: ChainParameters;
  readonly hasher: Hasher;
  readonly fetchBatches: (missing: MissingBatches, first: readonly ValidatorIndex[]) => void;
  readonly emit: (effect: LaneEffect) => void;
}
