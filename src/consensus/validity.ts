/** CON-V: whether a proposal may be voted for. Deterministic but for V5 and the depth rule. */

import { equalBytes, isZero } from "../base/bytes.js";
import { cutRoot } from "../crypto/digests.js";
import { BLOCK_FLAGS, PROTOCOL_VERSION } from "../types/block.js";
import type { Proposal } from "../types/vote.js";
import { gapNullifications, parentCertificate, REQUEST_KINDS } from "./base.js";
import { type BlockNode, leavesTimersWaiting } from "./blockTree.js";
import type { ConsensusState } from "./state.js";

/** `pending` may become either of the others; only `invalid` lets a view be nullified at once. */
export type Verdict = "valid" | "invalid" | "pending";

/** What is wrong with the parts that need nothing but the proposal itself (V1, V6). */
export function staticFault(state: ConsensusState, proposal: Proposal): string | undefined {
  const { header, cut } = proposal;
  if (header.protocolVersion !== PROTOCOL_VERSION) return "CON-V1: another protocol version";
  if (!equalBytes(header.genesisHash, state.options.genesisHash)) return "CON-V1: another chain";
  if (header.epoch !== 0) return "CON-V1: another epoch";
  if (header.view < 1 || header.proposer !== state.leader(header.view)) {
    return "CON-V1: not by the leader of its view";
  }
  if (header.parentView >= header.view) return "CON-V1: a parent that is not older";
  if (header.height < 1) return "CON-V1: height 0 is the genesis block's";
  if (header.flags !== (cut.length === 0 ? BLOCK_FLAGS.empty : 0)) return "CON-V6: wrong flags";
  if (!isZero(header.nextEpochHash)) return "CON-V6: a next epoch outside a closing block";
  if (!isZero(header.evidenceRoot) || proposal.evidence.length > 0) {
    return "CON-V6: evidence, which this protocol version has not";
  }
  return undefined;
}

/** Whether the cut is the one that the header names. A relay may have exchanged it. */
export function hasOwnCut(state: ConsensusState, { header, cut }: Proposal): boolean {
  return equalBytes(header.cutRoot, cutRoot(state.options.hasher, cut));
}

/** Checks the proposal `node` of the current view; asks for what is missing. */
export function assess(state: ConsensusState, node: BlockNode, nowMs: number): Verdict {
  if (node.invalidReason !== undefined) return "invalid";
  if (node.block === undefined) return "pending";
  const { header, cut } = node.block;
  const verdict = node.isValid ? "valid" : assessChain(state, node);
  if (verdict !== "valid") return verdict;
  const { timeSkewMs, maxUnfinalized } = state.options.parameters;
  const depth = header.height - 1 - state.root.height;
  if (cut.length > 0 && depth >= maxUnfinalized) {
    // The leader may know a finalization that is not here: ask, never call it invalid (V6).
    const from = state.root.view + 1;
    const { fetcher } = state.options;
    fetcher.certificates(from, header.view, REQUEST_KINDS.finalization, [header.proposer]);
    return "pending";
  }
  if (header.timeMs > nowMs + timeSkewMs) {
    state.wake(header.timeMs - timeSkewMs, nowMs);
    return "pending";
  }
  return "valid";
}

function invalid(node: BlockNode, reason: string): Verdict {
  node.invalidReason = reason;
  return "invalid";
}

/** Parent, gap and V1 to V4: what does not change once it holds. */
function assessChain(state: ConsensusState, node: BlockNode): Verdict {
  const { header, cut } = node.block!;
  const { fetcher, batches } = state.options;
  const parentView = header.parentView;
  const isParentHeld = parentCertificate(state, parentView, node.parentKey) !== undefined;
  if (!isParentHeld) {
    if (parentView <= state.root.view) {
      return invalid(node, "CON-R-N: its parent is not on the final chain");
    }
    const other = state.views.get(parentView);
    if (other?.notarization !== undefined || other?.finalization !== undefined) {
      return invalid(node, "CON-R-N: another block is notarized in its parent's view");
    }
  }
  const gap = gapNullifications(state, Math.max(parentView, state.root.view), header.view);
  if (!isParentHeld || gap.missing !== undefined) {
    const from = isParentHeld ? (gap.missing as number) : parentView;
    const kinds = isParentHeld ? REQUEST_KINDS.nullification : REQUEST_KINDS.all;
    fetcher.certificates(from, header.view - 1, kinds, [header.proposer]);
    return "pending";
  }
  const parent = node.parent;
  if (parent?.heads === undefined || parent.history === undefined) return "pending";
  if (node.heads === undefined) return invalid(node, "CON-V2: the cut does not fit its parent");
  if (header.height !== parent.height + 1) return invalid(node, "CON-V1: wrong height");
  if (parentView !== parent.view) return invalid(node, "CON-V1: wrong view of the parent");
  if (header.timeMs <= parent.timeMs) return invalid(node, "CON-V5: time does not increase");
  if (!equalBytes(header.historyRoot, parent.history.root())) {
    return invalid(node, "CON-V4: wrong history root");
  }
  if (parent.outcome === undefined) return "pending";
  if (!equalBytes(header.parentResult, parent.outcome.resultHash)) {
    return invalid(node, "CON-V3: another result of the parent");
  }
  if (cut.length > 0 && leavesTimersWaiting(parent.outcome, header.timeMs)) {
    return invalid(node, "CON-V7: timers wait, so the cut must be empty");
  }
  const verdict = batches.inspect(parent.heads, cut);
  if (verdict.kind === "invalid") return invalid(node, `CON-V2: ${verdict.reason}`);
  if (verdict.kind === "missing") {
    for (const missing of verdict.batches) {
      const holders = batches.holders(missing.author);
      fetcher.batches(missing, [header.proposer, missing.author, ...holders]);
    }
    return "pending";
  }
  if (verdict.transactionCount !== header.transactionCount) {
    return invalid(node, "CON-V2: another number of transactions");
  }
  node.isValid = true;
  return "valid";
}
