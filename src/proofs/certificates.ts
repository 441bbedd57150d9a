/**
 * Certificates: exactly a quorum of signatures of one epoch's validators over one statement. Neither
 * the bitmap nor the list of signatures has slack, so no byte of a certificate can change.
 */

import { accepted, type Result, rejected } from "../base/result.js";
import { voteSignBytes } from "../crypto/digests.js";
import type { BatchVerifier, Hasher, SignatureJob } from "../crypto/interfaces.js";
import { type Hash, quorumSize, type ValidatorIndex } from "../types/primitives.js";
import { type Certificate, votersOf } from "../types/vote.js";

export type CertificateRefusal = "CERTIFICATE_BITMAP" | "CERTIFICATE_COUNT" | "CERTIFICATE_FORGED";

/** The signatures of a certificate as jobs, all over one message, with who made each. */
export interface CertificateJobs {
  readonly voters: readonly ValidatorIndex[];
  readonly jobs: readonly SignatureJob[];
}

/**
 * Checks what needs no signature: a bitmap of the right length whose bits name exactly a quorum of
 * `consensusKeys`, and one signature for each.
 */
export function certificateJobs(
  hasher: Hasher,
  genesisHash: Hash,
  consensusKeys: readonly Uint8Array[],
  certificate: Certificate,
): Result<CertificateJobs, CertificateRefusal> {
  const count = consensusKeys.length;
  const voters = votersOf(certificate.bitmap, count);
  if (voters === undefined) {
    return rejected("CERTIFICATE_BITMAP", `the bitmap does not fit ${count} validators`);
  }
  const quorum = quorumSize(count);
  if (voters.length !== quorum || certificate.signatures.length !== quorum) {
    return rejected(
      "CERTIFICATE_COUNT",
      `a certificate of ${count} validators has exactly ${quorum} signatures; ` +
        `this one names ${voters.length} and holds ${certificate.signatures.length}`,
    );
  }
  const message = voteSignBytes(hasher, genesisHash, certificate);
  const jobs = voters.map((voter, i) => ({
    publicKey: consensusKeys[voter]!,
    signature: certificate.signatures[i]!,
    message,
  }));
  return accepted({ voters, jobs });
}

/** Whether a quorum of `consensusKeys` signed what the certificate says; answers who did. */
export function verifyCertificate(
  hasher: Hasher,
  batchVerifier: BatchVerifier,
  genesisHash: Hash,
  consensusKeys: readonly Uint8Array[],
  certificate: Certificate,
): Result<readonly ValidatorIndex[], CertificateRefusal> {
  const checked = certificateJobs(hasher, genesisHash, consensusKeys, certificate);
  if (!checked.ok) return checked;
  const verdicts = batchVerifier.verify(checked.value.jobs);
  const forged = verdicts.indexOf(false);
  if (forged >= 0 || verdicts.length !== checked.value.jobs.length) {
    const voter = checked.value.voters[forged];
    return rejected("CERTIFICATE_FORGED", `the signature of validator ${voter} is not valid`);
  }
  return accepted(checked.value.voters);
}
