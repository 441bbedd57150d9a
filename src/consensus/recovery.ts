/** Corrected 1.10(2): what a validator takes back from its durable record at a start. */

import { blockHash } from "../crypto/digests.js";
import type { Block } from "../types/block.js";
import { type Certificate, statementKey, VOTE_KIND, type Vote } from "../types/vote.js";
import { addVote, checkOwnSignature, noteHeld } from "./intake.js";
import type { ConsensusState } from "./state.js";

export interface OwnRecord {
  readonly votes: readonly { readonly vote: Vote; readonly isProposal: boolean }[];
  /** Votes of views below it were pruned (CON-W10). */
  readonly votesFromView?: number | undefined;
  readonly certificates: readonly Certificate[];
  /** Blocks above the root. */
  readonly blocks: readonly Block[];
}

/** Rebuilds views, pools and blocks; a record that contradicts itself stops voting. */
export function recover(state: ConsensusState, own: OwnRecord, nowMs: number): void {
  recoverBlocks(state, own.blocks);
  state.votesFromView = own.votesFromView ?? 0;
  state.highestCertifiedView = state.root.view;
  if (state.rootCertificate !== undefined) {
    state.record(state.root.view).hold(state.rootCertificate);
    state.entryCertificate = state.rootCertificate;
  }
  for (const certificate of own.certificates) recoverCertificate(state, certificate);
  const entry = state.views.get(state.highestCertifiedView);
  state.entryCertificate = entry?.finalization ?? entry?.notarization ?? entry?.nullification;
  state.view = state.highestCertifiedView + 1;
  const hole = own.votes.find(({ vote }) => !isCovered(state, vote));
  if (hole !== undefined) {
    const { kind, view } = hole.vote;
    state.stop(
      "SAFETY_RECORD_INCOMPLETE",
      `the vote of kind ${kind} in view ${view} lacks the certificate that permitted it`,
    );
  }
  for (const { vote } of own.votes) markOwn(state, vote);
  // What stopped voting before a restart stops it after that too, before any vote is sent again.
  for (const record of state.views.values()) {
    for (const certificate of record.certificates()) checkOwnSignature(state, certificate);
  }
  for (const { vote } of own.votes) recoverVote(state, vote, nowMs);
}

function recoverBlocks(state: ConsensusState, blocks: readonly Block[]): void {
  for (const block of blocks) {
    if (block.header.height <= state.root.height) continue;
    const hash = blockHash(state.options.hasher, block.header);
    state.tree.insert(hash, block, 0, undefined).isStored = true;
  }
}

/** It was verified before it was stored. */
function recoverCertificate(state: ConsensusState, certificate: Certificate): void {
  const { kind, view } = certificate;
  if (view < state.root.view || state.views.get(view)?.certificate(kind) !== undefined) return;
  state.record(view).hold(certificate);
  state.certificateVersion++;
  state.highestCertifiedView = Math.max(state.highestCertifiedView, view);
  noteHeld(state, certificate);
  if (kind === VOTE_KIND.finalize && view > (state.latestFinalization?.view ?? 0)) {
    state.latestFinalization = certificate;
  }
}

/** cur >= every view with an own N or X, cur > every view with an own F: else something was lost. */
function isCovered(state: ConsensusState, vote: Vote): boolean {
  if (vote.view <= state.root.view) return true;
  if (vote.kind !== VOTE_KIND.finalize) return vote.view <= state.view;
  return vote.view < state.view && state.views.get(vote.view)?.notarization !== undefined;
}

function markOwn(state: ConsensusState, vote: Vote): void {
  const { own } = state.record(vote.view);
  const key = statementKey(vote);
  if (vote.kind === VOTE_KIND.notarize) own.notarize = key;
  else if (vote.kind === VOTE_KIND.nullify) own.nullify = true;
  else own.finalize = key;
}

function recoverVote(state: ConsensusState, vote: Vote, nowMs: number): void {
  // It was recorded, perhaps while it turned out that a vote is lost which it contradicts.
  if (vote.view <= state.root.view || !state.isVoting) return;
  state.record(vote.view).own.cast.push(vote);
  const key = statementKey(vote);
  if (vote.kind === VOTE_KIND.notarize && state.leader(vote.view) === state.options.self) {
    const node = state.tree.get(key);
    if (node !== undefined) {
      node.leaderSignature = vote.signature;
      state.record(vote.view).proposals.push(key);
    }
  }
  // Without its own votes a validator cannot count to a quorum that needs it (check, mutation 26).
  addVote(state, vote, true, nowMs);
  state.emit({ kind: "send", to: "all", message: { kind: "vote", value: vote } });
}
