/**
 * The chain reducer as the shell sees it: agreement, lanes and catching up in one. `step` takes an
 * event and the local time, and answers effects that the shell carries out in order.
 *
 * Durable before visible, by construction: the reducer never sends what a crash could make untrue.
 * It stores, waits for the event that says "durable", and only then sends.
 */

import type { VoteRequest } from "../consensus/effects.js";
import type { ExecutableBlock, ExecutionSummary } from "../execution/interface.js";
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
  | { readonly kind: "send"; readonly to: ValidatorIndex | "all"; readonly message: PeerMessage }
  /** Sign the body of an own batch (bytes without signature). */
  | {
      readonly kind: "signBatch";
      readonly bodyBytes: Uint8Array;
      readonly transactions: readonly PreparedTransaction[];
    }
  /** Check author signature, decode, check every transaction (workers). */
  | {
      readonly kind: "checkBatch";
      readonly from: ValidatorIndex;
      readonly author: ValidatorIndex;
      readonly batch: Batch;
    }
  /** Append to the log, flush, answer `batchStored`. */
  | { readonly kind: "storeBatch"; readonly batch: Batch; readonly batchHash: Hash }
  /** Append to the log; flushed before any later `castVote` that names it. */
  | { readonly kind: "storeBlock"; readonly blockHash: Hash; readonly block: Block }
  /** Append to the safety file; flushed with the next vote or by itself later. */
  | { readonly kind: "storeCertificate"; readonly certificate: Certificate }
  /** Flush the log, record in the safety file, flush, sign, answer `voteCast`. */
  | { readonly kind: "castVote"; readonly request: VoteRequest }
  | { readonly kind: "execute"; readonly block: ExecutableBlock }
  /**
   * These blocks are final, in order; `certificate` finalizes the last. Flush them in the log,
   * answer `finalStored`, then let the executor finalise them and tell clients.
   */
  | {
      readonly kind: "storeFinal";
      readonly blocks: readonly { readonly blockHash: Hash; readonly block: Block }[];
      readonly certificate: Certificate;
    }
  /** Own transactions up to this batch are held by f + 1 validators. */
  | { readonly kind: "admitted"; readonly txIds: readonly Hash[] }
  | {
      readonly kind: "loadRange";
      readonly requestId: number;
      readonly fromHeight: number;
      readonly toHeight: number;
      readonly sizeBytesMax: number;
    }
  /** Send `tick` at this local time. Replaces the wake before it. */
  | { readonly kind: "wake"; readonly atMs: number }
  /** A peer broke a rule: name it in the log; `disconnect` cuts it off for a while. */
  | {
      readonly kind: "reportPeer";
      readonly peer: ValidatorIndex;
      readonly code: string;
      readonly detail: string;
      readonly disconnect: boolean;
    }
  /** A fact for the log and for `status`. */
  | { readonly kind: "notice"; readonly code: string; readonly detail: string }
  /** This validator must not vote any more (DIVERGED, safety record lost). It goes on reading. */
  | { readonly kind: "stopVoting"; readonly code: string; readonly detail: string };

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
