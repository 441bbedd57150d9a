import { ed25519 } from "@noble/curves/ed25519.js";
import { assert } from "../../base/assert.js";
import type { BatchVerifier, SignatureJob, Signer } from "../interfaces.js";

function verifyOne({ publicKey, signature, message }: SignatureJob): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: true });
  } catch {
    // The library throws for some encodings that decode to no point; for us those are just false.
    return false;
  }
}

/** Ed25519 by ZIP-215, one signature at a time: the oracle of the kernels, and a browser's verifier. */
export const nobleBatchVerifier: BatchVerifier = {
  verify: (jobs) => jobs.map(verifyOne),
};

/**
 * A signer over a 32-byte secret key (the seed of RFC 8032, 5.1.5), which it copies.
 *
 * @throws {AssertionError} If the key is not 32 bytes long.
 */
export function createNobleSigner(secretKey: Uint8Array): Signer {
  assert(secretKey.length === 32, "an Ed25519 secret key has 32 bytes");
  const ownKey = secretKey.slice();
  return {
    publicKey: ed25519.getPublicKey(ownKey),
    sign: (message) => ed25519.sign(message, ownKey),
  };
}

/**
 * Whether `publicKey` may be registered: 32 bytes, the canonical encoding (RFC 8032, 5.1.3) of a
 * point on the curve whose order is not 1, 2, 4 or 8.
 *
 * The verifier itself accepts more than this (ZIP-215). A key of small order is refused here, once,
 * because anyone can make signatures for it; a non-canonical one, because two texts would name it.
 */
export function isRegistrableKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  try {
    return !ed25519.Point.fromBytes(publicKey, false).isSmallOrder();
  } catch {
    return false;
  }
}
