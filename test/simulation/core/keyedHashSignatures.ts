/**
 * Signatures as keyed hashes, for speed: a signature is SHA-512 over a secret that belongs to the
 * public key, and the message. Only this process can check one. Public keys are real Ed25519 keys,
 * because genesis refuses others. One seed of ten uses real signatures instead.
 */

import { createHash } from "node:crypto";
import { equalBytes, mapKey } from "../../../src/base/bytes.js";
import type { BatchVerifier, SignatureJob, Signer } from "../../../src/crypto/interfaces.js";
import { createNobleSigner } from "../../../src/crypto/noble/index.js";
import { Random } from "./random.js";
import { createWorldVerifier } from "./worldKernels.js";

export interface SignatureScheme {
  readonly name: "keyed-hash" | "ed25519";
  /** The same number gives the same key in every world. */
  signer(number: number): Signer;
  readonly verifier: BatchVerifier;
}

const nobleSigners = new Map<number, { readonly signer: Signer; readonly secret: Uint8Array }>();
const secrets = new Map<string, Uint8Array>();

function keyPair(number: number): { readonly signer: Signer; readonly secret: Uint8Array } {
  let pair = nobleSigners.get(number);
  if (pair === undefined) {
    const secret = new Uint8Array(
      createHash("sha256").update(`fondaco simulation key ${number}`).digest(),
    );
    pair = { signer: createNobleSigner(secret), secret };
    nobleSigners.set(number, pair);
    secrets.set(mapKey(pair.signer.publicKey), secret);
  }
  return pair;
}

function keyedHash(secret: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha512").update(secret).update(message).digest());
}

export const keyedHashScheme: SignatureScheme = {
  name: "keyed-hash",
  signer(number) {
    const { signer, secret } = keyPair(number);
    return { publicKey: signer.publicKey, sign: (message) => keyedHash(secret, message) };
  },
  verifier: {
    verify: (jobs) =>
      jobs.map((job) => {
        const secret = secrets.get(mapKey(job.publicKey));
        return secret !== undefined && equalBytes(keyedHash(secret, job.message), job.signature);
      }),
  },
};

/**
 * Verdicts remembered by content, because all validators of a world check the same signatures: the
 * answer for the same bytes is the same.
 */
function remembering(verifier: BatchVerifier): BatchVerifier {
  const known = new Map<string, { readonly job: SignatureJob; readonly verdict: boolean }>();
  const isSame = (a: SignatureJob, b: SignatureJob): boolean =>
    equalBytes(a.publicKey, b.publicKey) && equalBytes(a.message, b.message);
  return {
    verify: (jobs) => {
      const verdicts = jobs.map((job) => {
        const entry = known.get(mapKey(job.signature));
        return entry !== undefined && isSame(entry.job, job) ? entry.verdict : undefined;
      });
      const open = jobs.filter((_, i) => verdicts[i] === undefined);
      const answers = open.length === 0 ? [] : verifier.verify(open);
      if (known.size > 20_000) known.clear();
      open.forEach((job, i) => {
        known.set(mapKey(job.signature), { job, verdict: answers[i] as boolean });
      });
      let at = 0;
      return verdicts.map((verdict) => verdict ?? (answers[at++] as boolean));
    },
  };
}

export const ed25519Scheme: SignatureScheme = {
  name: "ed25519",
  signer: (number) => keyPair(number).signer,
  verifier: remembering(createWorldVerifier(new Random(1, "verifier"))),
};
