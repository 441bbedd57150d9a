import type { ExecutableBlock } from "../execution/interface.js";
import type { Block } from "../types/block.js";
import type { PeerEffect } from "../types/peerEffect.js";
import type { Hash } from "../types/primitives.js";
import type { Certificate, Statement } from "../types/vote.js";

/** What a vote rests on; the signer records it with the vote and checks it (CON-W2 to W4). */
export interface VoteRequest {
  readonly statement: Statement;
  /** Whether this Notarize vote is the signature of an own proposal (CON-W1). */
  readonly isProposal: boolean;
  /**
   * For Notarize and Nullify: the certificate by which the view was entered (none in view 1). For
   * Notarize also the parent's certificate and the nullifications of the views between. For
   * Finalize: the notarization of the block.
   */
  readonly certificates: readonly Certificate[];
}

/** The part of `ChainEffect` that agreement emits. */
export type ConsensusEffect =
  | PeerEffect
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
  /** This validator must not vote any more (DIVERGED, safety record lost). It goes on reading. */
  | { readonly kind: "stopVoting"; readonly code: string; readonly detail: string };
