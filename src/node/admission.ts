import { LIMITS } from "../base/limits.js";

/** An idle validator takes a whole `tx.submitMany`. */
const IDLE_COUNT = 1_024;
/** Least queue, so that a validator with hardly any share of a slow chain still takes something. */
const COUNT_MIN = 64;
/** The most that one late block shrinks the queue, and that one on time widens it. */
const SHRINK = 0.5;
const WIDEN = 1 / 16;
/** The most by which it widens until what it then takes has ended, which is the first to tell. */
const WIDEN_A_ROUND = 1 / 4;
/** Within this part of the target nothing changes. */
const CALM = 0.9;
/**
 * What a transaction takes on an idle chain is about twice what agreement on its block does: its
 * batch is acked, the block before is awaited, its own is agreed upon. A quarter more may queue.
 */
const AGREEMENTS = 2.5;
/** Own blocks of which the fastest tells what agreement takes: the others had to queue as well. */
const OWN_BLOCKS = 512;

/**
 * Decides how many transactions may wait to become final: as many as end within about the target,
 * which is `leastTargetMs`, or more where the network alone takes longer. A longer queue only adds
 * delay, a shorter one idles the chain. What the queue should be is told by the delay of the
 * transactions that end, as in congestion control by delay (TCP Vegas): their number alone says
 * what was offered, not what the chain can do. All above the limit is refused before its bytes are
 * looked at, with a time after which to retry.
 */
export class Admission {
  #limit = IDLE_COUNT;
  #rateByMs = 0;
  #lastFinalMs: number | undefined;
  #nextShrinkMs = 0;
  #agreementsMs: number[] = [];

  constructor(
    readonly leastTargetMs: number,
    readonly countMax: number = LIMITS.pendingTransactionsMax,
  ) {}

  /** A block that this validator proposed became final here after `agreementMs`. */
  onOwnBlock(agreementMs: number): void {
    if (this.#agreementsMs.length >= OWN_BLOCKS) this.#agreementsMs.shift();
    this.#agreementsMs.push(agreementMs);
  }

  get targetMs(): number {
    // Without an own block the minimum is infinite, and tells nothing.
    const fastestMs = Math.min(...this.#agreementsMs);
    return Number.isFinite(fastestMs)
      ? Math.max(this.leastTargetMs, AGREEMENTS * fastestMs)
      : this.leastTargetMs;
  }

  /**
   * A block of `count` own transactions became final at `nowMs`; they had waited `delayMs` on
   * average, and `waiting` others still do.
   */
  onFinal(count: number, delayMs: number, waiting: number, nowMs: number): void {
    const elapsedMs = Math.max(1, nowMs - (this.#lastFinalMs ?? nowMs - 1_000));
    this.#lastFinalMs = nowMs;
    const weight = 1 - Math.exp(-elapsedMs / 2_000);
    this.#rateByMs += (count / elapsedMs - this.#rateByMs) * weight;
    const held = waiting + count;
    const { targetMs } = this;
    if (delayMs > targetMs) {
      // One step a round: what was taken before the last step says nothing about its effect.
      if (nowMs < this.#nextShrinkMs) return;
      this.#nextShrinkMs = nowMs + delayMs;
      const part = Math.max(SHRINK, targetMs / delayMs);
      this.#limit = Math.max(COUNT_MIN, Math.ceil(Math.min(this.#limit, held) * part));
    } else if (delayMs < CALM * targetMs) {
      // A queue that is not used says nothing of a wider one, except that it may be the idle one.
      if (held * 2 < this.#limit && this.#limit >= IDLE_COUNT) return;
      const part = Math.min(WIDEN, (WIDEN_A_ROUND * elapsedMs) / Math.max(1, delayMs));
      this.#limit = Math.min(this.countMax, Math.ceil(this.#limit * (1 + part)));
    }
  }

  get countLimit(): number {
    return this.#limit;
  }

  /** When a refused client should come back: about the time in which an eighth drains. */
  get retryAfterMs(): number {
    if (this.#rateByMs === 0) return 250;
    const drainMs = this.#limit / 8 / this.#rateByMs;
    return Math.round(Math.min(2_000, Math.max(50, drainMs)));
  }
}
