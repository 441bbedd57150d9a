/** CON-R-X: when a view is given up. */

import { VOTE_KIND } from "../types/vote.js";
import { castNullify } from "./casting.js";
import { viewDeadlines } from "./pacing.js";
import type { ConsensusState } from "./state.js";

export function tryNullify(state: ConsensusState, nowMs: number): void {
  const record = state.record(state.view);
  const { leaderMs, advanceMs } = viewDeadlines(state, nowMs);
  if (!state.isVoting || record.own.nullify || record.own.finalize !== undefined) return;
  if (mustNullify(state, leaderMs, advanceMs, nowMs)) castNullify(state);
}

function mustNullify(
  state: ConsensusState,
  leaderMs: number,
  advanceMs: number,
  nowMs: number,
): boolean {
  const record = state.record(state.view);
  const leader = state.leader(state.view);
  const nullifies = record.pools[VOTE_KIND.nullify];
  if (record.proposals.length > 1) return true;
  if (record.proposals.some((key) => state.tree.get(key)?.invalidReason !== undefined)) return true;
  if (nullifies.of(leader) !== undefined && leader !== state.options.self) return true;
  if (nullifies.size > state.faultBound) return true;
  if (nowMs >= advanceMs) return true;
  state.wake(advanceMs, nowMs);
  // A proposal that is still being checked counts as received: t_advance covers it.
  if (record.proposals.length > 0) return false;
  if (nowMs >= leaderMs) return true;
  state.wake(leaderMs, nowMs);
  return leader !== state.options.self && leaderIsInactive(state, leader, nowMs);
}

/** Silent for `inactiveAfterMs` while q validators, this one included, were not. */
function leaderIsInactive(state: ConsensusState, leader: number, nowMs: number): boolean {
  const after = state.options.parameters.inactiveAfterMs;
  const heard = (peer: number): number =>
    Math.max(state.lastHeardMs[peer] ?? 0, state.startedMs) + after;
  if (nowMs < heard(leader)) {
    state.wake(heard(leader), nowMs);
    return false;
  }
  let active = 0;
  for (let peer = 0; peer < state.validatorCount; peer++) {
    if (peer === state.options.self || nowMs < heard(peer)) active++;
  }
  return active >= state.quorum;
}
