export {
  type CertificateJobs,
  type CertificateRefusal,
  certificateJobs,
  verifyCertificate,
} from "./certificates.js";
export type { ProvedClaim } from "./claims.js";
export {
  makeProofFile,
  makeReceiptClaim,
  makeReceiptProofFile,
  makeRowClaim,
  type ProofParts,
  ProofTooLargeError,
  type ReceiptClaimParts,
  type ReceiptProofInput,
  type RowClaimParts,
} from "./make.js";
export { type Claim, PROOF_MAGIC, type ProofContent, readProofFile } from "./proofFile.js";
export { type ValidatorKey, validatorsOfGenesis } from "./validators.js";
export {
  type ProofJudgement,
  type ProofRefusal,
  type ProofTools,
  type ProofVerdict,
  verifyProofFile,
} from "./verify.js";
