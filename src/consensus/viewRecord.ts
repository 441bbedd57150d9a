import type { ValidatorIndex } from "../types/primitives.js";
import {
  type Certificate,
  statementKey,
  VOTE_KIND,
  type Vote,
  type VoteKind,
} from "../types/vote.js";

/** A vote in its slot. Its signature is checked when a quorum stands beside it. */
export interface PooledVote {
  readonly vote: Vote;
  /** Equal for votes that say the same (within one kind and view). */
  readonly key: string;
  isVerified: boolean;
}

/** Votes of one kind in one view: one slot a voter, so nobody can push out another's vote. */
export class VotePool {
  readonly #slots = new Map<ValidatorIndex, PooledVote>();
  readonly #tallies = new Map<string, number>();

  get size(): number {
    return this.#slots.size;
  }

  of(voter: ValidatorIndex): PooledVote | undefined {
    return this.#slots.get(voter);
  }

  /** Fills the voter's slot, which must be free. */
  add(vote: Vote, isVerified: boolean): PooledVote {
    const pooled = { vote, key: statementKey(vote), isVerified };
    this.#slots.set(vote.voter, pooled);
    this.#tallies.set(pooled.key, this.count(pooled.key) + 1);
    return pooled;
  }

  /** Frees a slot whose signature was wrong, so that the right vote can still come. */
  remove(voter: ValidatorIndex): void {
    const pooled = this.#slots.get(voter);
    if (pooled === undefined) return;
    this.#slots.delete(voter);
    this.#tallies.set(pooled.key, this.count(pooled.key) - 1);
  }

  clear(): void {
    this.#slots.clear();
    this.#tallies.clear();
  }

  count(key: string): number {
    return this.#tallies.get(key) ?? 0;
  }

  /** Statements that have votes, in order of arrival, with how many. */
  tallies(): Iterable<[string, number]> {
    return this.#tallies.entries();
  }

  votesFor(key: string): PooledVote[] {
    return [...this.#slots.values()].filter((pooled) => pooled.key === key);
  }
}

/** What this validator itself voted in a view, marked when the vote is asked for, not when cast. */
export interface OwnVotes {
  notarize: string | undefined;
  nullify: boolean;
  finalize: string | undefined;
  /** The votes that came back from the signer: durable, hence sendable. */
  readonly cast: Vote[];
}

/** Everything about one view. */
export class ViewRecord {
  readonly pools: Readonly<Record<VoteKind, VotePool>> = {
    1: new VotePool(),
    2: new VotePool(),
    3: new VotePool(),
  };
  readonly own: OwnVotes = {
    notarize: undefined,
    nullify: false,
    finalize: undefined,
    cast: [],
  };
  notarization: Certificate | undefined;
  nullification: Certificate | undefined;
  finalization: Certificate | undefined;
  /** Keys of blocks that the leader proposed: its signature was checked. At most two are kept. */
  readonly proposals: string[] = [];
  /** When the first proposal came, in local time. */
  proposedMs: number | undefined;
  /** Voters whose contradiction was reported. */
  readonly contradictions = new Set<ValidatorIndex>();

  /** No vote of this view is kept any more, nor taken. */
  isSettled = false;

  constructor(readonly view: number) {}

  forgetVotes(): void {
    this.isSettled = true;
    for (const pool of Object.values(this.pools)) pool.clear();
  }

  certificate(kind: VoteKind): Certificate | undefined {
    if (kind === VOTE_KIND.notarize) return this.notarization;
    return kind === VOTE_KIND.nullify ? this.nullification : this.finalization;
  }

  hold(certificate: Certificate): void {
    if (certificate.kind === VOTE_KIND.notarize) this.notarization = certificate;
    else if (certificate.kind === VOTE_KIND.nullify) this.nullification = certificate;
    else this.finalization = certificate;
  }

  get isCertified(): boolean {
    return (this.notarization ?? this.nullification ?? this.finalization) !== undefined;
  }

  certificates(): Certificate[] {
    return [this.notarization, this.nullification, this.finalization].filter(
      (held) => held !== undefined,
    );
  }
}
