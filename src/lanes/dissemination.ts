import { LIMITS } from "../base/limits.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import { includableSeq } from "./cuts.js";
import type { Lane } from "./lane.js";
import type { LaneOptions } from "./types.js";

const RESEND_BATCHES_MAX = 16;
const ANSWER_SIZE_BYTES_MAX = 4 * 1024 * 1024;

/** Durable batches of a lane with these numbers, of all branches, as far as an answer may reach. */
export function batchesFor(lane: Lane, fromSeq: number, toSeq: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let left = ANSWER_SIZE_BYTES_MAX;
  const last = Math.min(toSeq, fromSeq + LIMITS.batchesInFlightMax - 1);
  for (let seq = fromSeq; seq <= last; seq++) {
    for (const { batch, sizeBytes, isStored } of lane.atSeq(seq)) {
      left -= sizeBytes;
      if (left < 0 && found.length > 0) return found;
      if (isStored) found.push(batch.bytes);
    }
  }
  return found;
}

/** Brings own batches to everybody: once at first, again where acks stand still (LAN-3, LAN-4). */
export class Dissemination {
  readonly #connected = new Set<ValidatorIndex>();
  readonly #ackedAtMs: number[];
  #sentSeq = 0;
  #admittedSeq = 0;

  constructor(
    readonly options: LaneOptions,
    readonly lane: Lane,
  ) {
    this.#ackedAtMs = new Array<number>(options.validatorIds.length).fill(0);
  }

  /** After a recovery or on another branch: what is final was sent and admitted, the rest is not. */
  resume(): void {
    this.#sentSeq = this.lane.final.seq;
    this.#admittedSeq = this.lane.final.seq;
  }

  connected(peer: ValidatorIndex, nowMs: number): void {
    this.#connected.add(peer);
    this.#ackedAtMs[peer] = nowMs;
  }

  disconnected(peer: ValidatorIndex): void {
    this.#connected.delete(peer);
  }

  acked(peer: ValidatorIndex, nowMs: number): void {
    this.#ackedAtMs[peer] = nowMs;
  }

  /** CON-W9: own batches leave in order, and only when they are durable. */
  send(): void {
    const { lane } = this;
    while (this.#sentSeq < lane.durable.seq) {
      this.#sentSeq++;
      const own = lane.branch.get(this.#sentSeq);
      if (own === undefined) continue;
      const message = { kind: "batch", value: own.batch.bytes } as const;
      this.options.emit({ kind: "send", to: "all", message });
    }
  }

  /** Says which own transactions f + 1 validators hold now. */
  admit(): void {
    const { lane } = this;
    const last = Math.max(includableSeq(lane), lane.final.seq);
    if (last <= this.#admittedSeq) return;
    const txIds: Hash[] = [];
    for (let seq = this.#admittedSeq + 1; seq <= last; seq++) {
      for (const { txId } of lane.branch.get(seq)?.transactions ?? []) txIds.push(txId);
    }
    this.#admittedSeq = last;
    if (txIds.length > 0) this.options.emit({ kind: "admitted", txIds });
  }

  /** Own batches again to peers whose ack has not moved for t_r. Answers when to come again. */
  resend(nowMs: number): number {
    const { lane } = this;
    const { retryIntervalMs } = this.options.parameters;
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const peer of this.#connected) {
      const acked = Math.max(lane.acks[peer]?.matchedSeq ?? 0, lane.final.seq);
      if (acked >= lane.durable.seq) {
        this.#ackedAtMs[peer] = nowMs;
        continue;
      }
      const dueMs = (this.#ackedAtMs[peer] ?? 0) + retryIntervalMs;
      if (nowMs < dueMs) {
        wakeMs = Math.min(wakeMs, dueMs);
        continue;
      }
      this.#ackedAtMs[peer] = nowMs;
      wakeMs = Math.min(wakeMs, nowMs + retryIntervalMs);
      const last = Math.min(lane.durable.seq, acked + RESEND_BATCHES_MAX);
      for (const value of batchesFor(lane, acked + 1, last)) {
        this.options.emit({ kind: "send", to: peer, message: { kind: "batch", value } });
      }
    }
    return wakeMs;
  }
}
