/** Taking in votes and certificates: bounds, slots, lazy verification, forming (README, CON-C). */

import { mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { ValidatorIndex } from "../types/primitives.js";
import { type Certificate, statementKey, VOTE_KIND, type Vote, votersOf } from "../types/vote.js";
import { isWellFormed, makeCertificate, verifyCertificate, verifyVotes } from "./certificates.js";
import { scheduleSpread } from "./spreading.js";
import type { ConsensusState } from "./state.js";
import type { PooledVote, ViewRecord } from "./viewRecord.js";

/** A vote from the link of `from`. Votes are never relayed, so the link names who is at fault. */
export function receiveVote(
  state: ConsensusState,
  from: ValidatorIndex,
  vote: Vote,
  nowMs: number,
): void {
  if (vote.voter !== from || vote.epoch !== 0 || vote.view < 1 || !isWellFormed(vote)) {
    state.report(from, "BAD_VOTE", "a vote of somebody else, of another epoch, or malformed");
    return;
  }
  state.peers.sawView(from, vote.kind === VOTE_KIND.finalize ? vote.view + 1 : vote.view);
  if (vote.kind === VOTE_KIND.finalize) state.peers.sawFinalizeVote(from, vote.view);
  addVote(state, vote, false, nowMs);
}

/** Puts a vote into its slot; forms the certificate when it was the last one missing. */
export function addVote(
  state: ConsensusState,
  vote: Vote,
  isVerified: boolean,
  nowMs: number,
): void {
  const lowest = state.root.view - LIMITS.viewsBehindMax;
  if (vote.view < lowest || vote.view > state.view + LIMITS.viewsAheadMax) return;
  const record = state.record(vote.view);
  if (record.isSettled) return;
  const pool = record.pools[vote.kind];
  const slot = pool.of(vote.voter);
  if (slot !== undefined) {
    if (slot.key !== statementKey(vote)) contradiction(state, record, slot.vote, vote);
    return;
  }
  if (vote.kind !== VOTE_KIND.notarize) {
    const other = vote.kind === VOTE_KIND.nullify ? VOTE_KIND.finalize : VOTE_KIND.nullify;
    const opposite = record.pools[other].of(vote.voter);
    // Both stay pooled: either alone may complete a quorum, and exclusion holds without this one.
    if (opposite !== undefined) contradiction(state, record, opposite.vote, vote);
  }
  const pooled = pool.add(vote, isVerified);
  if (record.certificate(vote.kind) !== undefined) return;
  tryForm(state, record, pooled, nowMs);
}

/**
 * CON-C1: votes of views that lie far back and were nullified are of no use to anybody who holds the
 * certificate: whoever needs another one of such a view gets it from those who used it. While
 * finality stands still, nothing else would ever end the pools of these views.
 */
export function forgetSettledVotes(state: ConsensusState): void {
  const last = state.highestCertifiedView - LIMITS.viewsBehindMax;
  // Below that nothing is kept: after a start it may be years of views.
  const lowest = state.root.view - LIMITS.viewsBehindMax;
  for (let view = Math.max(state.settledView + 1, lowest); view <= last; view++) {
    const record = state.views.get(view);
    const isNullified = record?.nullification !== undefined && record.notarization === undefined;
    if (isNullified && record.finalization === undefined) record.forgetVotes();
  }
  state.settledView = Math.max(state.settledView, last);
}

/** Votes that count for a statement. */
function weight(state: ConsensusState, record: ViewRecord, vote: Vote, key: string): number {
  const pool = record.pools[vote.kind];
  const count = pool.count(key);
  if (state.options.faults.countVoteTwice !== true) return count;
  return count + (pool.of(state.options.self)?.key === key ? 1 : 0);
}

function tryForm(
  state: ConsensusState,
  record: ViewRecord,
  newest: PooledVote,
  nowMs: number,
): void {
  const { vote, key } = newest;
  if (weight(state, record, vote, key) < state.quorum) return;
  const pool = record.pools[vote.kind];
  const unchecked = pool.votesFor(key).filter((pooled) => !pooled.isVerified);
  const verdicts = verifyVotes(
    state.rules,
    unchecked.map((pooled) => pooled.vote),
  );
  unchecked.forEach((pooled, i) => {
    pooled.isVerified = verdicts[i] === true;
    if (pooled.isVerified) return;
    pool.remove(pooled.vote.voter);
    state.report(pooled.vote.voter, "BAD_SIGNATURE", `vote of view ${vote.view}`);
  });
  if (weight(state, record, vote, key) < state.quorum) return;
  const good = pool.votesFor(key).map((pooled) => pooled.vote);
  holdCertificate(state, makeCertificate(good.slice(0, state.quorum), state.validatorCount), nowMs);
}

/** A certificate that a peer sent, or that a proposal or a page carried. Whether it is right. */
export function receiveCertificate(
  state: ConsensusState,
  from: ValidatorIndex,
  certificate: Certificate,
  nowMs: number,
): boolean {
  // What lies at or below the root can neither move the view nor be a base.
  if (certificate.epoch === 0 && certificate.view <= state.root.view) return true;
  const held = state.views.get(certificate.view)?.certificate(certificate.kind);
  if (held !== undefined && statementKey(held) === statementKey(certificate)) {
    noteShown(state, from, certificate);
    return true;
  }
  const verdict = verifyCertificate(state.rules, certificate);
  if (!verdict.ok) {
    state.report(from, "BAD_CERTIFICATE", `view ${certificate.view}: ${verdict.reason}`);
    return false;
  }
  noteShown(state, from, certificate);
  if (held !== undefined) {
    const detail = `two certificates of kind ${certificate.kind} in view ${certificate.view}`;
    state.stop("AGREEMENT_BROKEN", `${detail}: more than f validators are faulty`);
    return true;
  }
  holdCertificate(state, certificate, nowMs);
  return true;
}

function noteShown(state: ConsensusState, from: ValidatorIndex, certificate: Certificate): void {
  state.peers.sawView(from, certificate.view + 1);
  if (certificate.kind === VOTE_KIND.finalize) state.peers.sawFinalized(from, certificate.view);
}

/** Holds a verified certificate: stores it before any later vote (CON-W), and acts on it. */
export function holdCertificate(
  state: ConsensusState,
  certificate: Certificate,
  nowMs: number,
): void {
  const { kind, view } = certificate;
  state.record(view).hold(certificate);
  state.certificateVersion++;
  state.highestCertifiedView = Math.max(state.highestCertifiedView, view);
  if (state.options.faults.lazyCertificates !== true) {
    state.emit({ kind: "storeCertificate", certificate });
  }
  noteHeld(state, certificate);
  if (kind === VOTE_KIND.finalize && view > (state.latestFinalization?.view ?? 0)) {
    state.latestFinalization = certificate;
    state.lastFinalizationMs = nowMs;
    // Two steps back and not to zero: with a true bound above Delta_0 the chain keeps its pace.
    state.backoff = Math.max(0, state.backoff - 2);
  }
  scheduleSpread(state, certificate, nowMs);
  checkOwnSignature(state, certificate);
}

/** What a held certificate makes the rules look at. */
export function noteHeld(state: ConsensusState, { kind, view, blockHash }: Certificate): void {
  if (kind === VOTE_KIND.nullify || view <= state.root.view) return;
  if (kind === VOTE_KIND.notarize) state.notarizedViews.add(view);
  else state.finalizedViews.add(view);
  const key = mapKey(blockHash);
  if (state.tree.get(key)?.isExecutionAsked !== true) {
    state.awaitingExecution.set(key, { hash: blockHash, view });
  }
}

/** Corrected 1.10(2): an own signature that the record lacks means that the record was lost. */
export function checkOwnSignature(state: ConsensusState, certificate: Certificate): void {
  const voters = votersOf(certificate.bitmap, state.validatorCount);
  if (voters?.includes(state.options.self) !== true) return;
  const own = state.record(certificate.view).own;
  const key = statementKey(certificate);
  const isKnown =
    (certificate.kind === VOTE_KIND.notarize && own.notarize === key) ||
    (certificate.kind === VOTE_KIND.nullify && own.nullify) ||
    (certificate.kind === VOTE_KIND.finalize && own.finalize === key);
  if (isKnown || certificate.view <= state.root.view) return;
  // Pruned when it was final: a validator whose log is gone meets these views once more.
  if (certificate.view < state.votesFromView) return;
  state.stop(
    "SAFETY_RECORD_INCOMPLETE",
    `a certificate of view ${certificate.view} holds an own vote that the safety file lacks`,
  );
}

/** Two votes of one validator that no correct one signs: said once a view, when both are real. */
function contradiction(state: ConsensusState, record: ViewRecord, first: Vote, second: Vote): void {
  if (record.contradictions.has(second.voter)) return;
  const [isFirst, isSecond] = verifyVotes(state.rules, [first, second]);
  if (isFirst !== true && second.voter !== state.options.self) {
    // The slot was taken by a forgery: free it for the vote that is real.
    record.pools[first.kind].remove(first.voter);
  }
  record.contradictions.add(second.voter);
  if (isFirst !== true || isSecond !== true) {
    state.report(second.voter, "BAD_SIGNATURE", `vote of view ${record.view}`);
    return;
  }
  const detail = `validator ${second.voter} signed kinds ${first.kind} and ${second.kind} in view ${record.view}`;
  state.emit({ kind: "notice", code: "EQUIVOCATION", detail });
  state.report(second.voter, "EQUIVOCATION", detail, false);
}
