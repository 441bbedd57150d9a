/** Executing what is certified, CON-R-F (Finalize votes) and CON-R-C (committing). */

import { assert } from "../base/assert.js";
import { equalBytes, mapKey, toHex } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { ExecutionSummary } from "../execution/interface.js";
import type { Hash } from "../types/primitives.js";
import { votersOf } from "../types/vote.js";
import { receivedMs } from "./base.js";
import type { BlockNode } from "./blockTree.js";
import { castFinalize } from "./casting.js";
import type { ConsensusState } from "./state.js";

/** Gives certified blocks to the executor, parents first; asks for what is missing. */
export function askExecutions(state: ConsensusState, nowMs: number): void {
  if (state.awaitingExecution.size === 0) return;
  const waiting = [...state.awaitingExecution].sort(([, a], [, b]) => a.view - b.view);
  // Chains can be thousands of blocks long: what was found to wait is not looked at again.
  const stuck = new Set<string>();
  for (const [key, { hash, view }] of waiting) {
    const node = state.tree.get(key);
    if (node === undefined) fetchBlock(state, hash, view);
    else askChain(state, node, stuck, nowMs);
  }
}

function fetchBlock(state: ConsensusState, hash: Hash, view: number): void {
  const record = state.views.get(view);
  const certificate = record?.notarization ?? record?.finalization;
  const voters =
    certificate === undefined ? [] : (votersOf(certificate.bitmap, state.validatorCount) ?? []);
  state.options.fetcher.proposal(view, hash, [state.leader(view), ...voters]);
}

/** A block and its ancestors, oldest first, as far as they can be executed now. */
function askChain(state: ConsensusState, node: BlockNode, stuck: Set<string>, nowMs: number): void {
  const path: BlockNode[] = [];
  let at: BlockNode | undefined = node;
  while (at !== undefined && !at.isExecutionAsked) {
    path.push(at);
    if (stuck.has(at.key)) break;
    const parent: BlockNode | undefined = at.parent ?? state.tree.get(at.parentKey);
    if (parent === undefined) wantParent(state, at);
    at = parent;
  }
  let isReady = at?.isExecutionAsked === true;
  for (const next of path.reverse()) {
    isReady &&= askExecution(state, next, nowMs);
    if (!isReady) stuck.add(next.key);
  }
}

/** A certified block's ancestors are notarized, whether their certificates are here or not. */
function wantParent(state: ConsensusState, { block, parentKey }: BlockNode): void {
  if (block === undefined) return;
  const { parentHash: hash, parentView: view, height } = block.header;
  // A block that hangs beside the root is never executed; the next commit drops it.
  if (view <= state.root.view || height <= state.root.height + 1) return;
  state.awaitingExecution.set(parentKey, { hash, view });
  fetchBlock(state, hash, view);
}

/** Whether the block, whose parent was given to the executor, now was so too. */
function askExecution(state: ConsensusState, node: BlockNode, nowMs: number): boolean {
  const parent = node.parent ?? state.tree.get(node.parentKey);
  if (node.block === undefined || parent === undefined) return false;
  const { header, cut } = node.block;
  if (mustWait(state, node, nowMs)) return false;
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
  state.awaitingExecution.delete(node.key);
  const transactions = batches.transactions(parent.heads, cut, header.view);
  state.emit({ kind: "execute", block: { blockHash: node.hash, header, transactions } });
  return true;
}

/**
 * Too many executed blocks wait for finality: what is above grows by one block a wait, which gets
 * longer and longer, but never stops. Each of those below may have an honest Nullify vote, hence
 * never be finalized by itself; a block above them, in a view that all see in time, is.
 */
function mustWait(state: ConsensusState, node: BlockNode, nowMs: number): boolean {
  const max = state.options.unfinalBlocksMax ?? LIMITS.unfinalBlocksMax;
  const depth = node.height - state.root.height;
  if (depth <= max || node.view <= (state.latestFinalization?.view ?? 0)) return false;
  const waitMs = LIMITS.deepBlockWaitMs * 2 ** Math.floor((depth - 1) / max - 1);
  const atMs = receivedMs(state, node) + waitMs;
  state.wake(atMs, nowMs);
  return nowMs < atMs;
}

function diverged(state: ConsensusState, node: BlockNode, reason: string): void {
  const detail = `block ${toHex(node.hash)} at height ${node.height} is certified, but here: ${reason}`;
  state.diverge(detail);
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
    if (state.isDiverged) continue;
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
  state.options.batches.committed(node.heads, nowMs, state.tree.cuts());
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
