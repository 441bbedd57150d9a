import { mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { Batch } from "../types/batch.js";
import type { CutEntry } from "../types/block.js";
import type { LaneHead } from "../types/laneHeads.js";
import { type Hash, type ValidatorIndex, ZERO_HASH } from "../types/primitives.js";
import type { LaneBatch } from "./types.js";

export const NO_HEAD: LaneHead = { seq: 0, headHash: ZERO_HASH, key: mapKey(ZERO_HASH) };

/** A batch that was decoded and nothing more. */
export interface RawBatch {
  readonly batch: Batch;
  readonly hash: Hash;
  readonly key: string;
  readonly prevKey: string;
  readonly from: ValidatorIndex;
  /** A block names its hash: it is taken whatever the local branch says. */
  isPinned: boolean;
  isChecking: boolean;
}

/** What a final block did to a lane. */
export interface Committed {
  /** Batches that became final, oldest first, for bounded keeping. */
  readonly included: readonly LaneBatch[];
  /** Batches that can never become final: they contradict the block, or stand on one that does. */
  readonly lost: readonly LaneBatch[];
  /** Whether another branch than the local one became final, which has replaced it. */
  readonly isReplaced: boolean;
}

/** What a validator said that it holds of this lane. */
interface Ack {
  seq: number;
  key: string;
  headHash: Hash;
  /** Highest acked batch that lies on the local branch: acks count along one hash chain only. */
  matchedSeq: number;
}

/** How far beyond the local tip batches are kept before their predecessors are here. */
const AHEAD_MAX = LIMITS.batchesInFlightMax;
/** An honest author has 64 batches in flight above what *it* knows as final; we may know less. */
const BRANCH_MAX = 2 * LIMITS.batchesInFlightMax;
const RAW_SIZE_BYTES_MAX = BRANCH_MAX * LIMITS.batchSealSizeBytes;
/** Nothing of an unchecked batch is sure but who sent it: others than the author get less room. */
const RELAYED_MAX = LIMITS.batchesInFlightMax;
const RELAYED_SIZE_BYTES_MAX = 4 * 1024 * 1024 + LIMITS.batchSizeBytesMax;
/**
 * Hashes that blocks name and that are not here. Each block adds one a lane; the oldest makes way,
 * and who still needs it names it again at its next step.
 */
export const PINNED_KEYS_MAX = LIMITS.blockBatchesMax;
/** Two prove a fork; more would only fill memory and disk. Pinned ones are always taken. */
const BRANCHES_MAX = 2;

/** One validator's lane as seen here: a local branch of checked batches, acks, and what waits. */
export class Lane {
  /** What final blocks include. */
  final: LaneHead = NO_HEAD;
  /** Last checked batch of the local branch; equal to `final` when nothing follows it. */
  tip: LaneHead = NO_HEAD;
  /** Last batch that is durable with all before it: what is acked. */
  durable: LaneHead = NO_HEAD;
  /** Two batches with one number: acking stops until one of them is final. */
  isForked = false;
  /** A fork is told of once: its author could fill the log with them. */
  isForkReported = false;
  /** Highest number on the local branch that f + 1, and that q validators acked. */
  leaderSeq = 0;
  timerSeq = 0;
  /** Highest batch beyond the local tip that f + 1, and that q validators acked as one hash. */
  remoteLeaderSeq = 0;
  remoteTimerSeq = 0;
  /** Highest number that anybody acked. */
  claimedSeq = 0;
  /** Since when somebody else has more of this lane. */
  behindSinceMs: number | undefined;

  readonly branch = new Map<number, LaneBatch>();
  /** Checked batches of all branches by hash, and by number. */
  readonly byKey = new Map<string, LaneBatch>();
  readonly #bySeq = new Map<number, LaneBatch[]>();
  readonly #children = new Map<string, LaneBatch[]>();
  readonly raw = new Map<string, RawBatch>();
  /** Hashes that a block pins: taken whatever the local branch says. */
  readonly wanted = new Set<string>();
  readonly acks: (Ack | undefined)[];

  constructor(
    readonly author: ValidatorIndex,
    readonly validatorCount: number,
  ) {
    this.acks = new Array<Ack | undefined>(validatorCount).fill(undefined);
  }

  /**
   * Whether there is use for a batch that came, and room. Room is counted by sender: what one peer
   * makes up must not keep out what the author or somebody else sends.
   */
  accepts(seq: number, key: string, sizeBytes: number, from: ValidatorIndex): boolean {
    if (this.byKey.has(key) || this.raw.has(key)) return false;
    if (this.wanted.has(key)) return true;
    return (
      seq > this.final.seq &&
      seq <= this.tip.seq + AHEAD_MAX &&
      seq <= this.final.seq + BRANCH_MAX &&
      this.hasBranchRoom(seq) &&
      this.#hasRoomOf(from, seq, sizeBytes)
    );
  }

  /** Whether one more branch may be kept at this number. */
  hasBranchRoom(seq: number): boolean {
    return this.atSeq(seq).length < BRANCHES_MAX;
  }

  /** Room among the unchecked batches of one sender; those farthest ahead make way. */
  #hasRoomOf(from: ValidatorIndex, seq: number, sizeBytes: number): boolean {
    const isAuthor = from === this.author;
    const countMax = isAuthor ? BRANCH_MAX : RELAYED_MAX;
    const sizeBytesMax = isAuthor ? RAW_SIZE_BYTES_MAX : RELAYED_SIZE_BYTES_MAX;
    const own = [...this.raw.values()].filter((raw) => raw.from === from);
    own.sort((a, b) => a.batch.seq - b.batch.seq);
    let count = own.length;
    let held = own.reduce((sum, raw) => sum + raw.batch.bytes.length, 0);
    while (count >= countMax || held + sizeBytes > sizeBytesMax) {
      const last = own.pop();
      if (last === undefined || last.batch.seq <= seq) return false;
      if (last.isChecking) continue;
      this.removeRaw(last.key);
      count--;
      held -= last.batch.bytes.length;
    }
    return true;
  }

  addRaw(raw: RawBatch): void {
    this.raw.set(raw.key, raw);
  }

  removeRaw(key: string): RawBatch | undefined {
    const raw = this.raw.get(key);
    this.raw.delete(key);
    return raw;
  }

  /** Raw batches that may be checked now: pinned ones, and those whose predecessor is known. */
  checkable(): RawBatch[] {
    const found: RawBatch[] = [];
    for (const raw of this.raw.values()) {
      if (raw.isChecking) continue;
      const before = this.raw.get(raw.prevKey);
      const follows =
        raw.prevKey === this.final.key || this.byKey.has(raw.prevKey) || before?.isChecking;
      if (this.wanted.has(raw.key)) raw.isPinned = true;
      if (raw.isPinned || follows === true) {
        raw.isChecking = true;
        found.push(raw);
      }
    }
    return found;
  }

  /** Notes that a block names this batch, which is not here. */
  want(key: string): void {
    if (this.wanted.has(key)) return;
    if (this.wanted.size >= PINNED_KEYS_MAX) {
      this.wanted.delete(this.wanted.values().next().value as string);
    }
    this.wanted.add(key);
  }

  /** Whether there is still use for a raw batch whose check came back. */
  isUseful({ batch, key, prevKey, isPinned }: RawBatch): boolean {
    if (batch.seq <= this.final.seq) return false;
    if (isPinned || this.wanted.has(key)) return true;
    const follows = prevKey === this.final.key || this.byKey.has(prevKey) || this.raw.has(prevKey);
    return follows && this.hasBranchRoom(batch.seq);
  }

  atSeq(seq: number): readonly LaneBatch[] {
    return this.#bySeq.get(seq) ?? [];
  }

  add(checked: LaneBatch): void {
    if (this.byKey.has(checked.key)) return;
    this.byKey.set(checked.key, checked);
    push(this.#bySeq, checked.seq, checked);
    push(this.#children, checked.prevKey, checked);
    this.wanted.delete(checked.key);
    // A pinned batch pins all before it.
    if (checked.seq > this.final.seq + 1 && !this.byKey.has(checked.prevKey)) {
      this.want(checked.prevKey);
    }
    if ((this.#bySeq.get(checked.seq)?.length ?? 0) > 1) this.isForked = true;
    this.extend();
  }

  remove(checked: LaneBatch): void {
    this.byKey.delete(checked.key);
    pull(this.#bySeq, checked.seq, checked);
    pull(this.#children, checked.prevKey, checked);
    if (this.branch.get(checked.seq) === checked) this.branch.delete(checked.seq);
  }

  /** Follows the first child as long as there is one. */
  extend(): void {
    for (;;) {
      const next = this.#children.get(this.tip.key)?.[0];
      if (next === undefined || next.seq !== this.tip.seq + 1) break;
      this.branch.set(next.seq, next);
      this.tip = { seq: next.seq, headHash: next.hash, key: next.key };
    }
    this.settle();
  }

  /** Moves the durable tip over what is stored. Whether it moved. */
  settle(): boolean {
    const before = this.durable.seq;
    while (!this.isForked) {
      const next = this.branch.get(this.durable.seq + 1);
      if (next?.isStored !== true) break;
      this.durable = { seq: next.seq, headHash: next.hash, key: next.key };
    }
    return this.durable.seq !== before;
  }

  /** Whether a chain that includes `head` is continued by the local branch. */
  continues(head: LaneHead): boolean {
    if (head.key === this.final.key) return true;
    return this.branch.get(head.seq)?.key === head.key;
  }

  /**
   * A block that includes the lane up to `head` is final: that branch becomes the local one, what
   * contradicts it is dropped. It is not acked for that: its batches may still wait for their flush.
   */
  commit(head: LaneHead): Committed {
    const included: LaneBatch[] = [];
    let at = this.byKey.get(head.key);
    while (at !== undefined && at.seq > this.final.seq) {
      included.push(at);
      at = this.byKey.get(at.prevKey);
    }
    const isLocal = this.branch.get(head.seq)?.key === head.key;
    const lost = this.#dropLost(head, included);
    if (!isLocal) {
      for (let seq = head.seq + 1; seq <= this.tip.seq; seq++) this.branch.delete(seq);
    }
    for (const final of included) this.branch.set(final.seq, final);
    if (!isLocal) {
      this.tip = head;
      // Up to there both branches are one.
      if (this.durable.seq > this.final.seq) this.durable = this.final;
      for (const ack of this.acks) if (ack !== undefined) ack.matchedSeq = 0;
    }
    this.final = head;
    this.isForked = this.#hasTwo(head.seq);
    this.wanted.clear();
    this.#dropLostRaw(lost);
    this.extend();
    return { included: included.reverse(), lost, isReplaced: !isLocal };
  }

  /**
   * Removes what can never become final once `head` is: other batches up to its number, the next
   * one on another branch, and all that stands on these. Kept, they would look like a fork.
   */
  #dropLost(head: LaneHead, included: readonly LaneBatch[]): LaneBatch[] {
    const kept = new Set(included);
    const lost = new Set<LaneBatch>();
    for (let seq = this.final.seq + 1; seq <= head.seq; seq++) {
      for (const other of this.atSeq(seq)) if (!kept.has(other)) lost.add(other);
    }
    for (const next of this.atSeq(head.seq + 1)) if (next.prevKey !== head.key) lost.add(next);
    // A set goes on over what is added to it on the way.
    for (const { key } of lost) for (const child of this.#children.get(key) ?? []) lost.add(child);
    for (const other of lost) this.remove(other);
    return [...lost];
  }

  /** Whether more checked batches stand beside the local branch than a fork or two explains. */
  get isCrowded(): boolean {
    return this.byKey.size - this.branch.size > BRANCH_MAX;
  }

  /** Drops what stands beside the local branch, above the final batch, and no live block names. */
  dropUnnamed(live: readonly CutEntry[]): readonly LaneBatch[] {
    const named = new Set<LaneBatch>();
    for (const { fromSeq, headHash } of live) {
      let at = this.byKey.get(mapKey(headHash));
      for (; at !== undefined && at.seq >= fromSeq; at = this.byKey.get(at.prevKey)) named.add(at);
    }
    const unnamed = [...this.byKey.values()].filter(
      (batch) =>
        batch.seq > this.final.seq && this.branch.get(batch.seq) !== batch && !named.has(batch),
    );
    for (const batch of unnamed) this.remove(batch);
    return unnamed;
  }

  /** After a start, when all batches of the log are here: answers those that can never be final. */
  recovered(): LaneBatch[] {
    const lost = this.#dropLost(this.final, []);
    // They looked like a fork until now: acks of this lane would never go on.
    this.isForked = this.#hasTwo(this.final.seq);
    this.settle();
    return lost;
  }

  /** The same for what was not checked yet: nothing could ever make it checkable. */
  #dropLostRaw(lost: readonly LaneBatch[]): void {
    const keys = new Set(lost.map(({ key }) => key));
    const waiting = [...this.raw.values()].sort((a, b) => a.batch.seq - b.batch.seq);
    for (const { key, prevKey, batch } of waiting) {
      const { key: finalKey, seq } = this.final;
      const isLost =
        batch.seq <= seq || (batch.seq === seq + 1 && prevKey !== finalKey) || keys.has(prevKey);
      if (!isLost) continue;
      keys.add(key);
      this.removeRaw(key);
    }
  }

  /** A final block that includes the lane up to `head` is durable, hence all its batches are. */
  finalStored(head: LaneHead): boolean {
    if (head.seq <= this.durable.seq) return false;
    this.durable = head;
    this.settle();
    return true;
  }

  #hasTwo(aboveSeq: number): boolean {
    for (let seq = aboveSeq + 1; seq <= this.tip.seq + AHEAD_MAX; seq++) {
      if (this.atSeq(seq).length > 1) return true;
    }
    return false;
  }

  /** Whether batches wait for one that is not here, or somebody acked more than is here. */
  get isBehind(): boolean {
    if (this.claimedSeq <= this.tip.seq && this.raw.size === 0) return false;
    for (const raw of this.raw.values()) if (raw.isChecking) return false;
    return true;
  }

  /** Takes an ack. Whether anything changed. */
  ack(peer: ValidatorIndex, seq: number, headHash: Hash): boolean {
    const known = this.acks[peer];
    const key = mapKey(headHash);
    if (known?.seq === seq && known.key === key) return false;
    if (known === undefined) this.acks[peer] = { seq, key, headHash, matchedSeq: 0 };
    else {
      known.seq = seq;
      known.key = key;
      known.headHash = headHash;
    }
    return true;
  }

  /** Recounts after an ack came or a tip moved. `self` counts with what is durable here. */
  recount(self: ValidatorIndex, faultBound: number, quorum: number): void {
    const seqs: number[] = [];
    const beyond = new Map<string, { seq: number; count: number }>();
    this.claimedSeq = 0;
    for (let peer = 0; peer < this.validatorCount; peer++) {
      if (peer === self) {
        seqs.push(this.durable.seq);
        continue;
      }
      const ack = this.acks[peer];
      if (ack === undefined) continue;
      if (ack.seq > this.claimedSeq) this.claimedSeq = ack.seq;
      const { final } = this;
      const isFinal = ack.seq === final.seq && ack.key === final.key;
      const isHere = isFinal || this.branch.get(ack.seq)?.key === ack.key;
      if (isHere && ack.seq > ack.matchedSeq) ack.matchedSeq = ack.seq;
      else if (ack.seq > this.tip.seq) {
        const group = beyond.get(ack.key) ?? { seq: ack.seq, count: 0 };
        group.count++;
        beyond.set(ack.key, group);
      }
      seqs.push(ack.matchedSeq);
    }
    seqs.sort((a, b) => b - a);
    this.leaderSeq = seqs[faultBound] ?? 0;
    this.timerSeq = seqs[quorum - 1] ?? 0;
    this.remoteLeaderSeq = 0;
    this.remoteTimerSeq = 0;
    for (const { seq, count } of beyond.values()) {
      if (count > faultBound) this.remoteLeaderSeq = Math.max(this.remoteLeaderSeq, seq);
      if (count >= quorum) this.remoteTimerSeq = Math.max(this.remoteTimerSeq, seq);
    }
  }
}

function push<K>(index: Map<K, LaneBatch[]>, key: K, item: LaneBatch): void {
  const items = index.get(key);
  if (items === undefined) index.set(key, [item]);
  else items.push(item);
}

function pull<K>(index: Map<K, LaneBatch[]>, key: K, item: LaneBatch): void {
  const items = index.get(key)?.filter((other) => other !== item) ?? [];
  if (items.length === 0) index.delete(key);
  else index.set(key, items);
}
