import { LIMITS } from "../base/limits.js";
import type { TrafficClass } from "../ports/transport.js";

export interface RateLimits {
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
}

export interface HandshakeRate {
  readonly perSecond: number;
  /** At once, after a while without any. */
  readonly burst: number;
}

/** Times and rates of the mesh. Defaults suit metro and wide-area networks; tests shorten them. */
export interface MeshTuning {
  /** From TCP connect to TLS, and again from TLS to the end of the hello exchange. */
  readonly handshakeMs: number;
  /** Pings of a socket, and silence after which it counts as dead. */
  readonly pingMs: Readonly<Record<TrafficClass, number>>;
  readonly deadAfterMs: Readonly<Record<TrafficClass, number>>;
  readonly backOffMsMin: number;
  readonly backOffMsMax: number;
  /** The higher index waits this long before it dials, so that most pairs dial once. */
  readonly headStartMs: number;
  /** How long a peer that broke the protocol or flooded is left alone. */
  readonly cutOffMs: number;
  readonly rates: Readonly<Record<TrafficClass, RateLimits>>;
  /** Handshakes of callers: of all strangers, and of all addresses of validators. */
  readonly handshakes: HandshakeRate;
}

export const DEFAULT_TUNING: MeshTuning = {
  handshakeMs: 5_000,
  // The bulk socket may be busy with one direction for a while, and idle ones are dropped by NAT.
  pingMs: { control: 1_000, bulk: 10_000 },
  deadAfterMs: { control: 5_000, bulk: 30_000 },
  backOffMsMin: 250,
  backOffMsMax: 30_000,
  headStartMs: 200,
  cutOffMs: 60_000,
  rates: {
    control: {
      framesPerSecond: LIMITS.controlFramesPerSecondMax,
      bytesPerSecond: LIMITS.controlBytesPerSecondMax,
    },
    bulk: {
      framesPerSecond: LIMITS.bulkFramesPerSecondMax,
      bytesPerSecond: LIMITS.bulkBytesPerSecondMax,
    },
  },
  handshakes: { perSecond: LIMITS.handshakesPerSecondMax, burst: LIMITS.handshakesBurstMax },
};

/** Seconds of rate that may come at once: an honest peer empties its queue after a stall. */
export const BURST_SECONDS = 5;

/** Delay before dial number `failures + 1`: doubling, with 50-100 % jitter by `random` (0-255). */
export function backOffMs(tuning: MeshTuning, failures: number, random: number): number {
  const full = Math.min(tuning.backOffMsMax, tuning.backOffMsMin * 2 ** Math.min(failures, 20));
  return Math.ceil(full * (0.5 + (0.5 * random) / 255));
}
