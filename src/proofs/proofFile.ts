/** The proof file as a record (README.md). Making it is in make.ts, judging it in verify.ts. */

import { concatBytes, equalBytes, utf8 } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { accepted, type Result, rejected } from "../base/result.js";
import {
  bytes,
  count,
  encode,
  fixedBytes,
  type Infer,
  list,
  option,
  struct,
  tryDecode,
  u16,
  u32,
  union,
} from "../codec/schema.js";
import type { Hasher } from "../crypto/interfaces.js";
import { blockResult, header } from "../types/block.js";
import { HASH_SIZE_BYTES, hash } from "../types/primitives.js";
import { event, receipt } from "../types/receipt.js";
import { certificate } from "../types/vote.js";

export const PROOF_MAGIC = utf8("FONDACO-PROOF-01");

/** What the reader has to trust already. `checkpoint` is room: no reader accepts it yet. */
export const trustAnchor = union({
  genesis: hash,
  checkpoint: struct({ genesisHash: hash, epoch: count, height: count, blockHash: hash }),
});

const listPath = list(hash, LIMITS.treePathDepthMax);
const statePath = list(hash, LIMITS.statePathDepthMax);

/** The block after an earlier one, and its path in the certified block's history. */
export const successor = struct({ header, path: listPath });

/** A block below the certified one: its successor binds its hash and its result. */
export const earlierBlock = struct({
  header,
  /** Absent when the certified block is the successor itself. */
  successor: option(successor),
});

export const eventClaim = struct({ index: u32, event, path: listPath });
export type EventClaim = Infer<typeof eventClaim>;

export const receiptClaim = struct({
  receipt,
  path: listPath,
  /** BCS of the transaction's body, whose id the receipt names. */
  body: option(bytes(LIMITS.transactionSizeBytesMax, 1)),
  /** Events of this receipt, indices ascending, as many as are to be shown. */
  events: list(eventClaim, 65_536),
});

const rowKey = bytes(1_024);

export const rowPresentClaim = struct({
  table: u16,
  key: rowKey,
  row: bytes(LIMITS.proofFileSizeBytesMax),
  blind: fixedBytes(16),
  siblings: statePath,
});

export const rowAbsentClaim = struct({
  table: u16,
  key: rowKey,
  siblings: statePath,
  terminal: option(struct({ path: hash, valueHash: hash })),
});

export const claim = union({
  receipt: receiptClaim,
  rowPresent: rowPresentClaim,
  rowAbsent: rowAbsentClaim,
});
export type Claim = Infer<typeof claim>;

export const proofContent = struct({
  anchor: trustAnchor,
  /** The genesis record: it names the validators of epoch 0. */
  genesis: bytes(LIMITS.proofFileSizeBytesMax, 1),
  /** Room for the steps from epoch to epoch: empty. */
  epochs: list(bytes(LIMITS.operationBodySizeBytesMax, 1), 1_024),
  certified: struct({ header, certificate }),
  /** The block that the claims are about, when it is not the certified one. */
  earlier: option(earlierBlock),
  /** Result of the block that the claims are about. */
  result: blockResult,
  claims: list(claim, 1_024, 1),
});
export type ProofContent = Infer<typeof proofContent>;

/** The record of the file: what it proves, then SHA-256 of all bytes before (magic included). */
export const proofFile = struct({ content: proofContent, checksum: hash });

export type ProofReadRefusal =
  | "PROOF_TOO_LARGE"
  | "PROOF_MAGIC"
  | "PROOF_MALFORMED"
  | "PROOF_CHECKSUM";

export function encodeProofFile(hasher: Hasher, content: ProofContent): Uint8Array {
  const body = concatBytes(PROOF_MAGIC, encode(proofContent, content));
  return concatBytes(body, hasher.sha256(body));
}

/** Decodes a proof file strictly. It proves nothing yet: see `verifyProofFile`. */
export function readProofFile(
  hasher: Hasher,
  file: Uint8Array,
): Result<ProofContent, ProofReadRefusal> {
  const max = LIMITS.proofFileSizeBytesMax;
  if (file.length > max) {
    return rejected("PROOF_TOO_LARGE", `a proof file has at most ${max} bytes, not ${file.length}`);
  }
  const magic = file.subarray(0, PROOF_MAGIC.length);
  if (!equalBytes(magic, PROOF_MAGIC)) {
    return rejected("PROOF_MAGIC", "this is no Fondaco proof file: its first 16 bytes are others");
  }
  const decoded = tryDecode(proofFile, file.subarray(PROOF_MAGIC.length));
  if (!decoded.ok) {
    return rejected("PROOF_MALFORMED", `the file is damaged: ${decoded.message} (${decoded.code})`);
  }
  const { content, checksum } = decoded.value;
  if (!equalBytes(checksum, hasher.sha256(file.subarray(0, file.length - HASH_SIZE_BYTES)))) {
    return rejected("PROOF_CHECKSUM", "the file was changed since it was made: its sum is wrong");
  }
  return accepted(content);
}
