/** CON-R-P: the leader's block. */

import { present } from "../base/assert.js";
import { LIMITS } from "../base/limits.js";
import { blockHash, cutRoot } from "../crypto/digests.js";
import { BLOCK_FLAGS, type Header, PROTOCOL_VERSION } from "../types/block.js";
import { ZERO_HASH } from "../types/primitives.js";
import type { Proposal } from "../types/vote.js";
import {
  blockIsDue,
  findBase,
  gapNullifications,
  parentCertificate,
  REQUEST_KINDS,
} from "./base.js";
import { type BlockNode, leavesTimersWaiting } from "./blockTree.js";
import { castNotarize, castNullify } from "./casting.js";
import { deltaMs } from "./pacing.js";
import type { ConsensusState } from "./state.js";

/**
 * Asks for certificates that the base search misses: no rule makes anybody else fill this hole
 * (corrected CON-R-P). Own views end too soon to ask the next peer where one stays silent, so it is
 * asked for in all views, and by wishes that stay the same from view to view. An answer begins
 * where a request does and is short, so a hole far above its first view is asked for by itself.
 */
export function requestGap(state: ConsensusState): void {
  const base = findBase(state, state.view);
  if (base.kind !== "gap") return;
  const { fetcher } = state.options;
  let lowest = state.root.view + 1;
  while (lowest < base.view && state.views.get(lowest)?.isCertified === true) lowest++;
  fetcher.certificates(lowest, base.view, REQUEST_KINDS.all, []);
  if (lowest < base.view) fetcher.certificates(base.view, base.view, REQUEST_KINDS.all, []);
}

export function tryPropose(state: ConsensusState, nowMs: number): void {
  if (!state.isVoting || state.leader(state.view) !== state.options.self) return;
  const own = state.record(state.view).own;
  if (own.notarize !== undefined || own.nullify) return;
  const base = findBase(state, state.view);
  if (base.kind === "gap") {
    castNullify(state);
    return;
  }
  const { blockIntervalMs, maxUnfinalized } = state.options.parameters;
  const node = state.tree.get(base.key);
  if (node?.heads === undefined || node.outcome === undefined) {
    const giveUpMs = state.enteredMs + blockIntervalMs + deltaMs(state);
    const isComing = node?.isExecutionAsked === true;
    if (isComing) return;
    if (nowMs >= giveUpMs) castNullify(state);
    else state.wake(giveUpMs, nowMs);
    return;
  }
  const due = blockIsDue(state, node, "leader", nowMs);
  state.wake(due.laterMs, nowMs);
  if (!due.isDue) {
    state.leaderDueSinceMs = undefined;
    return;
  }
  state.leaderDueSinceMs ??= nowMs;
  const earliestMs = node.receivedMs + blockIntervalMs;
  if (nowMs < earliestMs) {
    state.wake(earliestMs, nowMs);
    return;
  }
  const isDeep = node.height - state.root.height >= maxUnfinalized;
  const mustBeEmpty = isDeep || leavesTimersWaiting(node.outcome, timeAfter(node, nowMs));
  const batches = state.options.batches;
  if (
    !mustBeEmpty &&
    batches.isWaiting(node.heads, "leader") &&
    !batches.isIncludable(node.heads)
  ) {
    // Acked elsewhere and not here: it is being fetched; after an interval go on without it.
    const giveUpMs = state.leaderDueSinceMs + blockIntervalMs;
    if (nowMs < giveUpMs) {
      state.wake(giveUpMs, nowMs);
      return;
    }
  }
  propose(state, node, mustBeEmpty, nowMs);
}

function timeAfter(parent: BlockNode, nowMs: number): number {
  return Math.max(Math.floor(nowMs), parent.timeMs + 1);
}

function propose(
  state: ConsensusState,
  parent: BlockNode,
  mustBeEmpty: boolean,
  nowMs: number,
): void {
  const { options } = state;
  const heads = present(parent.heads, "a base is linked");
  const { cut, transactionCount } = mustBeEmpty
    ? { cut: [], transactionCount: 0 }
    : options.batches.makeCut(heads, state.view);
  const header: Header = {
    protocolVersion: PROTOCOL_VERSION,
    genesisHash: options.genesisHash,
    epoch: 0,
    view: state.view,
    height: parent.height + 1,
    parentView: parent.view,
    parentHash: parent.hash,
    proposer: options.self,
    timeMs: timeAfter(parent, nowMs),
    cutRoot: cutRoot(options.hasher, cut),
    transactionCount,
    parentResult: present(parent.outcome, "a base is executed").resultHash,
    historyRoot: present(parent.history, "a base is linked").root(),
    flags: cut.length === 0 ? BLOCK_FLAGS.empty : 0,
    nextEpochHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
  };
  const hash = blockHash(options.hasher, header);
  const node = state.tree.insert(hash, { header, cut }, nowMs, undefined);
  node.isValid = true;
  const record = state.record(state.view);
  record.proposals.push(node.key);
  record.proposedMs ??= nowMs;
  castNotarize(state, node, true);
}

/** The message for a block whose leader's signature is known (zero: only the hash vouches for it). */
export function makeProposal(state: ConsensusState, node: BlockNode): Proposal | undefined {
  if (node.block === undefined) return undefined;
  const { header, cut } = node.block;
  const certificate = parentCertificate(state, header.parentView, node.parentKey);
  const gap = gapNullifications(state, header.parentView, header.view).certificates;
  return {
    header,
    cut,
    parentCertificate: certificate === "genesis" ? undefined : certificate,
    nullifications: gap.slice(-LIMITS.proposalNullificationsMax),
    evidence: [],
    signature: node.leaderSignature ?? new Uint8Array(64),
  };
}
