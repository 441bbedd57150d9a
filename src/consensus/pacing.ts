/** Timers of a view (consensus.md 1.8, corrected): all are functions of entry time and back-off. */

import { blockIsDue, findBase } from "./base.js";
import type { ConsensusState } from "./state.js";

const DELTA_MS_MAX = 10_000;
const ALPHA = 1.5;
const CAP_FACTOR = 16;

/** The network bound that this view's timers use: grows with views that brought no finalization. */
export function deltaMs(state: ConsensusState): number {
  const base = state.options.parameters.deltaMs;
  const exponent = Math.min(Math.max(0, state.backoff - 1), 32);
  return Math.min(base * ALPHA ** exponent, base * CAP_FACTOR, DELTA_MS_MAX);
}

export interface ViewDeadlines {
  readonly leaderMs: number;
  readonly advanceMs: number;
}

/**
 * `t_leader` and `t_advance` as local times. While a block is due they count from the moment at
 * which it became due (or its proposal came); while none is, from entry with the idle time.
 */
export function viewDeadlines(state: ConsensusState, nowMs: number): ViewDeadlines {
  const { blockIntervalMs, maxIdleMs, deltaMs: baseMs } = state.options.parameters;
  const delta = deltaMs(state);
  const base = findBase(state, state.view);
  const node = base.kind === "base" ? state.tree.get(base.key) : undefined;
  const due = blockIsDue(state, node, "timer", nowMs);
  state.wake(due.laterMs, nowMs);
  const proposedMs = state.views.get(state.view)?.proposedMs;
  if (!due.isDue && proposedMs === undefined) state.dueSinceMs = undefined;
  else state.dueSinceMs ??= Math.max(state.enteredMs, proposedMs ?? nowMs);
  const idleMs = state.enteredMs + maxIdleMs + 2 * delta;
  const leaderMs =
    state.dueSinceMs === undefined
      ? idleMs
      : Math.min(idleMs, state.dueSinceMs + blockIntervalMs + 2 * delta);
  return { leaderMs, advanceMs: leaderMs + delta + baseMs / 4 };
}
