import type { Clock } from "../ports/clock.js";

/**
 * The machine's clock made to never go back, as the chain reducer demands. A forward jump is taken
 * over at once. After a jump backwards (a wrong clock that was set right) time goes on at half speed
 * until the clock has caught up: standing still would stop every timer for as long as the jump.
 */
export class SteadyTime {
  readonly #clock: Clock;
  #lastClockMs: number;
  #lastMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastClockMs = clock.nowMs();
    this.#lastMs = this.#lastClockMs;
  }

  nowMs(): number {
    const clockMs = this.#clock.nowMs();
    const elapsedMs = Math.max(0, clockMs - this.#lastClockMs);
    this.#lastClockMs = clockMs;
    this.#lastMs = clockMs >= this.#lastMs ? clockMs : this.#lastMs + elapsedMs / 2;
    return this.#lastMs;
  }
}
