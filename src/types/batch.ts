/** Signed batch of one validator's lane (consensus.md 2.3, as corrected by consensus-check.md). */

import { LIMITS } from "../base/limits.js";
import { accepted, type Result, rejected } from "../base/result.js";
import { CodecError } from "../codec/errors.js";
import { Reader } from "../codec/reader.js";
import { bytes, count, type Infer, list, struct } from "../codec/schema.js";
import { hash, signature } from "./primitives.js";

export const batchBody = struct({
  genesisHash: hash,
  /** Whose lane. Lanes restart at seq 1 in every epoch. */
  validatorId: hash,
  epoch: count,
  seq: count,
  /** Digest of the batch before it; zero at seq 1. */
  prevHash: hash,
  createdMs: count,
  transactions: list(bytes(LIMITS.transactionSizeBytesMax, 1), LIMITS.batchTransactionsMax, 1),
});
export type BatchBody = Infer<typeof batchBody>;

/** A batch as received. Its digest (SHA-256 of `bodyBytes`) names it and is what is signed. */
export interface Batch extends BatchBody {
  readonly signature: Uint8Array;
  readonly bytes: Uint8Array;
  readonly bodyBytes: Uint8Array;
}

export function readBatch(encoded: Uint8Array): Result<Batch, "MALFORMED_BATCH"> {
  if (encoded.length > LIMITS.batchSizeBytesMax) {
    return rejected("MALFORMED_BATCH", `a batch has at most ${LIMITS.batchSizeBytesMax} bytes`);
  }
  try {
    const reader = new Reader(encoded);
    const body = batchBody.read(reader);
    const bodyBytes = reader.since(0);
    const signed = signature.read(reader);
    reader.end();
    return accepted({ ...body, signature: signed, bytes: encoded, bodyBytes });
  } catch (error) {
    if (error instanceof CodecError) return rejected("MALFORMED_BATCH", error.message);
    throw error;
  }
}
