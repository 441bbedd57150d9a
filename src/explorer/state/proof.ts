/** Fetching and verifying the proof file of a transaction, in this browser. */

import { fromHex, toHex } from "../../base/bytes.js";
import { ApiError, bytesFromText } from "../../client/index.js";
import { nobleBatchVerifier, nobleHasher } from "../../crypto/noble/index.js";
import { type ProofVerdict, verifyProofFile } from "../../proofs/index.js";
import { call, pause } from "./session.js";

export type Judgement =
  | { readonly valid: true; readonly verdict: ProofVerdict }
  | { readonly valid: false; readonly reasonCode: string; readonly reason: string };

/** Certificates follow blocks at once; a node that has none after this long will not soon. */
const TRIES = 10;

/** @throws {ApiError} What the node answered. */
export async function fetchProof(txId: string): Promise<Uint8Array> {
  for (let tried = 1; ; tried++) {
    try {
      const { proof } = await call("tx.get", { txId, proof: true });
      const bytes = proof === undefined ? undefined : bytesFromText(proof);
      if (bytes !== undefined) return bytes;
      throw new ApiError("NOT_FOUND", "There is a proof only of a final transaction.");
    } catch (error) {
      const isEarly = error instanceof ApiError && error.code === "NOT_READY";
      if (!isEarly || tried === TRIES) throw error;
      await pause(error.retryAfterMs ?? 500);
    }
  }
}

/** Judges a file by the genesis hash that the reader trusts, and that it is about this transaction. */
export function judgeProof(file: Uint8Array, txId: string, genesisText: string): Judgement {
  const genesis = fromHex(genesisText.trim());
  if (genesis?.length !== 32) {
    const reason = "the genesis hash is not 64 hexadecimal digits";
    return { valid: false, reasonCode: "GENESIS_HASH", reason };
  }
  const tools = { hasher: nobleHasher, batchVerifier: nobleBatchVerifier };
  const judged = verifyProofFile(file, genesis, tools);
  if (!judged.valid) return judged;
  const isAboutIt = judged.verdict.claims.some(
    (claim) => claim.kind === "receipt" && toHex(claim.receipt.txId) === txId,
  );
  if (isAboutIt) return judged;
  const reason = "the file is sound, but it is about another transaction";
  return { valid: false, reasonCode: "OTHER_TRANSACTION", reason };
}

/** Hands a file to the reader. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes.slice()], { type: "application/octet-stream" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
