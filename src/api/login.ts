/** What a key signs to log in (README.md, "Scopes and login"). */

import { encode, fixedBytes, struct, text } from "../codec/schema.js";
import { SIGN_TAGS, signBytes } from "../crypto/domainTags.js";
import type { Hasher } from "../crypto/interfaces.js";
import { type Hash, hash } from "../types/primitives.js";

export const LOGIN_NONCE_SIZE_BYTES = 32;
export const HOST_TEXT_SIZE_BYTES_MAX = 255;

/**
 * The challenge. It binds the network, this socket's nonce, the host as the client addressed it
 * (so that a node in between cannot pass a challenge of another one on), and the account.
 */
export const loginChallenge = struct({
  genesisHash: hash,
  nonce: fixedBytes(LOGIN_NONCE_SIZE_BYTES),
  /** `host:port` in lower case, without the port where it is the scheme's own. */
  host: text(HOST_TEXT_SIZE_BYTES_MAX, 1),
  account: hash,
});

/** Sign bytes of a login: tag `fondaco/login/1`, then SHA-256 of the challenge's BCS bytes. */
export function loginSignBytes(
  hasher: Hasher,
  challenge: {
    readonly genesisHash: Hash;
    readonly nonce: Uint8Array;
    readonly host: string;
    readonly account: Hash;
  },
): Uint8Array {
  const digest = hasher.sha256(encode(loginChallenge, challenge));
  return signBytes(SIGN_TAGS.login, digest);
}
