/** Votes, certificates and proposals (consensus.md 1.3). */

import { mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import {
  bytes,
  codes,
  count,
  type Infer,
  list,
  option,
  refined,
  struct,
  u16,
} from "../codec/schema.js";
import { cut, header } from "./block.js";
import { hash, signature } from "./primitives.js";

/** Vote kinds. Notarize a block, nullify a view, finalize a block with its result. */
export const VOTE_KIND = { notarize: 1, nullify: 2, finalize: 3 } as const;
export type VoteKind = (typeof VOTE_KIND)[keyof typeof VOTE_KIND];

const voteKind = codes<VoteKind>([1, 2, 3], "vote kind");

const statementShape = struct({
  kind: voteKind,
  epoch: count,
  view: count,
  /** Zero when a view is nullified. */
  blockHash: hash,
  /** Result hash; zero unless a block is finalized. */
  result: hash,
});

/** What a vote says, without who says it: equal for all votes of a certificate. */
export type Statement = Infer<typeof statementShape>;

/** What is stated, within its kind and view: of Notarize it is the key of the block's hash. */
export function statementKey({ kind, blockHash, result }: Statement): string {
  if (kind === VOTE_KIND.nullify) return "";
  const block = mapKey(blockHash);
  return kind === VOTE_KIND.finalize ? block + mapKey(result) : block;
}

export const vote = struct({
  kind: voteKind,
  epoch: count,
  view: count,
  blockHash: hash,
  result: hash,
  voter: u16,
  signature,
});
export type Vote = Infer<typeof vote>;

export const certificate = struct({
  kind: voteKind,
  epoch: count,
  view: count,
  blockHash: hash,
  result: hash,
  /** Bit i (least significant first) of byte floor(i / 8) is set for voter i. */
  bitmap: bytes(Math.ceil(LIMITS.validatorsMax / 8), 1),
  /** One for each bit, in ascending order of voters: exactly a quorum. */
  signatures: list(signature, LIMITS.validatorsMax, 1),
});
export type Certificate = Infer<typeof certificate>;

/** Voter indices of a certificate, ascending; undefined where the bitmap has slack. */
export function votersOf(bitmap: Uint8Array, validatorCount: number): number[] | undefined {
  if (bitmap.length !== Math.ceil(validatorCount / 8)) return undefined;
  const voters: number[] = [];
  for (let i = 0; i < bitmap.length * 8; i++) {
    if (((bitmap[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    if (i >= validatorCount) return undefined;
    voters.push(i);
  }
  return voters;
}

export function bitmapOf(voters: readonly number[], validatorCount: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(validatorCount / 8));
  for (const voter of voters) bitmap[voter >> 3]! |= 1 << (voter & 7);
  return bitmap;
}

/** Two contradictory votes of one validator. Its handling comes with membership changes. */
export const evidence = refined(
  struct({ first: vote, second: vote }),
  (pair) => pair.first.voter === pair.second.voter && pair.first.view === pair.second.view,
  "evidence about two validators or two views",
);
export type Evidence = Infer<typeof evidence>;

export const proposal = struct({
  header,
  cut,
  /** Certificate of the parent; absent when it is the genesis block. */
  parentCertificate: option(certificate),
  /** Nullifications of the views between the parent's and this one, as far as they fit. */
  nullifications: list(certificate, LIMITS.proposalNullificationsMax),
  evidence: list(evidence, LIMITS.evidencePerProposalMax),
  /** The leader's own Notarize vote for this block. */
  signature,
});
export type Proposal = Infer<typeof proposal>;
