/**
 * A rate with a burst. Time comes from outside and may jump: backwards it adds nothing, forwards
 * never more than the burst.
 */
export class TokenBucket {
  #tokens: number;
  #lastMs: number;

  constructor(
    readonly perSecond: number,
    readonly burst: number,
    nowMs: number,
  ) {
    this.#tokens = burst;
    this.#lastMs = nowMs;
  }

  /** Whether `amount` was still there. */
  take(amount: number, nowMs: number): boolean {
    if (nowMs !== this.#lastMs) {
      const elapsedMs = Math.max(0, nowMs - this.#lastMs);
      this.#lastMs = nowMs;
      this.#tokens = Math.min(this.burst, this.#tokens + (elapsedMs * this.perSecond) / 1_000);
    }
    if (amount > this.#tokens) return false;
    this.#tokens -= amount;
    return true;
  }
}
