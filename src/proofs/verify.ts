/** Judging a proof file offline: nothing is needed but the genesis hash of the network. */

import { equalBytes, toHex } from "../base/bytes.js";
import { accepted, type Result, rejected } from "../base/result.js";
import { tryDecode } from "../codec/schema.js";
import { blockHash, genesisHash, resultHash } from "../crypto/digests.js";
import type { BatchVerifier, Hasher } from "../crypto/interfaces.js";
import { listLeafHash, verifyInclusion } from "../merkle/listTree.js";
import { type Header, PROTOCOL_VERSION } from "../types/block.js";
import { genesisRecord } from "../types/genesis.js";
import { faultBound, type Hash, type ValidatorIndex } from "../types/primitives.js";
import { VOTE_KIND } from "../types/vote.js";
import { verifyCertificate } from "./certificates.js";
import { describeClaim, type ProvedClaim, verifyClaim } from "./claims.js";
import { type ProofContent, type ProofReadRefusal, readProofFile } from "./proofFile.js";
import { validatorsOfGenesis } from "./validators.js";

export type ProofRefusal =
  | ProofReadRefusal
  /** Made for a network other than the one that is trusted. */
  | "PROOF_OTHER_NETWORK"
  | "PROOF_GENESIS"
  /** Well-formed, but of a kind that this software cannot judge. */
  | "PROOF_UNSUPPORTED"
  | "PROOF_HEADER"
  | "PROOF_CERTIFICATE"
  | "PROOF_HISTORY"
  | "PROOF_RESULT"
  | "PROOF_RECEIPT"
  | "PROOF_TRANSACTION"
  | "PROOF_EVENT"
  | "PROOF_ROW";

export interface ProofTools {
  readonly hasher: Hasher;
  readonly batchVerifier: BatchVerifier;
}

/** What a valid file proves, as data and in words, and what it rests on. */
export interface ProofVerdict {
  readonly genesisHash: Hash;
  readonly networkName: string;
  /** The block that the claims are about. */
  readonly height: number;
  readonly blockHash: Hash;
  readonly timeMs: number;
  /** The block that carries the certificate. */
  readonly certifiedHeight: number;
  readonly validatorCount: number;
  /** Who signed the certificate. */
  readonly signers: readonly ValidatorIndex[];
  readonly claims: readonly ProvedClaim[];
  readonly statements: readonly string[];
  readonly assumptions: readonly string[];
}

export type ProofJudgement =
  | { readonly valid: true; readonly verdict: ProofVerdict }
  | { readonly valid: false; readonly reasonCode: ProofRefusal; readonly reason: string };

type Checked<T> = Result<T, ProofRefusal>;

/** Bytes from anywhere are judged and never thrown at: each byte string gets an answer. */
export function verifyProofFile(
  file: Uint8Array,
  trustedGenesisHash: Hash,
  tools: ProofTools,
): ProofJudgement {
  const read = readProofFile(tools.hasher, file);
  const judged = read.ok ? judge(read.value, trustedGenesisHash, tools) : read;
  return judged.ok
    ? { valid: true, verdict: judged.value }
    : { valid: false, reasonCode: judged.code, reason: judged.message };
}

function judge(content: ProofContent, trusted: Hash, tools: ProofTools): Checked<ProofVerdict> {
  const { hasher, batchVerifier } = tools;
  if (content.anchor.kind !== "genesis" || content.epochs.length > 0) {
    return rejected(
      "PROOF_UNSUPPORTED",
      "the file starts from a checkpoint or leads through epochs: newer software can judge it",
    );
  }
  const network = genesisHash(hasher, content.genesis);
  if (!equalBytes(content.anchor.value, trusted)) {
    return rejected(
      "PROOF_OTHER_NETWORK",
      `the file is about the network ${toHex(content.anchor.value)}, not ${toHex(trusted)}`,
    );
  }
  if (!equalBytes(network, trusted)) {
    return rejected("PROOF_GENESIS", "the genesis record in the file is not that of the network");
  }
  const genesis = tryDecode(genesisRecord, content.genesis);
  if (!genesis.ok) return rejected("PROOF_GENESIS", `genesis record: ${genesis.message}`);
  const validators = validatorsOfGenesis(hasher, network, genesis.value);
  if (validators.length === 0) {
    return rejected("PROOF_GENESIS", "the genesis record names no validator");
  }

  const { header: certifiedHeader, certificate } = content.certified;
  const sound = checkHeader(certifiedHeader, network, "certified");
  if (!sound.ok) return sound;
  const certifiedHash = blockHash(hasher, certifiedHeader);
  if (
    certificate.kind !== VOTE_KIND.finalize ||
    certificate.epoch !== certifiedHeader.epoch ||
    certificate.view !== certifiedHeader.view ||
    !equalBytes(certificate.blockHash, certifiedHash)
  ) {
    return rejected("PROOF_CERTIFICATE", "the certificate does not finalize the certified block");
  }
  const signers = verifyCertificate(
    hasher,
    batchVerifier,
    network,
    validators.map(({ consensusKey }) => consensusKey),
    certificate,
  );
  if (!signers.ok) return rejected("PROOF_CERTIFICATE", signers.message);

  const subject = findSubject(content, network, certifiedHash, hasher);
  if (!subject.ok) return subject;
  const { header, hash, resultHash: boundResult } = subject.value;
  const { result } = content;
  if (!equalBytes(result.blockHash, hash) || !equalBytes(resultHash(hasher, result), boundResult)) {
    return rejected("PROOF_RESULT", "the result in the file is not the one that was certified");
  }

  const claims: ProvedClaim[] = [];
  for (const claim of content.claims) {
    const proved = verifyClaim({ hasher, network, header, result }, claim);
    if (!proved.ok) return proved;
    claims.push(proved.value);
  }
  return accepted({
    genesisHash: network,
    networkName: genesis.value.networkName,
    height: header.height,
    blockHash: hash,
    timeMs: header.timeMs,
    certifiedHeight: certifiedHeader.height,
    validatorCount: validators.length,
    signers: signers.value,
    claims,
    statements: [
      `Block ${header.height} (${toHex(hash)}) of "${genesis.value.networkName}", ` +
        `time ${header.timeMs} ms since 1970, is final.`,
      ...claims.map(describeClaim),
    ],
    assumptions: [
      `${toHex(network)} is the genesis hash of the network that the reader means.`,
      `At most ${faultBound(validators.length)} of the ${validators.length} consensus keys in the ` +
        "genesis record have been misused, then or since.",
      "SHA-256, BLAKE3 and Ed25519 are not broken.",
      ...(claims.some(({ kind }) => kind !== "receipt")
        ? [`Rows are as they were at block ${header.height}; they may have changed since.`]
        : []),
    ],
  });
}

function checkHeader(header: Header, network: Hash, which: string): Checked<undefined> {
  if (!equalBytes(header.genesisHash, network)) {
    return rejected("PROOF_HEADER", `the ${which} block belongs to another network`);
  }
  if (header.protocolVersion !== PROTOCOL_VERSION || header.epoch !== 0 || header.height < 1) {
    return rejected("PROOF_HEADER", `the ${which} block is of an unknown version or epoch`);
  }
  return accepted(undefined);
}

interface Subject {
  readonly header: Header;
  readonly hash: Hash;
  /** Result hash that a certificate or the next block's header binds. */
  readonly resultHash: Hash;
}

/**
 * The block that the claims are about. An earlier one is bound by the block after it: that header
 * names its hash (`parentHash`) and its result (`parentResult`), and lies in the certified history.
 */
function findSubject(
  content: ProofContent,
  network: Hash,
  certifiedHash: Hash,
  hasher: Hasher,
): Checked<Subject> {
  const { header: certified, certificate } = content.certified;
  if (content.earlier === undefined) {
    return accepted({ header: certified, hash: certifiedHash, resultHash: certificate.result });
  }
  const { header, successor } = content.earlier;
  const sound = checkHeader(header, network, "proved");
  if (!sound.ok) return sound;
  const next = successor?.header ?? certified;
  if (successor !== undefined) {
    const soundNext = checkHeader(next, network, "following");
    if (!soundNext.ok) return soundNext;
    const leaf = listLeafHash(hasher, blockHash(hasher, next));
    const { path } = successor;
    const size = certified.height;
    if (!verifyInclusion(hasher, leaf, next.height, size, path, certified.historyRoot)) {
      return rejected("PROOF_HISTORY", "the block is not in the history of the certified one");
    }
  }
  const hash = blockHash(hasher, header);
  if (header.height + 1 !== next.height || !equalBytes(next.parentHash, hash)) {
    return rejected("PROOF_HISTORY", "the block is not the parent of the one that follows it");
  }
  return accepted({ header, hash, resultHash: next.parentResult });
}
