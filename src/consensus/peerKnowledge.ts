import type { ValidatorIndex } from "../types/primitives.js";
import { type Certificate, VOTE_KIND } from "../types/vote.js";

interface Knowledge {
  isConnected: boolean;
  /** Highest view that it showed by a vote, a certificate or a status. */
  view: number;
  finalizedView: number;
  /** Views in which it voted Finalize: it holds their notarization. */
  readonly finalizeVotes: Set<number>;
  /** When it was last sent the newest finalization in answer to a status. */
  finalizationSentMs: number;
  /** Where the next standstill page starts. */
  standstillCursor: number;
}

const FINALIZE_VOTES_MAX = 128;

/** Which certificates each peer is known to hold (CON-R-G). Forgotten when it reconnects. */
export class PeerKnowledge {
  readonly #peers: Knowledge[];

  constructor(validatorCount: number) {
    this.#peers = Array.from({ length: validatorCount }, () => ({
      isConnected: false,
      view: 0,
      finalizedView: 0,
      finalizeVotes: new Set<number>(),
      finalizationSentMs: Number.NEGATIVE_INFINITY,
      standstillCursor: 0,
    }));
  }

  of(peer: ValidatorIndex): Knowledge {
    return this.#peers[peer] as Knowledge;
  }

  reset(peer: ValidatorIndex, isConnected: boolean): void {
    const knowledge = this.of(peer);
    knowledge.isConnected = isConnected;
    knowledge.view = 0;
    knowledge.finalizedView = 0;
    knowledge.finalizeVotes.clear();
    knowledge.finalizationSentMs = Number.NEGATIVE_INFINITY;
    knowledge.standstillCursor = 0;
  }

  sawView(peer: ValidatorIndex, view: number): void {
    const knowledge = this.of(peer);
    if (view > knowledge.view) knowledge.view = view;
  }

  sawFinalizeVote(peer: ValidatorIndex, view: number): void {
    const votes = this.of(peer).finalizeVotes;
    votes.add(view);
    if (votes.size > FINALIZE_VOTES_MAX) votes.delete(votes.values().next().value as number);
  }

  sawFinalized(peer: ValidatorIndex, view: number): void {
    const knowledge = this.of(peer);
    if (view > knowledge.finalizedView) knowledge.finalizedView = view;
  }

  holds(peer: ValidatorIndex, certificate: Certificate): boolean {
    const knowledge = this.of(peer);
    if (knowledge.finalizedView >= certificate.view) return true;
    if (certificate.kind === VOTE_KIND.finalize) return false;
    if (knowledge.view > certificate.view) return true;
    return certificate.kind === VOTE_KIND.notarize && knowledge.finalizeVotes.has(certificate.view);
  }
}
