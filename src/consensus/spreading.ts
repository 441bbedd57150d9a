/** CON-R-G: certificates and own votes reach whoever lacks them, at a bounded rate. */

import { LIMITS } from "../base/limits.js";
import type { PeerMessage, Status } from "../types/message.js";
import type { ValidatorIndex } from "../types/primitives.js";
import { type Certificate, VOTE_KIND } from "../types/vote.js";
import { blockIsDue, findBase, REQUEST_KINDS } from "./base.js";
import { deltaMs } from "./pacing.js";
import { makeProposal } from "./proposing.js";
import type { ConsensusState } from "./state.js";

/** Rough size of a message in a page: exact sizes would need encoding what is sent later anyway. */
function sizeBytesOf(message: PeerMessage): number {
  return message.kind === "certificate" ? 128 + 64 * message.value.signatures.length : 192;
}

const PAGE_SIZE_BYTES_MAX = 256 * 1024;

export function scheduleSpread(
  state: ConsensusState,
  certificate: Certificate,
  nowMs: number,
): void {
  const atMs = nowMs + state.options.parameters.deltaMs / 4;
  state.spreads.push({ atMs, certificate });
}

function sendCertificate(
  state: ConsensusState,
  to: ValidatorIndex,
  certificate: Certificate,
): void {
  state.emit({ kind: "send", to, message: { kind: "certificate", value: certificate } });
}

function sendWhereUnknown(state: ConsensusState, certificate: Certificate): void {
  for (let peer = 0; peer < state.validatorCount; peer++) {
    if (peer === state.options.self || !state.peers.of(peer).isConnected) continue;
    if (!state.peers.holds(peer, certificate)) sendCertificate(state, peer, certificate);
  }
}

/** Sends what is due by time: delayed certificates, the rebroadcast, the standstill page. */
export function spread(state: ConsensusState, nowMs: number): void {
  while (state.spreads.length > 0) {
    const next = state.spreads[0] as { atMs: number; certificate: Certificate };
    if (next.atMs > nowMs) {
      state.wake(next.atMs, nowMs);
      break;
    }
    state.spreads.shift();
    if (!isOutdated(state, next.certificate)) sendWhereUnknown(state, next.certificate);
  }
  if (nowMs >= state.nextRebroadcastMs) {
    state.nextRebroadcastMs = nowMs + state.options.parameters.retryIntervalMs;
    rebroadcast(state);
  }
  state.wake(state.nextRebroadcastMs, nowMs);
  standstill(state, nowMs);
}

/** Below the root only the newest finalization helps anybody. */
function isOutdated(state: ConsensusState, certificate: Certificate): boolean {
  return certificate.view < state.root.view && certificate !== state.latestFinalization;
}

/** Every t_r in one view: own votes of it to all, its entry where it is not known to be held. */
function rebroadcast(state: ConsensusState): void {
  const record = state.views.get(state.view);
  for (const vote of record?.own.cast ?? []) {
    if (!sendOwnProposal(state, state.view, vote.kind)) {
      state.emit({ kind: "send", to: "all", message: { kind: "vote", value: vote } });
    }
  }
  if (state.entryCertificate !== undefined && !isOutdated(state, state.entryCertificate)) {
    sendWhereUnknown(state, state.entryCertificate);
  }
  const latest = state.latestFinalization;
  if (latest !== undefined && latest !== state.entryCertificate) sendWhereUnknown(state, latest);
}

/** The own proposal is its leader's Notarize vote, so it is sent in that vote's place. */
export function sendOwnProposal(
  state: ConsensusState,
  view: number,
  voteKind: number,
  to: ValidatorIndex | "all" = "all",
): boolean {
  if (voteKind !== VOTE_KIND.notarize || state.leader(view) !== state.options.self) return false;
  const key = state.views.get(view)?.own.notarize;
  const node = key === undefined ? undefined : state.tree.get(key);
  const proposal = node?.leaderSignature && makeProposal(state, node);
  if (proposal === undefined) return false;
  state.emit({ kind: "send", to, message: { kind: "proposal", value: proposal } });
  return true;
}

/** Without a new finalization for long, whether views change or not: everything, page by page. */
function standstill(state: ConsensusState, nowMs: number): void {
  const { retryIntervalMs, maxIdleMs } = state.options.parameters;
  const base = findBase(state, state.view);
  const node = base.kind === "base" ? state.tree.get(base.key) : undefined;
  const isDue = blockIsDue(state, node, "timer", nowMs).isDue;
  // A block that is due after a silence is not late yet: the silence before it does not count.
  if (isDue) state.owedSinceMs ??= nowMs;
  else state.owedSinceMs = undefined;
  const margin = 3 * deltaMs(state) + retryIntervalMs;
  const period = isDue ? Math.max(5 * retryIntervalMs, margin) : maxIdleMs + margin;
  const { lastFinalizationMs, lastStandstillMs, owedSinceMs, startedMs } = state;
  const since = Math.max(lastFinalizationMs, lastStandstillMs, owedSinceMs ?? startedMs);
  if (nowMs < since + period) {
    state.wake(since + period, nowMs);
    return;
  }
  state.lastStandstillMs = nowMs;
  for (let peer = 0; peer < state.validatorCount; peer++) {
    if (peer !== state.options.self && state.peers.of(peer).isConnected) sendPage(state, peer);
  }
  state.wake(nowMs + period, nowMs);
}

/** One page of everything above the root for one peer; the next page starts where it ends. */
function sendPage(state: ConsensusState, peer: ValidatorIndex): void {
  const knowledge = state.peers.of(peer);
  const views = [...state.views.keys()].filter((view) => view > state.root.view);
  views.sort((a, b) => a - b);
  let left = PAGE_SIZE_BYTES_MAX;
  if (state.latestFinalization !== undefined) {
    sendCertificate(state, peer, state.latestFinalization);
    left -= LIMITS.certificateSizeBytesMax;
  }
  const start = views.findIndex((view) => view > knowledge.standstillCursor);
  knowledge.standstillCursor = 0;
  for (const view of start < 0 ? views : views.slice(start)) {
    const messages = viewMessages(state, view);
    left -= messages.reduce((sum, message) => sum + sizeBytesOf(message), 0);
    if (left < 0) return;
    for (const message of messages) state.emit({ kind: "send", to: peer, message });
    if (view === state.view) sendOwnProposal(state, view, VOTE_KIND.notarize, peer);
    knowledge.standstillCursor = view;
  }
  knowledge.standstillCursor = 0;
}

function viewMessages(state: ConsensusState, view: number): PeerMessage[] {
  const record = state.record(view);
  return [
    ...record.certificates().map((value): PeerMessage => ({ kind: "certificate", value })),
    ...record.own.cast.map((value): PeerMessage => ({ kind: "vote", value })),
  ];
}

/** A peer came (back): it may have restarted lower, so it is told everything that still counts. */
export function greet(state: ConsensusState, peer: ValidatorIndex): void {
  state.peers.reset(peer, true);
  if (state.entryCertificate !== undefined && !isOutdated(state, state.entryCertificate)) {
    sendCertificate(state, peer, state.entryCertificate);
  }
  sendPage(state, peer);
}

/** Learns from a status, answers with the newest finalization, asks for what the peer has more. */
export function receiveStatus(
  state: ConsensusState,
  from: ValidatorIndex,
  status: Status,
  nowMs: number,
): void {
  if (status.epoch !== 0) return;
  state.peers.sawView(from, status.view);
  state.peers.sawFinalized(from, status.finalizedView);
  const knowledge = state.peers.of(from);
  const latest = state.latestFinalization;
  const { retryIntervalMs } = state.options.parameters;
  if (
    latest !== undefined &&
    status.finalizedView < latest.view &&
    nowMs >= knowledge.finalizationSentMs + retryIntervalMs
  ) {
    knowledge.finalizationSentMs = nowMs;
    sendCertificate(state, from, latest);
  }
  const { fetcher } = state.options;
  if (status.view > state.view) {
    fetcher.claimed(from, state.view, status.view - 1, REQUEST_KINDS.all);
  } else if (status.finalizedView > (latest?.view ?? 0)) {
    const view = status.finalizedView;
    fetcher.claimed(from, view, view, REQUEST_KINDS.finalization);
  }
}
