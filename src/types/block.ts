/** Block header, cut and result (consensus.md 1.3). */

import { LIMITS } from "../base/limits.js";
import { count, type Infer, list, refined, struct, u8, u16, u32, u64 } from "../codec/schema.js";
import { hash } from "./primitives.js";

/**
 * Version of the rules and of what travels between validators: in every header, and in every hello
 * of the links. A change that old validators could not follow raises it (NET-P12).
 */
export const PROTOCOL_VERSION = 1;

/** Bits of `Header.flags`. Closing and filler belong to epoch changes. */
export const BLOCK_FLAGS = { empty: 1, closing: 2, filler: 4 } as const;

export const header = struct({
  protocolVersion: u16,
  genesisHash: hash,
  epoch: count,
  view: count,
  height: count,
  parentView: count,
  /** Hash of the block below; the genesis hash at height 1. */
  parentHash: hash,
  /** Index of the view's leader in the epoch's validator list. */
  proposer: u16,
  timeMs: count,
  cutRoot: hash,
  /** Transactions in the batches of the cut. */
  transactionCount: u32,
  /** Result hash of the parent (of the genesis state at height 1). */
  parentResult: hash,
  /** RFC 9162 root over the block hashes of heights 0 (the genesis hash) to height - 1. */
  historyRoot: hash,
  flags: u8,
  /** Zero unless the block closes its epoch. */
  nextEpochHash: hash,
  /** Zero while the block carries no evidence. */
  evidenceRoot: hash,
});
export type Header = Infer<typeof header>;

/** What a block takes from one lane: batches fromSeq to toSeq, the last having this digest. */
export const cutEntry = struct({ author: u16, fromSeq: count, toSeq: count, headHash: hash });
export type CutEntry = Infer<typeof cutEntry>;

/** Only lanes that advance, authors ascending. */
export const cut = refined(
  list(cutEntry, LIMITS.cutLanesMax),
  (entries) =>
    entries.every(
      (entry, i) =>
        entry.fromSeq >= 1 &&
        entry.toSeq >= entry.fromSeq &&
        (i === 0 || entries[i - 1]!.author < entry.author),
    ),
  "a cut out of order",
);
export type Cut = Infer<typeof cut>;

export const block = struct({ header, cut });
export type Block = Infer<typeof block>;

/** What executing a block did: hashed, it is what a Finalize vote says beside the block's hash. */
export const blockResult = struct({
  blockHash: hash,
  stateRoot: hash,
  /** RFC 9162 root over the receipts, leaf i being the receipt of index i. */
  receiptsRoot: hash,
  /** RFC 9162 root over the events root of each index. */
  eventsRoot: hash,
  cost: u64,
  /** Hash of the next epoch's validator list; zero until epochs change. */
  validatorsNextHash: hash,
});
export type BlockResult = Infer<typeof blockResult>;
