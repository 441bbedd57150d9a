/** The block that the next one builds on, and whether a next one is due. */

import { mapKey } from "../base/bytes.js";
import type { Hash } from "../types/primitives.js";
import { type Certificate, VOTE_KIND } from "../types/vote.js";
import type { BlockNode } from "./blockTree.js";
import type { ConsensusState } from "./state.js";

/** Bits of `CertificateRequest.kinds`. */
export const REQUEST_KINDS = {
  notarization: 1,
  nullification: 2,
  finalization: 4,
  all: 7,
} as const;

export type Base =
  | {
      readonly kind: "base";
      readonly view: number;
      readonly hash: Hash;
      readonly key: string;
      /** Its certificate; undefined for the genesis block. */
      readonly certificate: Certificate | undefined;
      /** Of the views above it, ascending. */
      readonly nullifications: readonly Certificate[];
    }
  /** No certificate of this view is held, so no block can be chosen (CON-R-P). */
  | { readonly kind: "gap"; readonly view: number };

/**
 * Highest view below `view` that is notarized or final, with every view between nullified: not the
 * highest certificate, because some validators may hold a notarization where others nullified.
 */
export function findBase(state: ConsensusState, view: number): Base {
  const cached = state.baseCache;
  if (cached?.view === view && cached.version === state.certificateVersion) return cached.base;
  const base = searchBase(state, view);
  state.baseCache = { view, version: state.certificateVersion, base };
  return base;
}

function searchBase(state: ConsensusState, view: number): Base {
  const nullifications: Certificate[] = [];
  for (let below = view - 1; below > state.root.view; below--) {
    const record = state.views.get(below);
    const certificate = record?.finalization ?? record?.notarization;
    if (certificate !== undefined) {
      const hash = certificate.blockHash;
      nullifications.reverse();
      return { kind: "base", view: below, hash, key: mapKey(hash), certificate, nullifications };
    }
    if (record?.nullification === undefined) return { kind: "gap", view: below };
    nullifications.push(record.nullification);
  }
  const root = state.root;
  nullifications.reverse();
  return {
    kind: "base",
    view: root.view,
    hash: root.hash,
    key: root.key,
    certificate: state.rootCertificate,
    nullifications,
  };
}

/** The certificate of (view, hash) that lets a block name it as its parent. */
export function parentCertificate(
  state: ConsensusState,
  view: number,
  key: string,
): Certificate | "genesis" | undefined {
  if (key === state.root.key) return state.rootCertificate ?? "genesis";
  const record = state.views.get(view);
  for (const certificate of [record?.finalization, record?.notarization]) {
    if (certificate !== undefined && mapKey(certificate.blockHash) === key) return certificate;
  }
  return undefined;
}

/** Nullifications of the views strictly between; `missing` is the first that is not held. */
export function gapNullifications(
  state: ConsensusState,
  above: number,
  below: number,
): { readonly certificates: Certificate[]; readonly missing: number | undefined } {
  const certificates: Certificate[] = [];
  for (let view = above + 1; view < below; view++) {
    const held = state.views.get(view)?.nullification;
    if (held === undefined) return { certificates, missing: view };
    certificates.push(held);
  }
  return { certificates, missing: undefined };
}

export interface Due {
  readonly isDue: boolean;
  /** When it may become true without any event: a timer's deadline, or the end of idleness. */
  readonly laterMs: number;
}

/** DESIGN.md 6, "A block is due": one predicate for the leader's pacing and the view timer. */
export function blockIsDue(
  state: ConsensusState,
  node: BlockNode | undefined,
  forWhom: "leader" | "timer",
  nowMs: number,
): Due {
  // A base that is not here is not final: something is owed.
  if (node?.heads === undefined) return { isDue: true, laterMs: nowMs };
  const idleMs = receivedMs(state, node) + state.options.parameters.maxIdleMs;
  const deadlineMs = node.outcome?.nextTimerDeadlineMs ?? Number.POSITIVE_INFINITY;
  const laterMs = Math.min(idleMs, deadlineMs);
  const isDue =
    laterMs <= nowMs ||
    hasUnfinalContent(state, node) ||
    state.options.batches.isWaiting(node.heads, forWhom);
  return { isDue, laterMs };
}

/** Local time of the base's arrival; what came before this start counts from the start. */
export function receivedMs(state: ConsensusState, node: BlockNode): number {
  return Math.max(node.receivedMs, state.startedMs);
}

function hasUnfinalContent(state: ConsensusState, node: BlockNode): boolean {
  let at: BlockNode | undefined = node;
  while (at !== undefined && at.height > state.root.height) {
    if (at.outcome?.isNonEmpty === true || (at.block?.cut.length ?? 0) > 0) return true;
    at = at.parent;
  }
  return false;
}

/** Whether a certificate of this kind is one that bits of a request ask for. */
export function isAskedFor(certificate: Certificate, kinds: number): boolean {
  if (certificate.kind === VOTE_KIND.notarize) return (kinds & REQUEST_KINDS.notarization) !== 0;
  if (certificate.kind === VOTE_KIND.nullify) return (kinds & REQUEST_KINDS.nullification) !== 0;
  return (kinds & REQUEST_KINDS.finalization) !== 0;
}
