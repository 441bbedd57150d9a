/** Making and checking certificates: a bitmap and exactly q signatures over one message. */

import { isZero } from "../base/bytes.js";
import { voteSignBytes } from "../crypto/digests.js";
import type { BatchVerifier, Hasher } from "../crypto/interfaces.js";
import type { Hash } from "../types/primitives.js";
import {
  bitmapOf,
  type Certificate,
  type Statement,
  VOTE_KIND,
  type Vote,
  votersOf,
} from "../types/vote.js";

/** Keys and quorum of the epoch, and what checks signatures. */
export interface CertificateRules {
  readonly genesisHash: Hash;
  readonly consensusKeys: readonly Uint8Array[];
  readonly quorum: number;
  readonly hasher: Hasher;
  readonly batchVerifier: BatchVerifier;
  /** Planted bug `countVoteTwice`: one signature less than a quorum passes. */
  readonly acceptsOneLess: boolean;
}

/** Whether the fields that a kind does not use are zero, as the signed message demands. */
export function isWellFormed(statement: Statement): boolean {
  const hasBlock = !isZero(statement.blockHash);
  const hasResult = !isZero(statement.result);
  if (statement.kind === VOTE_KIND.nullify) return !hasBlock && !hasResult;
  return hasBlock && hasResult === (statement.kind === VOTE_KIND.finalize);
}

/** Verdicts of the signatures of votes, checked as one batch. */
export function verifyVotes(rules: CertificateRules, votes: readonly Vote[]): boolean[] {
  const messages = new Map<string, Uint8Array>();
  return rules.batchVerifier.verify(
    votes.map((vote) => {
      const key = `${vote.kind}:${vote.view}:${String.fromCharCode(...vote.blockHash, ...vote.result)}`;
      let message = messages.get(key);
      if (message === undefined) {
        message = voteSignBytes(rules.hasher, rules.genesisHash, vote);
        messages.set(key, message);
      }
      return {
        publicKey: rules.consensusKeys[vote.voter] ?? new Uint8Array(32),
        signature: vote.signature,
        message,
      };
    }),
  );
}

/** Voters of a certificate whose shape and all whose signatures are right, or why it is not. */
export function verifyCertificate(
  rules: CertificateRules,
  certificate: Certificate,
): { readonly ok: true; readonly voters: readonly number[] } | { ok: false; reason: string } {
  if (certificate.epoch !== 0) return { ok: false, reason: "of another epoch" };
  if (certificate.view < 1) return { ok: false, reason: "of view 0" };
  if (!isWellFormed(certificate)) return { ok: false, reason: "fields that its kind has not" };
  const voters = votersOf(certificate.bitmap, rules.consensusKeys.length);
  if (voters === undefined) return { ok: false, reason: "a bitmap of another size" };
  const enough =
    voters.length === rules.quorum ||
    (rules.acceptsOneLess && voters.length === rules.quorum - 1 && voters.length > 0);
  if (!enough || certificate.signatures.length !== voters.length) {
    return { ok: false, reason: `not exactly ${rules.quorum} signatures` };
  }
  const message = voteSignBytes(rules.hasher, rules.genesisHash, certificate);
  const verdicts = rules.batchVerifier.verify(
    voters.map((voter, i) => ({
      publicKey: rules.consensusKeys[voter] as Uint8Array,
      signature: certificate.signatures[i] as Uint8Array,
      message,
    })),
  );
  const bad = verdicts.indexOf(false);
  if (bad >= 0) return { ok: false, reason: `a wrong signature of validator ${voters[bad]}` };
  return { ok: true, voters };
}

/** The certificate of `votes`, all with one statement; order does not matter. */
export function makeCertificate(votes: readonly Vote[], validatorCount: number): Certificate {
  const sorted = [...votes].sort((a, b) => a.voter - b.voter);
  const first = sorted[0] as Vote;
  return {
    kind: first.kind,
    epoch: first.epoch,
    view: first.view,
    blockHash: first.blockHash,
    result: first.result,
    bitmap: bitmapOf(
      sorted.map((vote) => vote.voter),
      validatorCount,
    ),
    signatures: sorted.map((vote) => vote.signature),
  };
}
