import { mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { encode } from "../codec/schema.js";
import { batchHash } from "../crypto/digests.js";
import { batchBody } from "../types/batch.js";
import type { LaneHead } from "../types/laneHeads.js";
import type { Hash } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import type { Lane } from "./lane.js";
import type { LaneBatch, LaneOptions } from "./types.js";

interface Queued {
  readonly transaction: PreparedTransaction;
  readonly atMs: number;
}

interface Sealed {
  readonly prevKey: string;
  readonly transactions: readonly PreparedTransaction[];
}

/** Sealed batches carry at most a quarter of a block's cost, so that lanes can share a block. */
const BLOCK_COST_SHARE = 4;

/** Takes client transactions and seals them into the own lane (LAN-1 to LAN-3). */
export class OwnLane {
  #queue: Queued[] = [];
  #queueStart = 0;
  #queueSizeBytes = 0;
  /** Head of what was sealed: batches are chained before the one below is signed. */
  #sealed: LaneHead;
  /** Sealed and not yet signed, by batch hash, oldest first. */
  readonly sealing = new Map<string, Sealed>();
  readonly #costMax: number;

  constructor(
    readonly options: LaneOptions,
    readonly lane: Lane,
  ) {
    this.#sealed = lane.tip;
    this.#costMax = Math.max(1, Number(options.parameters.maxBlockCost) / BLOCK_COST_SHARE);
  }

  /**
   * Goes on from the lane's tip where that is not what was sealed last: after a recovery, and when
   * a branch became final that this validator had lost with its log (LAN-12). Transactions of own
   * batches that can never be final are sealed once more, before all others. They were let in
   * before, so they may exceed the queue's maximum, by what is in flight at most.
   */
  follow(lost: readonly LaneBatch[], included: readonly LaneBatch[], nowMs: number): void {
    const again: PreparedTransaction[] = lost.flatMap(({ transactions }) => transactions);
    const oldest = this.sealing.values().next().value;
    if ((oldest?.prevKey ?? this.#sealed.key) !== this.lane.tip.key) {
      for (const { transactions } of this.sealing.values()) again.push(...transactions);
      this.sealing.clear();
      this.#sealed = this.lane.tip;
    }
    if (again.length === 0) return;
    // Of those that are final, that wait already because the client sent them again after a restart,
    // or that stood on two branches, none: twice in one batch, it would be refused by everybody.
    const known = new Set<string>();
    for (const { transactions } of included)
      for (const { txId } of transactions) known.add(mapKey(txId));
    for (let i = this.#queueStart; i < this.#queue.length; i++) {
      known.add(mapKey((this.#queue[i] as Queued).transaction.txId));
    }
    const waiting: Queued[] = [];
    for (const { transaction, txId, cost } of again) {
      const key = mapKey(txId);
      if (known.has(key)) continue;
      known.add(key);
      waiting.push({ transaction: { transaction, txId, cost }, atMs: nowMs });
    }
    for (const { transaction } of waiting) {
      this.#queueSizeBytes += transaction.transaction.bytes.length;
    }
    this.#queue = [...waiting, ...this.#queue.slice(this.#queueStart)];
    this.#queueStart = 0;
  }

  get unsealedCount(): number {
    return this.#queue.length - this.#queueStart;
  }

  get inFlight(): number {
    return this.#sealed.seq - this.lane.final.seq;
  }

  /** How many were taken; the rest found the queue full (the shell should have refused them). */
  submit(transactions: readonly PreparedTransaction[], nowMs: number): number {
    let taken = 0;
    for (const transaction of transactions) {
      if (this.unsealedCount >= LIMITS.pendingTransactionsMax) break;
      if (this.#queueSizeBytes >= LIMITS.pendingTransactionsSizeBytesMax) break;
      this.#queue.push({ transaction, atMs: nowMs });
      this.#queueSizeBytes += transaction.transaction.bytes.length;
      taken++;
    }
    return taken;
  }

  /** Seals whatever is due; answers when the next batch is, if one waits for its time only. */
  progress(nowMs: number): number {
    for (;;) {
      const oldest = this.#queue[this.#queueStart];
      if (oldest === undefined || this.inFlight >= LIMITS.batchesInFlightMax) {
        return Number.POSITIVE_INFINITY;
      }
      const { count, isFull } = this.#nextBatch();
      const dueMs = oldest.atMs + this.#sealDelayMs();
      if (!isFull && nowMs < dueMs) return dueMs;
      this.#seal(this.#take(count), nowMs);
    }
  }

  /**
   * Grows with the batches that are not final: each costs every validator a flush, a signature and
   * acks, so under load fewer and larger ones make all of them final sooner.
   */
  #sealDelayMs(): number {
    const { batchSealDelayMs, batchesUnhurried } = LIMITS;
    return batchSealDelayMs * Math.max(1, this.inFlight / batchesUnhurried);
  }

  /** How many queued transactions the next batch holds, and whether there is no room for more. */
  #nextBatch(): { readonly count: number; readonly isFull: boolean } {
    let sizeBytes = 0;
    let cost = 0;
    let count = 0;
    for (let i = this.#queueStart; i < this.#queue.length; i++) {
      const { transaction } = this.#queue[i] as Queued;
      const next = transaction.transaction.bytes.length;
      const fits =
        sizeBytes + next <= LIMITS.batchSealSizeBytes && cost + transaction.cost <= this.#costMax;
      if (count > 0 && !fits) return { count, isFull: true };
      sizeBytes += next;
      cost += transaction.cost;
      count++;
      const isFull =
        count >= LIMITS.batchTransactionsMax ||
        sizeBytes >= LIMITS.batchSealSizeBytes ||
        cost >= this.#costMax;
      if (isFull) return { count, isFull: true };
    }
    return { count, isFull: false };
  }

  #take(count: number): PreparedTransaction[] {
    const taken: PreparedTransaction[] = [];
    for (let i = 0; i < count; i++) {
      const { transaction } = this.#queue[this.#queueStart + i] as Queued;
      this.#queueSizeBytes -= transaction.transaction.bytes.length;
      taken.push(transaction);
    }
    this.#queueStart += count;
    if (this.#queueStart > 1024 && this.#queueStart * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#queueStart);
      this.#queueStart = 0;
    }
    return taken;
  }

  #seal(transactions: readonly PreparedTransaction[], nowMs: number): void {
    const { options } = this;
    // A lane that was fetched back from others goes on above what they hold.
    if (this.lane.tip.seq > this.#sealed.seq) this.#sealed = this.lane.tip;
    const bodyBytes = encode(batchBody, {
      genesisHash: options.genesisHash,
      validatorId: options.validatorIds[options.self] as Hash,
      epoch: 0,
      seq: this.#sealed.seq + 1,
      prevHash: this.#sealed.headHash,
      createdMs: Math.floor(nowMs),
      transactions: transactions.map(({ transaction }) => transaction.bytes),
    });
    const headHash = batchHash(options.hasher, bodyBytes);
    const key = mapKey(headHash);
    this.sealing.set(key, { prevKey: this.#sealed.key, transactions });
    this.#sealed = { seq: this.#sealed.seq + 1, headHash, key };
    options.emit({ kind: "signBatch", bodyBytes, transactions });
  }
}
