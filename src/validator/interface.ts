/**
 * The chain reducer as the shell sees it: agreement, lanes and catching up in one. `step` takes an
 * event and the local time, and answers effects that the shell carries out in order.
 *
 * Durable before visible, by construction: the reducer never sends what a crash could make untrue.
 * It stores, waits for the event that says "durable", and only then sends.
 */

import type { ConsensusEffect } from "../consensus/effects.js";
import type { ExecutionSummary } from "../execution/interface.js";
import type { LaneEffect } from "../lanes/types.js";
import type { Batch } from "../types/batch.js";
import type { Block } from "../types/block.js";
import type { PeerMessage } from "../types/message.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import type { Certificate, Statement, Vote } from "../types/vote.js";

export type { VoteRequest } from "../consensus/effects.js";

/** Verdict on a batch of another validator: its transactions decoded, or why it is invalid. */
export type BatchVerdict =
  | { readonly ok: true; readonly transactions: readonly PreparedTransaction[] }
  | { readonly ok: false; readonly reason: string };

export type ChainEvent =
  /** First event after construction. */
  | { readonly kind: "start" }
  /** A decoded message of an authenticated peer. */
  | { readonly kind: "message"; readonly from: ValidatorIndex; readonly message: PeerMessage }
  | { readonly kind: "connected"; readonly peer: ValidatorIndex }
  | { readonly kind: "disconnected"; readonly peer: ValidatorIndex }
  /** The deadline of the last `wake` effect has come. */
  | { readonly kind: "tick" }
  /** Transactions of clients, statically valid and with checked signatures, for the own lane. */
  | { readonly kind: "submit"; readonly transactions: readonly PreparedTransaction[] }
  /** Answer to `signBatch`: encoded with its signature. */
  | { readonly kind: "batchSigned"; readonly batch: Batch }
  /** Answer to `checkBatch`. */
  | { readonly kind: "batchChecked"; readonly batchHash: Hash; readonly verdict: BatchVerdict }
  /** Answer to `storeBatch`: flushed in the log. */
  | { readonly kind: "batchStored"; readonly batchHash: Hash }
  /** Answer to `castVote`: recorded, flushed, signed. */
  | { readonly kind: "voteCast"; readonly vote: Vote }
  /** The signer refused a vote because its own record forbids it (CON-W): a bug, or a lost file. */
  | { readonly kind: "voteRefused"; readonly statement: Statement; readonly reason: string }
  | { readonly kind: "executed"; readonly summary: ExecutionSummary }
  /** Answer to `storeFinal`: block, batches and certificate are flushed up to this height. */
  | { readonly kind: "finalStored"; readonly height: number }
  /** Answer to `loadRange`, for a peer that catches up. */
  | {
      readonly kind: "rangeLoaded";
      readonly requestId: number;
      readonly blocks: readonly LoadedBlock[];
      readonly certificate: Certificate | undefined;
    };

/** A final block from the log, with the encoded batches of its cut in cut order. */
export interface LoadedBlock {
  readonly block: Block;
  readonly batches: readonly Uint8Array[];
}

export type ChainEffect =
  | ConsensusEffect
  | LaneEffect
  /** Read final blocks for a peer that catches up, answer `rangeLoaded`. */
  | {
      readonly kind: "loadRange";
      readonly requestId: number;
      readonly fromHeight: number;
      readonly toHeight: number;
      readonly sizeBytesMax: number;
    }
  /** Send `tick` at this local time. Replaces the wake before it. */
  | { readonly kind: "wake"; readonly atMs: number };

/** What a validator knows of the chain, for `status` and for admission control. */
export interface ChainStatus {
  readonly epoch: number;
  readonly view: number;
  readonly leader: ValidatorIndex;
  readonly finalizedView: number;
  readonly finalizedHeight: number;
  readonly finalizedHash: Hash;
  readonly executedHeight: number;
  readonly isSyncing: boolean;
  readonly isVoting: boolean;
  /** Code of `stopVoting`, while the validator does not vote. */
  readonly stoppedReason: string | undefined;
  /** Own sealed batches that no final block holds yet, and transactions not yet sealed. */
  readonly ownBatchesInFlight: number;
  readonly unsealedTransactions: number;
  readonly peers: readonly PeerView[];
}

export interface PeerView {
  readonly validator: ValidatorIndex;
  readonly isConnected: boolean;
  readonly view: number;
  readonly finalizedHeight: number;
  /** Peer's clock minus ours when its last status came, and when that was. */
  readonly clockOffsetMs: number | undefined;
  readonly lastHeardMs: number | undefined;
}

/** What the durable files say at a start (consensus.md 1.10, corrected). */
export interface RecoveredChain {
  /** The last final block; undefined on a new chain. */
  readonly finalized:
    | {
        readonly block: Block;
        readonly blockHash: Hash;
        readonly certificate: Certificate;
        readonly resultHash: Hash;
        /**
         * What the executor says of the state that it restored. Without it no timer is known to be
         * due before the next block is executed, and a timer backlog would go unseen: give it.
         */
        readonly summary?:
          | Pick<ExecutionSummary, "nextTimerDeadlineMs" | "hasTimerBacklog" | "timerBacklogFromMs">
          | undefined;
      }
    | undefined;
  /** Own votes above the pruning floor, each with whether it was a proposal. */
  readonly votes: readonly { readonly vote: Vote; readonly isProposal: boolean }[];
  /** That floor: own votes of views below it were pruned, and are not missed. */
  readonly votesFromView?: number | undefined;
  readonly certificates: readonly Certificate[];
  /** Blocks above the last final one. */
  readonly blocks: readonly Block[];
  /** Batches, checked before they were stored, that no final block at or below `finalized` holds. */
  readonly batches: readonly {
    readonly batch: Batch;
    readonly transactions: readonly PreparedTransaction[];
  }[];
  /** For each lane: tip of what final blocks hold. */
  readonly includedTips: readonly {
    readonly author: ValidatorIndex;
    readonly seq: number;
    readonly headHash: Hash;
  }[];
  /**
   * Right edge of the RFC 9162 log over block hashes 0 (genesis) to the finalized height: the
   * roots of its complete subtrees, largest first (merkle/historyLog.ts).
   */
  readonly history: { readonly size: number; readonly edge: readonly Hash[] };
}
