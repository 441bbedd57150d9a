import { assert } from "../base/assert.js";
import { mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { batchHash } from "../crypto/digests.js";
import type { OrderedTransaction } from "../execution/interface.js";
import { type Batch, readBatch } from "../types/batch.js";
import type { Cut } from "../types/block.js";
import type { CutVerdict, LaneHead, LaneHeads } from "../types/laneHeads.js";
import type { LaneTip } from "../types/message.js";
import { faultBound, type Hash, quorumSize, type ValidatorIndex } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import { advanceHeads, buildCut, includableSeq, inspectCut, orderTransactions } from "./cuts.js";
import { batchesFor, Dissemination } from "./dissemination.js";
import { FinalBatches } from "./finalBatches.js";
import { Lane, NO_HEAD } from "./lane.js";
import { authorOf, makeLaneBatch } from "./laneBatch.js";
import { OwnLane } from "./ownLane.js";
import type { LaneOptions } from "./types.js";

/** Acks that change within this time travel in one message (consensus.md 2.3). */
const ACK_DELAY_MS = 5;
/** A batch with several transactions has at most this much beside their bytes. */
const BATCH_OVERHEAD_BYTES_MAX = 8 * 1024;

/** All lanes: the own one that is written, the others that are acked. README.md has the rules. */
export class Lanes {
  readonly #lanes: readonly Lane[];
  readonly #own: OwnLane;
  readonly #faultBound: number;
  readonly #quorum: number;
  readonly #dissemination: Dissemination;
  readonly #finals = new FinalBatches();
  /** Lanes whose durable tip moved since the last ack message. */
  readonly #unacked = new Set<Lane>();
  #ackSentMs = Number.NEGATIVE_INFINITY;

  constructor(readonly options: LaneOptions) {
    const n = options.validatorIds.length;
    this.#lanes = options.validatorIds.map((_, author) => new Lane(author, n));
    this.#own = new OwnLane(options, this.#ownLane);
    this.#faultBound = faultBound(n);
    this.#quorum = quorumSize(n);
    this.#dissemination = new Dissemination(options, this.#ownLane);
  }

  get #ownLane(): Lane {
    return this.#lanes[this.options.self] as Lane;
  }

  get ownBatchesInFlight(): number {
    return this.#own.inFlight;
  }

  get unsealedTransactions(): number {
    return this.#own.unsealedCount;
  }

  /** Batches of a lane that blocks name and that are not here. */
  pinnedCount(author: ValidatorIndex): number {
    return this.#lanes[author]?.wanted.size ?? 0;
  }

  emptyHeads(): LaneHeads {
    return this.#lanes.map(() => NO_HEAD);
  }

  /** Lanes at a start: what final blocks include, and the batches above it. */
  recover(
    included: readonly LaneTip[],
    batches: readonly {
      readonly batch: Batch;
      readonly transactions: readonly PreparedTransaction[];
    }[],
  ): LaneHeads {
    for (const { author, seq, headHash } of included) {
      const lane = this.#lanes[author];
      assert(lane !== undefined, "an included tip names a validator");
      lane.final = { seq, headHash, key: mapKey(headHash) };
      lane.tip = lane.final;
      lane.durable = lane.final;
    }
    const heads = this.#lanes.map((lane) => lane.final);
    for (const { batch, transactions } of batches) {
      const author = authorOf(this.options, batch);
      if (author === undefined) continue;
      const lane = this.#lanes[author] as Lane;
      const checked = makeLaneBatch(this.options, author, batch, transactions);
      if (checked.seq <= lane.final.seq) continue;
      checked.isStored = true;
      lane.add(checked);
    }
    for (const lane of this.#lanes) {
      const lost = lane.recovered();
      if (lane === this.#ownLane) this.#own.follow(lost, [], 0);
      this.#recount(lane);
    }
    this.#dissemination.resume();
    return heads;
  }

  // --- The own lane -----------------------------------------------------------------------------

  submit(transactions: readonly PreparedTransaction[], nowMs: number): void {
    const taken = this.#own.submit(transactions, nowMs);
    if (taken === transactions.length) return;
    const detail = `${transactions.length - taken} transactions came although the queue was full`;
    this.options.emit({ kind: "notice", code: "LANE_QUEUE_FULL", detail });
  }

  batchSigned(batch: Batch): void {
    const checkedKey = mapKey(batchHash(this.options.hasher, batch.bodyBytes));
    const sealed = this.#own.sealing.get(checkedKey);
    if (sealed === undefined) return;
    this.#own.sealing.delete(checkedKey);
    const checked = makeLaneBatch(this.options, this.options.self, batch, sealed.transactions);
    this.#ownLane.add(checked);
    this.options.emit({ kind: "storeBatch", batch, batchHash: checked.hash });
  }

  // --- Lanes of the others ----------------------------------------------------------------------

  /** A batch message, from its author or from a peer that was asked for it. */
  receiveBatch(from: ValidatorIndex, encoded: Uint8Array): void {
    const read = readBatch(encoded);
    if (!read.ok) {
      this.#report(from, "BAD_BATCH", read.message);
      return;
    }
    const batch = read.value;
    const author = authorOf(this.options, batch);
    const isOversized =
      batch.transactions.length > 1 &&
      batch.bytes.length > LIMITS.batchSealSizeBytes + BATCH_OVERHEAD_BYTES_MAX;
    if (author === undefined || batch.seq < 1 || isOversized) {
      this.#report(from, "BAD_BATCH", "of another chain, epoch or author, or too large");
      return;
    }
    const lane = this.#lanes[author] as Lane;
    const hash = batchHash(this.options.hasher, batch.bodyBytes);
    const key = mapKey(hash);
    if (author === this.options.self && !lane.wanted.has(key)) return;
    if (from === author) this.#watchFork(lane, batch.seq, key);
    if (!lane.accepts(batch.seq, key, encoded.length, from)) return;
    const prevKey = mapKey(batch.prevHash);
    const isPinned = lane.wanted.has(key);
    lane.addRaw({ batch, hash, key, prevKey, from, isPinned, isChecking: false });
    this.#check(lane);
  }

  /**
   * A batch that belongs to a certified block: its hash is certain, whatever the local branch says
   * and however far the lane is ahead of what is final here.
   */
  receivePinned(from: ValidatorIndex, author: ValidatorIndex, encoded: Uint8Array, hash: Hash) {
    const lane = this.#lanes[author];
    const key = mapKey(hash);
    if (lane === undefined || lane.byKey.has(key)) return;
    lane.want(key);
    this.receiveBatch(from, encoded);
    this.#check(lane);
  }

  /** The author itself sent another batch with a number that it used: no relay can be to blame. */
  #watchFork(lane: Lane, seq: number, key: string): void {
    const known = lane.atSeq(seq)[0];
    if (known === undefined || known.key === key) return;
    // What is final is settled: an author that lost its log finds its place again (LAN-12).
    if (seq > lane.final.seq) lane.isForked = true;
    if (lane.isForkReported) return;
    lane.isForkReported = true;
    const detail = `two batches with number ${seq} in the lane of validator ${lane.author}`;
    this.options.emit({ kind: "notice", code: "LANE_FORK", detail });
    this.#report(lane.author, "LANE_FORK", detail, false);
  }

  #check(lane: Lane): void {
    for (const { from, batch } of lane.checkable()) {
      this.options.emit({ kind: "checkBatch", from, author: lane.author, batch });
    }
  }

  batchChecked(
    hash: Hash,
    verdict:
      | { readonly ok: true; readonly transactions: readonly PreparedTransaction[] }
      | { readonly ok: false; readonly reason: string },
  ): void {
    const key = mapKey(hash);
    for (const lane of this.#lanes) {
      const raw = lane.removeRaw(key);
      if (raw === undefined) continue;
      if (!verdict.ok) {
        // An honest peer passes on only what it checked itself, so the sender is at fault.
        this.#report(raw.from, "BAD_BATCH", verdict.reason);
        return;
      }
      // Final in the meantime, or replaced by the branch that became final.
      if (!lane.isUseful(raw)) return;
      const wasForked = lane.isForked;
      lane.add(makeLaneBatch(this.options, lane.author, raw.batch, verdict.transactions));
      this.options.emit({ kind: "storeBatch", batch: raw.batch, batchHash: hash });
      if (lane.isForked && !wasForked) this.#noticeFork(lane, raw.batch.seq);
      this.#recount(lane);
      this.#check(lane);
      return;
    }
  }

  #noticeFork(lane: Lane, seq: number): void {
    const detail = `two signed batches with number ${seq} of validator ${lane.author}`;
    this.options.emit({ kind: "notice", code: "LANE_FORK", detail });
  }

  batchStored(hash: Hash): void {
    const key = mapKey(hash);
    for (const lane of this.#lanes) {
      const stored = lane.byKey.get(key);
      if (stored === undefined) continue;
      stored.isStored = true;
      if (!lane.settle()) return;
      this.#unacked.add(lane);
      if (lane.author === this.options.self) this.#dissemination.send();
      this.#recount(lane);
      return;
    }
  }

  /** Acks of a peer, from its status or a message of its own. */
  receiveTips(from: ValidatorIndex, tips: readonly LaneTip[], nowMs: number): void {
    for (const { author, seq, headHash } of tips) {
      const lane = this.#lanes[author];
      if (lane === undefined) {
        this.#report(from, "BAD_ACK", `there is no validator ${author}`);
        return;
      }
      if (!lane.ack(from, seq, headHash)) continue;
      if (author === this.options.self) this.#dissemination.acked(from, nowMs);
      this.#recount(lane);
    }
  }

  #recount(lane: Lane): void {
    lane.recount(this.options.self, this.#faultBound, this.#quorum);
    if (lane.author === this.options.self) this.#dissemination.admit();
  }

  /** Durable tips: what this validator acks (CON-W7). */
  ownTips(): LaneTip[] {
    const tips: LaneTip[] = [];
    for (const { author, durable } of this.#lanes) {
      if (durable.seq > 0) tips.push({ author, seq: durable.seq, headHash: durable.headHash });
    }
    return tips;
  }

  batchesFor(author: ValidatorIndex, fromSeq: number, toSeq: number): Uint8Array[] {
    const lane = this.#lanes[author];
    return lane === undefined ? [] : batchesFor(lane, fromSeq, toSeq);
  }

  connected(peer: ValidatorIndex, nowMs: number): void {
    this.#dissemination.connected(peer, nowMs);
    const value = this.ownTips();
    if (value.length > 0) {
      this.options.emit({ kind: "send", to: peer, message: { kind: "laneTips", value } });
    }
  }

  disconnected(peer: ValidatorIndex): void {
    this.#dissemination.disconnected(peer);
  }

  #report(peer: ValidatorIndex, code: string, detail: string, disconnect = true): void {
    this.options.emit({ kind: "reportPeer", peer, code, detail, disconnect });
  }

  // --- Time -------------------------------------------------------------------------------------

  /** Seals, acks, re-sends, pulls. Answers when it has to be called again at the latest. */
  progress(nowMs: number): number {
    let wakeMs = this.#own.progress(nowMs);
    if (this.#unacked.size > 0) {
      const dueMs = this.#ackSentMs + ACK_DELAY_MS;
      if (nowMs >= dueMs) this.#ack(nowMs);
      else wakeMs = Math.min(wakeMs, dueMs);
    }
    for (const lane of this.#lanes) wakeMs = Math.min(wakeMs, this.#pull(lane, nowMs));
    return Math.min(wakeMs, this.#dissemination.resend(nowMs));
  }

  /** LAN-6: what changed, to all. A status has every tip, should this be lost. */
  #ack(nowMs: number): void {
    const value = [...this.#unacked].map(({ author, durable }) => ({
      author,
      seq: durable.seq,
      headHash: durable.headHash,
    }));
    this.#unacked.clear();
    this.#ackSentMs = nowMs;
    this.options.emit({ kind: "send", to: "all", message: { kind: "laneTips", value } });
  }

  /** LAN-5: somebody acked more than is here for two Delta_0 (a quarter when f + 1 did). */
  #pull(lane: Lane, nowMs: number): number {
    if (lane.author === this.options.self || !lane.isBehind) {
      lane.behindSinceMs = undefined;
      return Number.POSITIVE_INFINITY;
    }
    lane.behindSinceMs ??= nowMs;
    const { deltaMs } = this.options.parameters;
    const dueMs = lane.behindSinceMs + (lane.remoteLeaderSeq > 0 ? deltaMs / 4 : 2 * deltaMs);
    if (nowMs < dueMs) return dueMs;
    const fromSeq = lane.tip.seq + 1;
    const toSeq = Math.max(
      fromSeq,
      Math.min(lane.claimedSeq, lane.tip.seq + LIMITS.batchesInFlightMax),
    );
    const first = [...this.holders(lane.author), lane.author];
    this.options.fetchBatches({ author: lane.author, fromSeq, toSeq }, first);
    return Number.POSITIVE_INFINITY;
  }

  // --- What agreement asks ----------------------------------------------------------------------

  advance(heads: LaneHeads, cut: Cut): LaneHeads | undefined {
    return advanceHeads(heads, cut);
  }

  inspect(heads: LaneHeads, cut: Cut): CutVerdict {
    const verdict = inspectCut(this.#lanes, this.options.parameters, heads, cut);
    if (verdict.kind === "missing") {
      for (const { author } of verdict.batches) this.#check(this.#lanes[author] as Lane);
    }
    return verdict;
  }

  transactions(heads: LaneHeads, cut: Cut, view: number): readonly OrderedTransaction[] {
    return orderTransactions(this.#lanes, heads, cut, view);
  }

  makeCut(
    heads: LaneHeads,
    view: number,
  ): { readonly cut: Cut; readonly transactionCount: number } {
    return buildCut(this.#lanes, this.options.parameters, heads, view);
  }

  isWaiting(heads: LaneHeads, forWhom: "leader" | "timer"): boolean {
    return this.#lanes.some((lane) => {
      const head = heads[lane.author] as LaneHead;
      const here = forWhom === "leader" ? lane.leaderSeq : lane.timerSeq;
      const there = forWhom === "leader" ? lane.remoteLeaderSeq : lane.remoteTimerSeq;
      return there > head.seq || (here > head.seq && lane.continues(head));
    });
  }

  isIncludable(heads: LaneHeads): boolean {
    return this.#lanes.some((lane) => {
      const head = heads[lane.author] as LaneHead;
      return includableSeq(lane) > head.seq && lane.continues(head);
    });
  }

  holders(author: ValidatorIndex): readonly ValidatorIndex[] {
    const lane = this.#lanes[author];
    const found: ValidatorIndex[] = [];
    lane?.acks.forEach((ack, peer) => {
      if (ack !== undefined && ack.seq > lane.tip.seq) found.push(peer);
    });
    return found;
  }

  committed(heads: LaneHeads, nowMs: number, live: Iterable<Cut>): void {
    for (const lane of this.#lanes) {
      const head = heads[lane.author] as LaneHead;
      if (head.seq <= lane.final.seq) continue;
      const before = lane.durable.key;
      const { included, lost, isReplaced } = lane.commit(head);
      this.#finals.add(included);
      if (lane.durable.key !== before) this.#unacked.add(lane);
      if (lane === this.#ownLane) {
        this.#own.follow(lost, included, nowMs);
        if (isReplaced) this.#dissemination.resume();
        // What was stored while two branches stood beside each other was not sent.
        this.#dissemination.send();
      }
      this.#recount(lane);
      this.#check(lane);
    }
    this.#dropUnnamed(live);
    for (const oldest of this.#finals.takeSurplus()) this.#lanes[oldest.author]?.remove(oldest);
  }

  /**
   * LAN-11: an author that leads can have a new branch of its lane fetched in each of its views, by
   * blocks that nobody votes for. What is dropped of it is named again by whoever needs it.
   */
  #dropUnnamed(live: Iterable<Cut>): void {
    const crowded = this.#lanes.filter((lane) => lane !== this.#ownLane && lane.isCrowded);
    if (crowded.length === 0) return;
    const entries = [...live].flat();
    for (const lane of crowded) {
      const unnamed = lane.dropUnnamed(entries.filter(({ author }) => author === lane.author));
      const batchHashes = unnamed.map(({ hash }) => hash);
      this.options.emit({ kind: "dropBatches", batchHashes });
    }
  }

  /** CON-W7: a final block is acked when it is durable, not when it becomes final. */
  finalStored(heads: LaneHeads): void {
    for (const lane of this.#lanes) {
      if (!lane.finalStored(heads[lane.author] as LaneHead)) continue;
      this.#unacked.add(lane);
      if (lane === this.#ownLane) this.#dissemination.send();
      this.#recount(lane);
    }
  }
}
