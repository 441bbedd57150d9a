/**
 * Reads every message on its way out and remembers every signature that an honest validator ever
 * gave, so that a second one which contradicts it is found whenever it comes, also after restarts
 * (SIM-I3 to SIM-I6).
 */

import { equalBytes, isZero, toHex } from "../../../src/base/bytes.js";
import { decode } from "../../../src/codec/schema.js";
import { blockHash as hashOfHeader, voteSignBytes } from "../../../src/crypto/digests.js";
import type { BatchVerifier, Hasher } from "../../../src/crypto/interfaces.js";
import { type PeerMessage, peerMessage } from "../../../src/types/message.js";
import { type Hash, quorumSize, ZERO_HASH } from "../../../src/types/primitives.js";
import {
  type Certificate,
  VOTE_KIND,
  type Vote,
  type VoteKind,
  votersOf,
} from "../../../src/types/vote.js";
import { CheckFailure } from "./failure.js";

/** Order of the variants in `peerMessage`: the first byte of a message. */
const INSPECTED = new Set([0, 1, 2]);

interface VotesOfView {
  notarize?: Hash;
  nullify?: boolean;
  finalize?: { readonly blockHash: Hash; readonly result: Hash };
}

/** A vote as it left its validator for the first time. */
export interface SentVote {
  readonly kind: VoteKind;
  readonly epoch: number;
  readonly view: number;
  readonly blockHash: Hash;
  readonly result: Hash;
}

interface CertifiedView {
  notarized?: Hash;
  nullified?: boolean;
  finalized?: { readonly blockHash: Hash; readonly result: Hash };
}

export interface VoteWatchOptions {
  readonly validatorCount: number;
  readonly genesisHash: Hash;
  readonly consensusKeys: readonly Uint8Array[];
  readonly hasher: Hasher;
  readonly verifier: BatchVerifier;
  readonly isHonest: (validator: number) => boolean;
  /** Called once for each new vote of an honest validator, before its message goes on. */
  readonly firstSent: (voter: number, vote: SentVote) => void;
}

export class VoteWatch {
  readonly #options: VoteWatchOptions;
  readonly #seen = new WeakSet<Uint8Array>();
  readonly #votes: Map<number, VotesOfView>[];
  readonly #certified = new Map<number, CertifiedView>();
  readonly #checkedCertificates = new Set<string>();
  #maxView = 0;

  constructor(options: VoteWatchOptions) {
    this.#options = options;
    this.#votes = Array.from({ length: options.validatorCount }, () => new Map());
  }

  /** Highest view in which an honest validator voted. */
  get maxView(): number {
    return this.#maxView;
  }

  /** Views in which this validator voted. */
  viewsOf(validator: number): number {
    return this.#votes[validator]?.size ?? 0;
  }

  sent(from: number, bytes: Uint8Array): void {
    if (this.#seen.has(bytes) || !INSPECTED.has(bytes[0] ?? 255)) return;
    this.#seen.add(bytes);
    if (!this.#options.isHonest(from)) return;
    const message: PeerMessage = decode(peerMessage, bytes);
    if (message.kind === "vote") {
      if (message.value.voter === from) this.#vote(message.value);
    } else if (message.kind === "proposal") {
      const { header } = message.value;
      if (header.proposer !== from) return;
      this.#vote({
        kind: VOTE_KIND.notarize,
        epoch: header.epoch,
        view: header.view,
        blockHash: hashOfHeader(this.#options.hasher, header),
        result: ZERO_HASH,
        voter: from,
        signature: message.value.signature,
      });
      if (message.value.parentCertificate !== undefined) {
        this.#certificate(from, message.value.parentCertificate);
      }
      for (const item of message.value.nullifications) this.#certificate(from, item);
    } else if (message.kind === "certificate") {
      this.#certificate(from, message.value);
    }
  }

  #vote(vote: Vote): void {
    const ofVoter = this.#votes[vote.voter] as Map<number, VotesOfView>;
    let votes = ofVoter.get(vote.view);
    if (votes === undefined) {
      votes = {};
      ofVoter.set(vote.view, votes);
      this.#maxView = Math.max(this.#maxView, vote.view);
    }
    const who = `validator ${vote.voter} in view ${vote.view}`;
    if (vote.kind === VOTE_KIND.notarize) {
      if (votes.notarize !== undefined) {
        if (equalBytes(votes.notarize, vote.blockHash)) return;
        throw new CheckFailure(
          "unique-votes",
          `${who} notarized ${short(votes.notarize)} and ${short(vote.blockHash)}`,
        );
      }
      votes.notarize = vote.blockHash;
    } else if (vote.kind === VOTE_KIND.nullify) {
      if (votes.finalize !== undefined) {
        throw new CheckFailure("unique-votes", `${who} finalized a block and nullified the view`);
      }
      if (votes.nullify) return;
      votes.nullify = true;
    } else {
      if (votes.nullify) {
        throw new CheckFailure("unique-votes", `${who} nullified the view and finalized a block`);
      }
      if (votes.finalize !== undefined) {
        const same =
          equalBytes(votes.finalize.blockHash, vote.blockHash) &&
          equalBytes(votes.finalize.result, vote.result);
        if (same) return;
        throw new CheckFailure("unique-votes", `${who} finalized two blocks or two results`);
      }
      votes.finalize = { blockHash: vote.blockHash, result: vote.result };
    }
    this.#options.firstSent(vote.voter, vote);
  }

  #certificate(from: number, certificate: Certificate): void {
    const { kind, view, blockHash, result } = certificate;
    const name = `${kind} ${view} ${toHex(certificate.bitmap)} ${toHex(blockHash)} ${toHex(result)}`;
    if (this.#checkedCertificates.has(name)) return;
    this.#checkedCertificates.add(name);
    this.#checkQuorum(from, certificate);

    let certified = this.#certified.get(view);
    if (certified === undefined) {
      certified = {};
      this.#certified.set(view, certified);
    }
    const fail = (detail: string): never => {
      throw new CheckFailure("certificates", `view ${view}: ${detail}`);
    };
    if (kind === VOTE_KIND.nullify) certified.nullified = true;
    else if (kind === VOTE_KIND.notarize) {
      if (certified.notarized !== undefined && !equalBytes(certified.notarized, blockHash)) {
        fail(`${short(certified.notarized)} and ${short(blockHash)} are both notarized`);
      }
      certified.notarized = blockHash;
    } else {
      const other = certified.finalized;
      if (other !== undefined) {
        if (!equalBytes(other.blockHash, blockHash)) fail("two blocks are finalized");
        if (!equalBytes(other.result, result)) fail("two results of one block are finalized");
      }
      if (isZero(result)) fail("a block is finalized without a result");
      certified.finalized = { blockHash, result };
    }
    if (certified.nullified && certified.finalized !== undefined) {
      fail("finalized and nullified");
    }
    const { notarized, finalized } = certified;
    if (notarized !== undefined && finalized !== undefined) {
      if (!equalBytes(notarized, finalized.blockHash))
        fail("notarized one block, finalized another");
    }
  }

  #checkQuorum(from: number, certificate: Certificate): void {
    const { validatorCount, hasher, genesisHash, verifier, consensusKeys } = this.#options;
    const where = `certificate ${certificate.kind} of view ${certificate.view} from ${from}`;
    const voters = votersOf(certificate.bitmap, validatorCount);
    const quorum = quorumSize(validatorCount);
    if (voters?.length !== quorum || certificate.signatures.length !== quorum) {
      throw new CheckFailure(
        "certificates",
        `${where} has ${voters?.length} voters and ${certificate.signatures.length} signatures, not ${quorum}`,
      );
    }
    const message = voteSignBytes(hasher, genesisHash, certificate);
    const verdicts = verifier.verify(
      voters.map((voter, i) => ({
        publicKey: consensusKeys[voter] as Uint8Array,
        signature: certificate.signatures[i] as Uint8Array,
        message,
      })),
    );
    if (verdicts.includes(false)) {
      throw new CheckFailure("certificates", `${where} has a wrong signature`);
    }
  }
}

export function short(hash: Uint8Array): string {
  return toHex(hash.subarray(0, 4));
}
