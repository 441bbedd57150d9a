import { LIMITS } from "../base/limits.js";

/**
 * Decides how many transactions may wait to become final, from the rate at which they do: about
 * `targetMs` worth of work. A queue that is longer only adds delay; a shorter one idles the chain.
 * Everything above is refused before its bytes are looked at, with a time after which to retry.
 */
export class Admission {
  #rateByMs = 0;
  #lastFinalMs: number | undefined;

  constructor(
    readonly targetMs: number,
    readonly countMin: number,
    readonly countMax: number = LIMITS.pendingTransactionsMax,
  ) {}

  /** A block of `count` own transactions became final at `nowMs`. */
  onFinal(count: number, nowMs: number): void {
    const elapsedMs = Math.max(1, nowMs - (this.#lastFinalMs ?? nowMs - 1_000));
    this.#lastFinalMs = nowMs;
    const weight = 1 - Math.exp(-elapsedMs / 2_000);
    this.#rateByMs += (count / elapsedMs - this.#rateByMs) * weight;
  }

  get countLimit(): number {
    const wanted = Math.ceil(this.#rateByMs * this.targetMs);
    return Math.min(this.countMax, Math.max(this.countMin, wanted));
  }

  /** When a refused client should come back: about the time in which an eighth drains. */
  get retryAfterMs(): number {
    if (this.#rateByMs === 0) return 250;
    const drainMs = this.countLimit / 8 / this.#rateByMs;
    return Math.round(Math.min(2_000, Math.max(50, drainMs)));
  }
}
