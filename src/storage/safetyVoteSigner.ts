import { equalBytes, isZero } from "../base/bytes.js";
import { batchSignBytes, voteSignBytes } from "../crypto/digests.js";
import type { Hasher, Signer } from "../crypto/interfaces.js";
import type { FlushDone } from "../ports/fileSystem.js";
import type { CastOutcome, VoteSigner } from "../ports/voteSigner.js";
import type { ValidatorIndex } from "../types/primitives.js";
import { type Certificate, type Statement, VOTE_KIND, type Vote } from "../types/vote.js";
import type { VoteRequest } from "../validator/interface.js";
import type { CastRecord, SafetyFile } from "./safetyFile.js";

/** Certificates that the planted bug `lazyCertificates` holds back before it writes them. */
const LAZY_CERTIFICATES = 16;

export interface SafetyVoteSignerOptions {
  readonly safetyFile: SafetyFile;
  readonly signer: Signer;
  readonly hasher: Hasher;
  readonly genesisHash: Uint8Array;
  /** Index of this validator in the epoch's validator list. */
  readonly voter: ValidatorIndex;
  /**
   * Called once when the disk failed. Pending casts are never answered: the process must stop, as
   * what is on the disk is unknown until the next start.
   */
  readonly failed: (error: Error) => void;
  /** Planted bugs, for the simulation tests that must find them. Never set outside tests. */
  readonly faults?: {
    /** Answers before the record is durable. */
    readonly voteBeforeFlush?: boolean;
    /** Writes certificates later than the votes that they permitted. */
    readonly lazyCertificates?: boolean;
    /** Finalizes what it nullified: the last guard behind agreement's own. */
    readonly forgetNullification?: boolean;
  };
}

function isSame(a: Statement, b: Statement): boolean {
  return (
    a.kind === b.kind &&
    a.epoch === b.epoch &&
    a.view === b.view &&
    equalBytes(a.blockHash, b.blockHash) &&
    equalBytes(a.result, b.result)
  );
}

/**
 * {@link VoteSigner} over the safety file: CON-W1 to W4 by its own record. It does not verify the
 * signatures inside certificates again; agreement takes none that was not verified.
 */
export class SafetyVoteSigner implements VoteSigner {
  readonly #options: SafetyVoteSignerOptions;
  readonly #file: SafetyFile;
  #heldBack: Certificate[] = [];
  #hasFailed = false;

  constructor(options: SafetyVoteSignerOptions) {
    this.#options = options;
    this.#file = options.safetyFile;
  }

  /**
   * Own votes and certificates above the pruning floor, ordered by view. Votes are signed again:
   * Ed25519 is deterministic, so they are the votes that were sent.
   */
  recover(): {
    readonly votes: readonly { readonly vote: Vote; readonly isProposal: boolean }[];
    /** The floor. */
    readonly votesFromView: number;
    readonly certificates: readonly Certificate[];
  } {
    const { votes, certificates } = this.#file.recover();
    return {
      votesFromView: this.#file.floor.view,
      votes: votes.map((record) => ({ vote: this.#sign(record), isProposal: record.isProposal })),
      certificates,
    };
  }

  /** Records a certificate; durable with the next vote, or by `flush`. */
  storeCertificate(certificate: Certificate): void {
    this.#guarded(() => this.#append(certificate));
  }

  flush(done: FlushDone): void {
    this.#file.flush((error) => {
      if (error !== undefined) this.#fail(error);
      done(error);
    });
  }

  /** See {@link SafetyFile.prune}. */
  prune(finalization: Certificate, done: FlushDone): void {
    this.#file.prune(finalization, (error) => {
      if (error !== undefined) this.#fail(error);
      done(error);
    });
  }

  /** Recorded at once; answered, in order, after the flush that all casts of this turn share. */
  cast(request: VoteRequest, done: (outcome: CastOutcome) => void): void {
    const verdict = this.#guarded(() => this.#record(request));
    if (verdict === undefined) return;
    const answer = (): void => {
      if (typeof verdict === "string") done({ ok: false, reason: verdict });
      else done({ ok: true, vote: this.#sign(verdict) });
    };
    if (this.#options.faults?.voteBeforeFlush) {
      this.flush(() => {});
      answer();
      return;
    }
    this.flush((error) => {
      if (error === undefined) answer();
    });
  }

  signBatch(batchDigest: Uint8Array): Uint8Array {
    return this.#options.signer.sign(batchSignBytes(batchDigest));
  }

  close(done: FlushDone): void {
    this.#file.close(done);
  }

  #sign(statement: Statement): Vote {
    const { hasher, genesisHash, signer, voter } = this.#options;
    const { kind, epoch, view, blockHash, result } = statement;
    const signature = signer.sign(voteSignBytes(hasher, genesisHash, statement));
    return { kind, epoch, view, blockHash, result, voter, signature };
  }

  /** The record that permits the vote, or why there is none. */
  #record(request: VoteRequest): CastRecord | string {
    const { statement, isProposal } = request;
    const { kind, epoch, view } = statement;
    if (this.#file.isBelowFloor(epoch, view)) {
      return `CON-W10: view ${view} lies below the pruning floor`;
    }
    const recorded = this.#file.voteIn(kind, epoch, view);
    if (recorded !== undefined) {
      if (isSame(recorded, statement)) return recorded;
      return `${RULES[kind]}: another vote of this kind is recorded in view ${view}`;
    }
    const why =
      whyMalformed(statement) ?? this.#whyForbidden(statement) ?? this.#whyUnfounded(request);
    if (why !== undefined) return why;
    // In the same flush as the vote and before it: no vote is durable without what permitted it.
    for (const certificate of request.certificates) this.#append(certificate);
    const record: CastRecord = {
      isProposal: isProposal && kind === VOTE_KIND.notarize,
      kind,
      epoch,
      view,
      blockHash: statement.blockHash.slice(),
      result: statement.result.slice(),
    };
    this.#file.appendVote(record);
    return record;
  }

  /** No Nullify after Finalize, no Finalize after Nullify (R-X, R-F). */
  #whyForbidden({ kind, epoch, view }: Statement): string | undefined {
    const { nullify, finalize } = VOTE_KIND;
    if (kind === finalize && this.#options.faults?.forgetNullification) return undefined;
    if (kind === nullify && this.#file.voteIn(finalize, epoch, view) !== undefined) {
      return `CON-W3: a Finalize vote is recorded in view ${view}`;
    }
    if (kind === finalize && this.#file.voteIn(nullify, epoch, view) !== undefined) {
      return `CON-W4: a Nullify vote is recorded in view ${view}`;
    }
    return undefined;
  }

  /** Whether the certificates that the vote needs are in the request or in the record. */
  #whyUnfounded({ statement, certificates }: VoteRequest): string | undefined {
    const { kind, epoch, view, blockHash } = statement;
    const { notarize, nullify, finalize } = VOTE_KIND;
    const given = [...certificates, ...this.#heldBack];
    const held = (inView: number): Certificate[] => [
      ...given.filter((item) => item.epoch === epoch && item.view === inView),
      ...this.#file.certificatesIn(epoch, inView),
    ];
    if (kind === finalize) {
      const isNotarized = held(view).some(
        (item) => item.kind === notarize && equalBytes(item.blockHash, blockHash),
      );
      return isNotarized ? undefined : `CON-W4: the notarization of view ${view} is not recorded`;
    }
    // The view was entered by a certificate of the view before; view 1, by the start of the epoch.
    if (view > 1 && held(view - 1).length === 0) {
      return `${RULES[kind]}: no certificate of view ${view - 1} is recorded`;
    }
    if (kind === nullify) return undefined;
    // R-N: some block below is certified, and every view between it and this one is nullified.
    for (let gap = view - 1; gap > 0; gap--) {
      const inGap = held(gap);
      if (inGap.some((item) => item.kind !== nullify)) return undefined;
      if (inGap.length === 0) return `CON-W2: no certificate of gap view ${gap} is recorded`;
    }
    return undefined;
  }

  #append(certificate: Certificate): void {
    if (this.#options.faults?.lazyCertificates) this.#holdBack(certificate);
    else this.#file.appendCertificate(certificate);
  }

  #holdBack(certificate: Certificate): void {
    this.#heldBack.push(certificate);
    if (this.#heldBack.length < LAZY_CERTIFICATES) return;
    for (const held of this.#heldBack) this.#file.appendCertificate(held);
    this.#heldBack = [];
  }

  #guarded<T>(work: () => T): T | undefined {
    if (this.#hasFailed) return undefined;
    try {
      return work();
    } catch (error) {
      this.#fail(error as Error);
      return undefined;
    }
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.failed(error);
  }
}

const RULES = {
  [VOTE_KIND.notarize]: "CON-W2",
  [VOTE_KIND.nullify]: "CON-W3",
  [VOTE_KIND.finalize]: "CON-W4",
} as const;

/** Fields that a kind of vote does not use are zero, the others are not. */
function whyMalformed({ kind, view, blockHash, result }: Statement): string | undefined {
  const namesBlock = kind !== VOTE_KIND.nullify;
  const namesResult = kind === VOTE_KIND.finalize;
  if (view < 1) return "a vote for view 0, which is the genesis block's";
  if (isZero(blockHash) === namesBlock) return "a vote with a wrong block hash field";
  if (isZero(result) === namesResult) return "a vote with a wrong result field";
  return undefined;
}
