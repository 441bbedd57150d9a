import type { Clock } from "../../../src/ports/clock.js";
import type { Incarnation } from "./liveness.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";

/** How one machine's clock is wrong: local = base + offsetMs + elapsed * rate. */
export interface ClockError {
  offsetMs: number;
  /** 1 is right; 1.001 gains one millisecond a second. */
  readonly rate: number;
}

/** How long `soon` may take: it stands for the other work of a busy event loop. */
export interface SoonDelay {
  readonly slowChance: number;
  readonly slowMsMax: number;
}

/** Unix time at which every world begins. */
export const WORLD_START_MS = 1_750_000_000_000;

export function createVirtualClock(
  scheduler: Scheduler,
  life: Incarnation,
  error: ClockError,
  random: Random,
  soon: SoonDelay,
): Clock {
  const guarded = (callback: () => void) => () => {
    if (life.isAlive) callback();
  };
  return {
    nowMs: () => Math.floor(WORLD_START_MS + error.offsetMs + scheduler.nowMs * error.rate),
    after: (delayMs, callback) => scheduler.after(delayMs / error.rate, guarded(callback)),
    soon: (callback) => {
      const delayMs = random.chance(soon.slowChance) ? random.unit() * soon.slowMsMax : 0.01;
      scheduler.after(delayMs, guarded(callback));
    },
  };
}
