import type { NodeStatus } from "../ports/nodeApi.js";
import type { ChainStatus } from "../validator/interface.js";

type Warning = NodeStatus["warnings"][number];

/** Clocks that differ by more than this are named; blocks may lie `timeSkewMs` ahead. */
const OFFSET_MS_MAX = 1_000;
/** An offset that was measured longer ago says nothing. */
const STALE_AFTER_MS = 150_000;

/**
 * Names validators whose clocks are off, by the clock that most agree on: the median of all
 * offsets, this validator's own (zero) among them.
 */
export function clockWarnings(
  chain: ChainStatus,
  nowMs: number,
  self: number,
  nameOf: (validator: number) => string,
): Warning[] {
  const known = chain.peers.filter(
    ({ clockOffsetMs, lastHeardMs }) =>
      clockOffsetMs !== undefined &&
      lastHeardMs !== undefined &&
      nowMs - lastHeardMs < STALE_AFTER_MS,
  );
  if (known.length < 2) return [];
  const clocks = [
    { validator: self, offsetMs: 0 },
    ...known.map(({ validator, clockOffsetMs }) => ({ validator, offsetMs: clockOffsetMs ?? 0 })),
  ];
  const sorted = clocks.map(({ offsetMs }) => offsetMs).sort((a, b) => a - b);
  // The lower middle of an even number: with one wrong clock among four it is a right one.
  const median =
    ((sorted[Math.floor((sorted.length - 1) / 2)] as number) +
      (sorted[Math.floor(sorted.length / 2)] as number)) /
    2;
  return clocks
    .filter(({ offsetMs }) => Math.abs(offsetMs - median) > OFFSET_MS_MAX)
    .map(({ validator, offsetMs }) => {
      const seconds = ((offsetMs - median) / 1_000).toFixed(1);
      const direction = offsetMs > median ? "ahead of" : "behind";
      return {
        code: "CLOCK_OFF",
        message:
          `the clock of ${nameOf(validator)} is ${seconds.replace("-", "")} s ${direction} the ` +
          "others: set it by a time service",
      };
    });
}
