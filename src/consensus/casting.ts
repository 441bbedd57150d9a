/** Asking the signer for votes. A vote is marked as own when asked for, so no second can follow. */

import type { Hash } from "../types/primitives.js";
import { ZERO_HASH } from "../types/primitives.js";
import { type Certificate, statementKey, VOTE_KIND } from "../types/vote.js";
import { gapNullifications, parentCertificate } from "./base.js";
import type { BlockNode } from "./blockTree.js";
import type { ConsensusState } from "./state.js";

function attached(
  state: ConsensusState,
  certificates: readonly (Certificate | "genesis" | undefined)[],
): readonly Certificate[] {
  if (state.options.faults.lazyCertificates === true) return [];
  const unique = new Set<Certificate>();
  for (const certificate of certificates) {
    if (certificate !== undefined && certificate !== "genesis") unique.add(certificate);
  }
  return [...unique];
}

function storeBlock(state: ConsensusState, node: BlockNode): void {
  if (node.isStored || node.block === undefined) return;
  node.isStored = true;
  state.emit({ kind: "storeBlock", blockHash: node.hash, block: node.block });
}

/** CON-W1, W2: block first, then the vote with the certificates that CON-R-N used. */
export function castNotarize(state: ConsensusState, node: BlockNode, isProposal: boolean): void {
  storeBlock(state, node);
  const statement = {
    kind: VOTE_KIND.notarize,
    epoch: 0,
    view: node.view,
    blockHash: node.hash,
    result: ZERO_HASH,
  } as const;
  const parentView = node.block?.header.parentView ?? 0;
  state.record(node.view).own.notarize = statementKey(statement);
  state.emit({
    kind: "castVote",
    request: {
      statement,
      isProposal,
      certificates: attached(state, [
        state.entryCertificate,
        parentCertificate(state, parentView, node.parentKey),
        ...gapNullifications(state, parentView, node.view).certificates,
      ]),
    },
  });
}

/** CON-W3. */
export function castNullify(state: ConsensusState): void {
  const own = state.record(state.view).own;
  if (!state.isVoting || own.nullify || own.finalize !== undefined) return;
  own.nullify = true;
  state.emit({
    kind: "castVote",
    request: {
      statement: {
        kind: VOTE_KIND.nullify,
        epoch: 0,
        view: state.view,
        blockHash: ZERO_HASH,
        result: ZERO_HASH,
      },
      isProposal: false,
      certificates: attached(state, [state.entryCertificate]),
    },
  });
}

/** CON-W4: the block and all its ancestors down to the root are stored with the same flush. */
export function castFinalize(
  state: ConsensusState,
  node: BlockNode,
  result: Hash,
  notarization: Certificate,
): void {
  for (const ancestor of state.tree.pathTo(node) ?? []) storeBlock(state, ancestor);
  const statement = {
    kind: VOTE_KIND.finalize,
    epoch: 0,
    view: node.view,
    blockHash: node.hash,
    result,
  } as const;
  state.record(node.view).own.finalize = statementKey(statement);
  state.emit({
    kind: "castVote",
    request: { statement, isProposal: false, certificates: attached(state, [notarization]) },
  });
}
