import { assert } from "../base/assert.js";
import { LIMITS } from "../base/limits.js";
import type { TrafficClass } from "../ports/transport.js";
import type { PeerMessageKind } from "../types/message.js";

/** A request is its variant and at most 32 + 3 x 8 bytes of numbers and hashes. */
const REQUEST_SIZE_BYTES_MAX = 64;

/**
 * Largest encoding of each kind of message, in the order of the variants of `peerMessage`: the
 * first byte of a message is the number of its variant.
 */
const SIZE_BYTES_MAX_BY_KIND = {
  proposal: LIMITS.proposalSizeBytesMax,
  vote: LIMITS.voteSizeBytesMax,
  certificate: LIMITS.certificateSizeBytesMax,
  status: LIMITS.statusSizeBytesMax,
  laneTips: LIMITS.statusSizeBytesMax,
  certificateRequest: REQUEST_SIZE_BYTES_MAX,
  proposalRequest: REQUEST_SIZE_BYTES_MAX,
  batch: LIMITS.batchSizeBytesMax + 8,
  batchRequest: REQUEST_SIZE_BYTES_MAX,
  rangeRequest: REQUEST_SIZE_BYTES_MAX,
  rangeResponse: LIMITS.bulkFrameSizeBytesMax,
} as const satisfies Record<PeerMessageKind, number>;

/** Kinds by the first byte of a message. */
export const MESSAGE_KINDS = Object.keys(SIZE_BYTES_MAX_BY_KIND) as readonly PeerMessageKind[];

const SIZE_BYTES_MAX_BY_CLASS = {
  control: LIMITS.controlFrameSizeBytesMax,
  bulk: LIMITS.bulkFrameSizeBytesMax,
} as const satisfies Record<TrafficClass, number>;

/** Largest message of a class of traffic. */
export function classSizeBytesMax(traffic: TrafficClass): number {
  return SIZE_BYTES_MAX_BY_CLASS[traffic];
}

/** Largest message that begins with `firstByte`, in a class of traffic. */
export function messageSizeBytesMax(firstByte: number, traffic: TrafficClass): number {
  const kind = MESSAGE_KINDS[firstByte];
  // An unknown kind is the decoder's to refuse; here it only has to be bounded.
  const byKind = kind === undefined ? Number.POSITIVE_INFINITY : SIZE_BYTES_MAX_BY_KIND[kind];
  return Math.min(byKind, SIZE_BYTES_MAX_BY_CLASS[traffic]);
}

/** What is too large for its receiver is a bug of its sender; both ends use one table. */
export function assertSendable(bytes: Uint8Array, traffic: TrafficClass): void {
  assert(bytes.length > 0, "a message between validators has at least one byte");
  const max = messageSizeBytesMax(bytes[0] as number, traffic);
  assert(
    bytes.length <= max,
    `a message of kind ${bytes[0]} has ${bytes.length} bytes, ${traffic} takes ${max}`,
  );
}
