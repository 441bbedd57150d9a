/** Checking a proof file offline: in a browser as in Node, with nothing but the genesis hash. */

import { fromHex } from "../base/bytes.js";
import { nobleBatchVerifier, nobleHasher } from "../crypto/noble/index.js";
import { type ProofJudgement, verifyProofFile } from "../proofs/index.js";
import { ClientError } from "./errors.js";

/**
 * Judges a proof file. Any bytes get an answer; what the file proves is in `verdict`.
 *
 * @param trustedGenesisHash 64 hexadecimal digits or 32 bytes, from a source that you trust: never
 * from the node that gave you the file.
 */
export function verifyProof(
  file: Uint8Array,
  trustedGenesisHash: string | Uint8Array,
): ProofJudgement {
  const trusted =
    typeof trustedGenesisHash === "string" ? fromHex(trustedGenesisHash) : trustedGenesisHash;
  if (trusted?.length !== 32) {
    throw new ClientError("BAD_ARGUMENT", "A genesis hash has 64 hexadecimal digits.");
  }
  return verifyProofFile(file, trusted, { hasher: nobleHasher, batchVerifier: nobleBatchVerifier });
}
