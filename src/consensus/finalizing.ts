/** Executing what is certified, CON-R-F (Finalize votes) and CON-R-C (committing). */

import { assert } from "../base/assert.js";
import { equalBytes, mapKey, toHex } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { ExecutionSummary } from "../execution/interface.js";
import { votersOf } from "../types/vote.js";
import type { BlockNode } from "./blockTree.js";
import { castFinalize } from "./casting.js";
import type { ConsensusState } from "./state.js";

/** Gives certified blocks to the executor, parents first; asks for what is missing. */
export function askExecutions(state: ConsensusState): void {
  if (state.awaitingExecution.size === 0) return;
  const waiting = [...state.awaitingExecution].sort(([, a], [, b]) => a.view - b.view);
  for (const [key, { hash, view }] of waiting) {
    const node = state.tree.get(key);
    if (node !== undefined) {
      if (askExecution(state, node)) state.awaitingExecution.delete(key);
      continue;
    }
    const record = state.views.get(view);
    const certificate = record?.notarization ?? record?.finalization;
    const voters =
      certificate === undefined ? [] : (votersOf(certificate.bitmap, state.validatorCount) ?? []);
    state.options.fetcher.proposal(view, hash, [state.leader(view), ...voters]);
  }
}

/** Whether the block was given to the executor, now or before. */
function askExecution(state: ConsensusState, node: BlockNode): boolean {
  if (node.isExecutionAsked) return true;
  if (node.block === undefined) return false;
  const { header, cut } = node.block;
  const parent = node.parent ?? state.tree.get(node.parentKey);
  if (parent === undefined) {
    // A certified block's ancestors are notarized, whether their certificates are here or not.
    if (header.parentView > state.root.view && header.height > state.root.height + 1) {
      const { parentHash, parentView } = header;
      state.awaitingExecution.set(node.parentKey, { hash: parentHash, view: parentView });
    }
    return false;
  }
  if (!askExecution(state, parent) || isTooDeep(state, node)) return false;
  if (node.invalidReason !== undefined || parent.heads === undefined) {
    diverged(state, node, node.invalidReason ?? "its lanes do not continue its parent's");
    return false;
  }
  const { batches, fetcher } = state.options;
  const verdict = batches.inspect(parent.heads, cut);
  if (verdict.kind === "invalid") {
    diverged(state, node, verdict.reason);
    return false;
  }
  if (verdict.kind === "missing") {
    for (const missing of verdict.batches) {
      const holders = batches.holders(missing.author);
      fetcher.batches(missing, [header.proposer, missing.author, ...holders]);
    }
    return false;
  }
  node.isExecutionAsked = true;
  const transactions = batches.transactions(parent.heads, cut, header.view);
  state.emit({ kind: "execute", block: { blockHash: node.hash, header, transactions } });
  return true;
}

/** Too many executed blocks wait for finality: what is above is neither executed nor built upon. */
function isTooDeep(state: ConsensusState, node: BlockNode): boolean {
  const max = state.options.unfinalBlocksMax ?? LIMITS.unfinalBlocksMax;
  const isFinal = node.view <= (state.latestFinalization?.view ?? 0);
  return node.height - state.root.height > max && !isFinal;
}

function diverged(state: ConsensusState, node: BlockNode, reason: string): void {
  const detail = `block ${toHex(node.hash)} at height ${node.height} is certified, but here: ${reason}`;
  state.stop("DIVERGED", detail);
}

/** The executor's answer. */
export function receiveExecuted(state: ConsensusState, summary: ExecutionSummary): void {
  const node = state.tree.get(mapKey(summary.blockHash));
  if (node === undefined || node.outcome !== undefined) return;
  node.outcome = {
    resultHash: summary.resultHash,
    isNonEmpty: summary.isNonEmpty,
    nextTimerDeadlineMs: summary.nextTimerDeadlineMs,
    hasTimerBacklog: summary.hasTimerBacklog,
    timerBacklogFromMs: summary.timerBacklogFromMs,
  };
  const parentResult = node.block?.header.parentResult;
  const own = node.parent?.outcome?.resultHash;
  // Only certified blocks are executed: a quorum stands behind the parent's result.
  if (parentResult !== undefined && own !== undefined && !equalBytes(parentResult, own)) {
    diverged(state, node, "its parent has another result");
  }
}

/** Finalize votes for every notarized block that is executed, in any view above the root's. */
export function tryFinalizeVotes(state: ConsensusState): void {
  for (const view of state.notarizedViews) {
    const record = state.record(view);
    const notarization = record.notarization;
    assert(notarization !== undefined, "a notarized view holds its certificate");
    const forgets = state.options.faults.forgetNullification === true;
    if (record.own.finalize !== undefined || (record.own.nullify && !forgets)) {
      state.notarizedViews.delete(view);
      continue;
    }
    const node = state.tree.get(mapKey(notarization.blockHash));
    if (!state.isVoting || node?.outcome === undefined) continue;
    state.notarizedViews.delete(view);
    castFinalize(state, node, node.outcome.resultHash, notarization);
  }
}

/** Commits the highest finalized block whose chain is executed. Whether the root moved. */
export function tryCommit(state: ConsensusState, nowMs: number): boolean {
  const views = [...state.finalizedViews].sort((a, b) => b - a);
  for (const view of views) {
    const certificate = state.views.get(view)?.finalization;
    const node = certificate && state.tree.get(mapKey(certificate.blockHash));
    if (certificate === undefined || node?.outcome === undefined) continue;
    if (!equalBytes(node.outcome.resultHash, certificate.result)) {
      state.finalizedViews.delete(view);
      diverged(state, node, `the result is ${toHex(node.outcome.resultHash)}`);
      continue;
    }
    const path = state.tree.pathTo(node);
    if (path === undefined) {
      diverged(state, node, "it does not descend from the last final block");
      state.finalizedViews.delete(view);
      continue;
    }
    if (state.stoppedReason === "DIVERGED") continue;
    commit(state, node, path, nowMs);
    return true;
  }
  return false;
}

function commit(
  state: ConsensusState,
  node: BlockNode,
  path: readonly BlockNode[],
  nowMs: number,
): void {
  const certificate = state.record(node.view).finalization;
  assert(certificate !== undefined && node.heads !== undefined, "a committed block is certified");
  const blocks = path.map(({ hash, block }) => {
    assert(block !== undefined, "only genesis has no block");
    return { blockHash: hash, block };
  });
  for (const stored of path) stored.isStored = true;
  state.emit({ kind: "storeFinal", blocks, certificate });
  state.storing.push(node);
  state.rootCertificate = certificate;
  state.tree.commit(node);
  state.certificateVersion++;
  state.options.batches.committed(node.heads, nowMs);
  for (const views of [state.notarizedViews, state.finalizedViews]) {
    for (const view of views) if (view <= node.view) views.delete(view);
  }
  for (const [key, { view }] of state.awaitingExecution) {
    if (view <= node.view) state.awaitingExecution.delete(key);
  }
  const lowest = node.view - LIMITS.viewsBehindMax;
  for (const view of state.views.keys()) if (view < lowest) state.views.delete(view);
}

/** CON-W5: only now may Status and clients hear of it. */
export function receiveFinalStored(state: ConsensusState, height: number): void {
  const before = state.finalized;
  while (state.storing.length > 0 && (state.storing[0] as BlockNode).height <= height) {
    state.finalized = state.storing.shift() as BlockNode;
  }
  const { heads } = state.finalized;
  if (state.finalized !== before && heads !== undefined) state.options.batches.finalStored(heads);
}
