/** Every metric of a validator: what it means, its labels, its buckets. README.md lists the same. */

interface Described {
  readonly help: string;
  /** Label names. Values come from small fixed sets: codes, classes, validator indices. */
  readonly labels: readonly string[];
}

export type MetricDefinition =
  | (Described & { readonly kind: "counter" | "gauge" })
  | (Described & { readonly kind: "histogram"; readonly buckets: readonly number[] });

/** Round trips from one machine room (0.5 ms) to a broken line (5 s). */
const RTT_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5];

/** From one signature alone to a full call of the kernel. */
const SIGNATURES_PER_CALL = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
/** From the check of one signature to a queue of some thousand. */
const CHECK_SECONDS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5];

/**
 * Names start with `fondaco_`; counters end in `_total`, quantities in their unit, `_seconds` or
 * `_bytes` or `_signatures`. A name that is missing here is not exported, and a test fails.
 */
export const METRICS = {
  fondaco_chain_height: {
    kind: "gauge",
    help: "Height of the last final block.",
    labels: [],
  },
  fondaco_tx_final_total: {
    kind: "counter",
    help: "Transactions in final blocks, as this validator saw them become final.",
    labels: [],
  },
  fondaco_p2p_peers: {
    kind: "gauge",
    help: "Validators with a complete link to this one.",
    labels: [],
  },
  fondaco_p2p_frames_total: {
    kind: "counter",
    help: "Frames between validators, pings included.",
    labels: ["direction", "traffic"],
  },
  fondaco_p2p_bytes_total: {
    kind: "counter",
    help: "Bytes of frames between validators, before encryption.",
    labels: ["direction", "traffic"],
  },
  fondaco_p2p_rtt_seconds: {
    kind: "histogram",
    help: "Round trip of a ping on the control socket; a Delta below some times its p99 is too small.",
    labels: ["peer"],
    buckets: RTT_SECONDS,
  },
  fondaco_p2p_queue_bytes: {
    kind: "gauge",
    help: "Bytes that wait to be sent to a validator, at the last ping.",
    labels: ["peer", "traffic"],
  },
  fondaco_p2p_sends_refused_total: {
    kind: "counter",
    help: "Messages that were not taken because the peer was not connected or its queue was full.",
    labels: ["traffic"],
  },
  fondaco_p2p_links_lost_total: {
    kind: "counter",
    help: "Links that ended, by code.",
    labels: ["code"],
  },
  fondaco_p2p_refusals_total: {
    kind: "counter",
    help: "Links refused or ended for a reason to look at, by code and by who refused (us, peer).",
    labels: ["code", "by"],
  },
  fondaco_p2p_cut_offs_total: {
    kind: "counter",
    help: "Peers that the validator cut off for what they sent.",
    labels: [],
  },
  fondaco_p2p_dials_failed_total: {
    kind: "counter",
    help: "Attempts to reach a validator that failed.",
    labels: [],
  },
  fondaco_p2p_callers_dropped_total: {
    kind: "counter",
    help: "Callers that were not listened to: too many at once, or too many failures before.",
    labels: [],
  },
  fondaco_p2p_messages_total: {
    kind: "counter",
    help: "Decoded messages of other validators, by kind.",
    labels: ["kind"],
  },
  fondaco_p2p_violations_total: {
    kind: "counter",
    help: "Messages that break the protocol, by code.",
    labels: ["code"],
  },
  fondaco_gateway_requests_total: {
    kind: "counter",
    help: "Requests to the gateway, by method and outcome (ok or error name).",
    labels: ["method", "outcome"],
  },
  fondaco_signatures_call_signatures: {
    kind: "histogram",
    help: "Signatures that were checked in one call: large ones cost less each.",
    labels: [],
    buckets: SIGNATURES_PER_CALL,
  },
  fondaco_signatures_wait_seconds: {
    kind: "histogram",
    help: "How long the oldest signature of a call had waited for it.",
    labels: [],
    buckets: CHECK_SECONDS,
  },
  fondaco_signatures_call_seconds: {
    kind: "histogram",
    help: "Time in the kernel of one call.",
    labels: [],
    buckets: CHECK_SECONDS,
  },
  fondaco_signatures_checked_total: {
    kind: "counter",
    help: "Signatures checked, by tier: with tables of a busy key, or in a random combination.",
    labels: ["tier"],
  },
  fondaco_signatures_cofactored_total: {
    kind: "counter",
    help: "Checks with tables that needed the slower cofactored equation: wrong signatures, mostly.",
    labels: [],
  },
  fondaco_signatures_taken_over_total: {
    kind: "counter",
    help: "Signatures that an idle thread took over from the thread of their key.",
    labels: [],
  },
  fondaco_signature_tables_built_total: {
    kind: "counter",
    help: "Tables built for busy keys; many more than there are busy keys means that memory is short.",
    labels: [],
  },
  fondaco_verdict_lookups_total: {
    kind: "counter",
    help: "Signatures to be checked, by outcome: hit if they were found valid before, or miss.",
    labels: ["outcome"],
  },
  fondaco_telemetry_unknown_metrics_total: {
    kind: "counter",
    help: "Observations of metrics that the catalogue does not describe: a bug to report.",
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** The full name: a caller may leave out the prefix, and a counter's `_total`. */
export function canonicalName(name: string, isCounter: boolean): string {
  const prefixed = name.startsWith("fondaco_") ? name : `fondaco_${name}`;
  return isCounter && !prefixed.endsWith("_total") ? `${prefixed}_total` : prefixed;
}
