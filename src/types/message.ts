/** Messages between validators (consensus.md 1.4), as one BCS enum. */

import { LIMITS } from "../base/limits.js";
import {
  bool,
  bytes,
  count,
  type Infer,
  list,
  option,
  struct,
  u8,
  u16,
  union,
} from "../codec/schema.js";
import { block } from "./block.js";
import { hash } from "./primitives.js";
import { certificate, proposal, vote } from "./vote.js";

/** Highest contiguous batch of a lane that is durable and verified here; seq 0 for none. */
export const laneTip = struct({ author: u16, seq: count, headHash: hash });
export type LaneTip = Infer<typeof laneTip>;

export const status = struct({
  epoch: count,
  view: count,
  finalizedView: count,
  finalizedHeight: count,
  finalizedHash: hash,
  /** Lowest height whose block and batches can be served. */
  lowestHeight: count,
  laneTips: list(laneTip, LIMITS.validatorsMax),
  /** The sender's clock, so that a wrong one is found and named. */
  clockMs: count,
  quarantined: bool,
});
export type Status = Infer<typeof status>;

/** Bits of `kinds`: 1 notarization, 2 nullification, 4 finalization. */
export const certificateRequest = struct({
  epoch: count,
  fromView: count,
  toView: count,
  kinds: u8,
});

export const proposalRequest = struct({ epoch: count, view: count, blockHash: hash });

export const batchRequest = struct({ author: u16, epoch: count, fromSeq: count, toSeq: count });

/** Blocks by height, oldest first, with the batches of each, as far as a page holds. */
export const rangeRequest = struct({ fromHeight: count, toHeight: count });

export const rangeBlock = struct({
  block,
  batches: list(bytes(LIMITS.batchSizeBytesMax), LIMITS.blockBatchesMax),
});

export const rangeResponse = struct({
  fromHeight: count,
  blocks: list(rangeBlock, LIMITS.rangeBlocksMax),
  /** Finalization of the last block of the page, or of a later one whose header chains to it. */
  certificate: option(certificate),
});
export type RangeResponse = Infer<typeof rangeResponse>;

export const peerMessage = union({
  proposal,
  vote,
  certificate,
  status,
  laneTips: list(laneTip, LIMITS.validatorsMax, 1),
  certificateRequest,
  proposalRequest,
  /** A signed batch, as its author made it. */
  batch: bytes(LIMITS.batchSizeBytesMax, 1),
  batchRequest,
  rangeRequest,
  rangeResponse,
});
export type PeerMessage = Infer<typeof peerMessage>;
export type PeerMessageKind = PeerMessage["kind"];

/** What travels beside batches and pages on the bulk socket; all else uses the control socket. */
export const BULK_KINDS: ReadonlySet<PeerMessageKind> = new Set([
  "batch",
  "batchRequest",
  "rangeRequest",
  "rangeResponse",
]);
