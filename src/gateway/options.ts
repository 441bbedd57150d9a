import type { BatchVerifier, Hasher } from "../crypto/interfaces.js";
import type { Clock } from "../ports/clock.js";
import type { Entropy } from "../ports/entropy.js";
import type { Logger } from "../ports/logger.js";
import type { Metrics } from "../ports/metrics.js";
import type { NodeApi } from "../ports/nodeApi.js";

export interface GatewayOptions {
  readonly node: NodeApi;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly hasher: Hasher;
  readonly verifier: BatchVerifier;
  /** `auto` takes uWebSockets.js where its pinned binary loads, else ws. */
  readonly listener: "uws" | "ws" | "auto";
  /** Address to listen on; 127.0.0.1 if absent. */
  readonly host?: string;
  /** 0 for any free port. */
  readonly port: number;
  /** `open` lets anyone read everything: for development networks. */
  readonly mode: "open" | "scoped";
  /** Further names by which clients may address this node, with or without a port. */
  readonly hosts?: readonly string[];
  /** Further origins whose pages may connect, as `https://name:port`. */
  readonly origins?: readonly string[];
  /** Directory of static pages; none are served without it. */
  readonly pagesDirectory?: string;
  /** Test seam: see `LIMITS` for what they are otherwise. */
  readonly limits?: Partial<GatewayLimits>;
}

/** Limits that tests make small. Values and reasons: base/limits.ts. */
export interface GatewayLimits {
  readonly socketsMax: number;
  readonly outstandingPerSocketMax: number;
  /** Transactions whose end is awaited, over all sockets. */
  readonly followedMax: number;
  readonly subscriptionsPerSocketMax: number;
  readonly loginTokensMax: number;
  readonly loginTokensPerAccountMax: number;
  readonly loginTokenMs: number;
  readonly beatMs: number;
  readonly socketLowWaterSizeBytes: number;
  readonly httpBodiesSizeBytesMax: number;
  /** Messages of sockets that are still coming, where the listener can tell. */
  readonly messagesSizeBytesMax: number;
  /** Texts of requests that wait for their answers, over all sockets. */
  readonly requestsSizeBytesMax: number;
}
