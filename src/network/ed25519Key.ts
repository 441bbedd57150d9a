import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { assert } from "../base/assert.js";
import { concatBytes, hexBytes } from "../base/bytes.js";

/** Everything of PKCS #8 before the 32 bytes of an Ed25519 seed (RFC 8410, 7). */
const PKCS8_PREFIX = hexBytes("302e020100300506032b657004220420");
/** What a SubjectPublicKeyInfo has before the 32 bytes of an Ed25519 key (RFC 8410, 4). */
export const SPKI_PREFIX_SIZE_BYTES = 12;

/** An Ed25519 key as node:crypto and node:tls take it. */
export interface Ed25519Key {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** The key of 32 secret bytes (RFC 8032). */
export function ed25519KeyOf(seed: Uint8Array): Ed25519Key {
  assert(seed.length === 32, "an Ed25519 seed has 32 bytes");
  const privateKey = createPrivateKey({
    key: Buffer.from(concatBytes(PKCS8_PREFIX, seed)),
    format: "der",
    type: "pkcs8",
  });
  const spki = new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
  return { privateKey, spki, publicKey: spki.slice(SPKI_PREFIX_SIZE_BYTES) };
}
