import { mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { ExecutionSummary } from "../execution/interface.js";
import type { Block } from "../types/block.js";
import type { PeerMessage, Status } from "../types/message.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import {
  type Certificate,
  type Proposal,
  type Statement,
  VOTE_KIND,
  type Vote,
} from "../types/vote.js";
import { findBase, isAskedFor } from "./base.js";
import type { BlockNode } from "./blockTree.js";
import {
  askExecutions,
  receiveExecuted,
  receiveFinalStored,
  tryCommit,
  tryFinalizeVotes,
} from "./finalizing.js";
import { addVote, forgetSettledVotes, receiveCertificate, receiveVote } from "./intake.js";
import { insertCertified, receiveProposal, tryNotarize } from "./notarizing.js";
import { tryNullify } from "./nullifying.js";
import { makeProposal, requestGap, tryPropose } from "./proposing.js";
import { type OwnRecord, recover } from "./recovery.js";
import { greet, receiveStatus, sendOwnProposal, spread } from "./spreading.js";
import { type ConsensusOptions, ConsensusState, type RootOptions } from "./state.js";

/** Certificates of one answer: with the largest ones still below a control frame. */
const ANSWER_CERTIFICATES_MAX = 32;

/**
 * Agreement: a deterministic machine over the rules in README.md. Handlers take in facts;
 * `progress` lets every rule do what has become possible. Nothing here waits, and nothing is sent
 * that is not durable: votes leave with `voteCast` only.
 */
export class Consensus {
  readonly state: ConsensusState;

  constructor(options: ConsensusOptions, root: RootOptions) {
    this.state = new ConsensusState(options, root);
  }

  /** First call. Takes back what the durable record says (corrected 1.10(2)). */
  start(own: OwnRecord, nowMs: number): void {
    const { state } = this;
    state.startedMs = nowMs;
    state.enteredMs = nowMs;
    state.lastFinalizationMs = nowMs;
    state.nextRebroadcastMs = nowMs + state.options.parameters.retryIntervalMs;
    recover(state, own, nowMs);
  }

  receive(from: ValidatorIndex, message: PeerMessage, nowMs: number): void {
    this.state.lastHeardMs[from] = nowMs;
    if (message.kind === "vote") receiveVote(this.state, from, message.value, nowMs);
    else if (message.kind === "proposal") receiveProposal(this.state, from, message.value, nowMs);
    else if (message.kind === "certificate") this.certificate(from, message.value, nowMs);
    else if (message.kind === "status") this.status(from, message.value, nowMs);
  }

  certificate(from: ValidatorIndex, certificate: Certificate, nowMs: number): boolean {
    return receiveCertificate(this.state, from, certificate, nowMs);
  }

  status(from: ValidatorIndex, status: Status, nowMs: number): void {
    receiveStatus(this.state, from, status, nowMs);
  }

  connected(peer: ValidatorIndex, nowMs: number): void {
    this.state.lastHeardMs[peer] = nowMs;
    greet(this.state, peer);
  }

  disconnected(peer: ValidatorIndex): void {
    this.state.peers.reset(peer, false);
  }

  /** An own vote is durable and signed: it counts, and it leaves. */
  voteCast(vote: Vote, nowMs: number): void {
    const { state } = this;
    // Asked for before it turned out that nothing may be signed: it could contradict a lost vote.
    if (!state.isVoting) return;
    const record = state.record(vote.view);
    record.own.cast.push(vote);
    if (vote.kind === VOTE_KIND.notarize && state.leader(vote.view) === state.options.self) {
      const node = state.tree.get(mapKey(vote.blockHash));
      if (node !== undefined) node.leaderSignature = vote.signature;
    }
    if (!sendOwnProposal(state, vote.view, vote.kind)) {
      state.emit({ kind: "send", to: "all", message: { kind: "vote", value: vote } });
    }
    addVote(state, vote, true, nowMs);
  }

  voteRefused(statement: Statement, reason: string): void {
    const detail = `vote of kind ${statement.kind} in view ${statement.view}: ${reason}`;
    this.state.stop("VOTE_REFUSED", detail);
  }

  executed(summary: ExecutionSummary): void {
    receiveExecuted(this.state, summary);
  }

  finalStored(height: number): void {
    receiveFinalStored(this.state, height);
  }

  /** Blocks of a page below a finalization that is held: their hashes are certain. */
  insertFinal(blocks: readonly { readonly hash: Hash; readonly block: Block }[], nowMs: number) {
    for (const { hash, block } of blocks) insertCertified(this.state, hash, block, nowMs);
  }

  /** Lets every rule act, in the order of DESIGN.md 6; `state.wakeMs` says when to come again. */
  progress(nowMs: number): void {
    const { state } = this;
    state.wakeMs = Number.POSITIVE_INFINITY;
    this.#advance(nowMs);
    askExecutions(state, nowMs);
    while (tryCommit(state, nowMs));
    tryFinalizeVotes(state);
    requestGap(state);
    tryPropose(state, nowMs);
    tryNotarize(state, nowMs);
    tryNullify(state, nowMs);
    spread(state, nowMs);
  }

  /** CON-R-A: a view is left by a certificate only, never on somebody's word. */
  #advance(nowMs: number): void {
    const { state } = this;
    if (state.highestCertifiedView < state.view) return;
    forgetSettledVotes(state);
    const record = state.record(state.highestCertifiedView);
    state.entryCertificate = record.finalization ?? record.notarization ?? record.nullification;
    state.view = state.highestCertifiedView + 1;
    state.enteredMs = nowMs;
    state.backoff++;
    state.dueSinceMs = undefined;
    state.leaderDueSinceMs = undefined;
    state.nextRebroadcastMs = nowMs + state.options.parameters.retryIntervalMs;
  }

  /** Certificates that a peer asked for, oldest first, bounded. */
  certificatesFor(fromView: number, toView: number, kinds: number): Certificate[] {
    const { state } = this;
    const found: Certificate[] = [];
    if (fromView <= state.root.view && state.latestFinalization !== undefined) {
      found.push(state.latestFinalization);
    }
    const first = Math.max(fromView, state.root.view + 1);
    const last = Math.min(toView, state.highestCertifiedView);
    for (let view = first; view <= last && found.length < ANSWER_CERTIFICATES_MAX; view++) {
      for (const certificate of state.views.get(view)?.certificates() ?? []) {
        if (isAskedFor(certificate, kinds) && !found.includes(certificate)) found.push(certificate);
      }
    }
    return found;
  }

  proposalFor(blockHash: Hash): Proposal | undefined {
    const node = this.state.tree.find(mapKey(blockHash));
    return node === undefined ? undefined : makeProposal(this.state, node);
  }

  /** Whether something is owed: a status is sent often then, and seldom on an idle chain. */
  isBusy(): boolean {
    const { state } = this;
    const base = findBase(state, state.view);
    return (
      base.kind === "gap" ||
      base.key !== state.finalized.key ||
      state.awaitingExecution.size > 0 ||
      state.storing.length > 0 ||
      state.dueSinceMs !== undefined ||
      state.view > state.finalized.view + LIMITS.viewsAheadMax
    );
  }

  /** Highest final block that is here with all below it, whether it is executed yet or not. */
  finalTip(): BlockNode {
    const { state } = this;
    let tip = state.root;
    for (const view of state.finalizedViews) {
      const certificate = state.views.get(view)?.finalization;
      const node = certificate && state.tree.get(mapKey(certificate.blockHash));
      if (node?.isExecutionAsked === true && node.height > tip.height) tip = node;
    }
    return tip;
  }

  /** Height up to which the chain that is extended is executed. */
  executedHeight(): number {
    const { state } = this;
    const base = findBase(state, state.view);
    let node = base.kind === "base" ? state.tree.get(base.key) : undefined;
    while (node !== undefined && node.outcome === undefined) node = node.parent;
    return node?.height ?? state.root.height;
  }
}
