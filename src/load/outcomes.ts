/** How each payment ended as its sender saw it. Arrays run over all payments of the schedule. */

/** Codes below this one are states; from here on they name an entry of `errorNames`. */
export const ENDING = {
  /** No answer, or one that leaves it open: the node is asked afterwards. */
  open: 0,
  applied: 1,
  expired: 2,
  firstError: 3,
} as const;

export interface Outcomes {
  /** Microseconds after the start; 0 where it did not happen. */
  readonly sentUs: Float64Array;
  readonly endedUs: Float64Array;
  /** Only of the sample that asked for it. */
  readonly admittedUs: Float64Array;
  readonly ending: Uint8Array;
  /** Name of ending `firstError + i`. */
  readonly errorNames: readonly string[];
  /** Refusals of kind OVERLOADED, and those among them that did not say when to come back. */
  readonly overloaded: number;
  readonly overloadedWithoutRetry: number;
  /** Sum of `retryAfterMs` over those that said it. */
  readonly retryAfterMsSum: number;
  /** Sockets that the nodes closed during the run. */
  readonly lostSockets: number;
}

export interface OutcomeArrays {
  readonly sentUs: Float64Array;
  readonly endedUs: Float64Array;
  readonly admittedUs: Float64Array;
  readonly ending: Uint8Array;
}

/** In shared memory, so that the generator's thread hands them over without copying. */
export function outcomeArrays(count: number): OutcomeArrays {
  const times = () => new Float64Array(new SharedArrayBuffer(count * 8));
  return {
    sentUs: times(),
    endedUs: times(),
    admittedUs: times(),
    ending: new Uint8Array(new SharedArrayBuffer(count)),
  };
}

export function endingName(ending: number, errorNames: readonly string[]): string {
  if (ending === ENDING.open) return "OPEN";
  if (ending === ENDING.applied) return "APPLIED";
  if (ending === ENDING.expired) return "EXPIRED";
  return errorNames[ending - ENDING.firstError] ?? "UNKNOWN";
}
