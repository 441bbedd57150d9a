/** CON-R-N: taking in proposals and voting for them. */

import { isZero, mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { blockHash } from "../crypto/digests.js";
import { type Hash, type ValidatorIndex, ZERO_HASH } from "../types/primitives.js";
import { type Proposal, VOTE_KIND, type Vote } from "../types/vote.js";
import { castNotarize } from "./casting.js";
import { verifyVotes } from "./certificates.js";
import { addVote, receiveCertificate } from "./intake.js";
import type { ConsensusState } from "./state.js";
import { assess, hasOwnCut, staticFault } from "./validity.js";

const PROPOSALS_PER_VIEW_MAX = 2;

/** A proposal, from its leader or from a peer that was asked for it. */
export function receiveProposal(
  state: ConsensusState,
  from: ValidatorIndex,
  proposal: Proposal,
  nowMs: number,
): void {
  const { header } = proposal;
  if (header.epoch !== 0 || header.view <= state.root.view) return;
  const leader = state.leader(header.view);
  const fault = staticFault(state, proposal);
  if (!hasOwnCut(state, proposal)) {
    state.report(from, "BAD_PROPOSAL", "a cut that the header does not name");
    return;
  }
  const hash = blockHash(state.options.hasher, header);
  const key = mapKey(hash);
  const isPinned = isCertified(state, key);
  const isNear = header.view <= state.view + LIMITS.viewsAheadMax;
  if (!isPinned && !isNear) return;
  if (from === leader) state.peers.sawView(from, header.view);
  takeCertificates(state, from, proposal, nowMs);
  const record = state.record(header.view);
  const isKnown = record.proposals.includes(key);
  if (!isKnown && !(isPinned && record.proposals.length >= PROPOSALS_PER_VIEW_MAX)) {
    if (record.proposals.length >= PROPOSALS_PER_VIEW_MAX) return;
    const vote = leaderVote(hash, header.view, leader, proposal.signature);
    // An honest peer that restarted may know the block by its hash alone, and says so with zeros.
    const isUnsigned = isZero(proposal.signature);
    if (!isUnsigned && verifyVotes(state.rules, [vote])[0] === true) {
      const node = state.tree.insert(hash, proposal, nowMs, proposal.signature);
      if (fault !== undefined) node.invalidReason = fault;
      record.proposals.push(key);
      record.proposedMs ??= nowMs;
      addVote(state, vote, true, nowMs);
      return;
    }
    if (!isPinned) {
      if (isUnsigned) return;
      state.report(from, "BAD_PROPOSAL", `a wrong signature of the leader of view ${header.view}`);
      return;
    }
  }
  // A certificate vouches for the hash: the leader's signature is no longer needed.
  if (isPinned) state.tree.insert(hash, proposal, nowMs, undefined);
}

/** A block whose hash a certificate vouches for, from a page or a log. */
export function insertCertified(
  state: ConsensusState,
  hash: Hash,
  block: Pick<Proposal, "header" | "cut">,
  nowMs: number,
): void {
  if (block.header.height <= state.root.height) return;
  state.tree.insert(hash, { header: block.header, cut: block.cut }, nowMs, undefined);
}

function isCertified(state: ConsensusState, key: string): boolean {
  return state.awaitingExecution.has(key) || state.tree.get(key)?.isExecutionAsked === true;
}

function leaderVote(
  blockHashOf: Hash,
  view: number,
  voter: ValidatorIndex,
  signature: Uint8Array,
): Vote {
  const kind = VOTE_KIND.notarize;
  return { kind, epoch: 0, view, blockHash: blockHashOf, result: ZERO_HASH, voter, signature };
}

function takeCertificates(
  state: ConsensusState,
  from: ValidatorIndex,
  proposal: Proposal,
  nowMs: number,
): void {
  const carried = [...proposal.nullifications];
  if (proposal.parentCertificate !== undefined) carried.push(proposal.parentCertificate);
  for (const certificate of carried) {
    if (certificate.view >= proposal.header.view) {
      state.report(from, "BAD_PROPOSAL", "a certificate of a later view");
      return;
    }
    if (!receiveCertificate(state, from, certificate, nowMs)) return;
  }
}

/** Votes for the first proposal of the current view that is valid. */
export function tryNotarize(state: ConsensusState, nowMs: number): void {
  const record = state.views.get(state.view);
  if (record === undefined || !state.isVoting) return;
  fetchVotedProposals(state);
  const voted = record.own.notarize;
  if (voted !== undefined && state.options.faults.forgetNotarization !== true) return;
  const after = voted === undefined ? -1 : record.proposals.indexOf(voted);
  for (const key of record.proposals.slice(after + 1)) {
    const node = state.tree.get(key);
    if (node === undefined) continue;
    if (assess(state, node, nowMs) !== "valid") continue;
    castNotarize(state, node, false);
    return;
  }
}

/** Corrected CON-R-Q: f + 1 votes for a block that is not here mean that an honest one has it. */
function fetchVotedProposals(state: ConsensusState): void {
  const pool = state.views.get(state.view)?.pools[VOTE_KIND.notarize];
  if (pool === undefined) return;
  for (const [key, votes] of pool.tallies()) {
    if (votes <= state.faultBound || state.tree.get(key) !== undefined) continue;
    const voters = pool.votesFor(key).map((pooled) => pooled.vote);
    const first = voters[0];
    if (first === undefined) continue;
    const from = [state.leader(state.view), ...voters.map((vote) => vote.voter)];
    state.options.fetcher.proposal(state.view, first.blockHash, from);
  }
}
