import type { ExecutableBlock } from "../execution/interface.js";
import type { Block } from "../types/block.js";
import type { PeerMessage } from "../types/message.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
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
  | { readonly kind: "send"; readonly to: ValidatorIndex | "all"; readonly message: PeerMessage }
  | { readonly kind: "storeBlock"; readonly blockHash: Hash; readonly block: Block }
  | { readonly kind: "storeCertificate"; readonly certificate: Certificate }
  | { readonly kind: "castVote"; readonly request: VoteRequest }
  | { readonly kind: "execute"; readonly block: ExecutableBlock }
  | {
      readonly kind: "storeFinal";
      readonly blocks: readonly { readonly blockHash: Hash; readonly block: Block }[];
      readonly certificate: Certificate;
    }
  | {
      readonly kind: "reportPeer";
      readonly peer: ValidatorIndex;
      readonly code: string;
      readonly detail: string;
      readonly disconnect: boolean;
    }
  | { readonly kind: "notice"; readonly code: string; readonly detail: string }
  | { readonly kind: "stopVoting"; readonly code: string; readonly detail: string };
