/** Keys, wallets and account ids. */

import { fromHex } from "../base/bytes.js";
import { idFromText, idToText } from "../codec/text.js";
import * as digests from "../crypto/digests.js";
import type { Signer } from "../crypto/interfaces.js";
import { createNobleSigner, nobleHasher } from "../crypto/noble/index.js";
import type { KeyPolicy } from "../types/keyPolicy.js";
import type { AccountId, Hash, OrganisationId } from "../types/primitives.js";
import { ClientError } from "./errors.js";

/** An account with keys that sign for it; as many as its policy asks for. */
export interface Wallet {
  readonly account: AccountId;
  readonly signers: readonly Signer[];
}

/** Cryptographically secure random bytes, from the platform. */
export function randomBytes(sizeBytes: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(sizeBytes));
}

/** A new 32-byte secret key. Whoever has it signs for its accounts. */
export function newSecretKey(): Uint8Array {
  return randomBytes(32);
}

/** Signs with a 32-byte secret key (seed of RFC 8032), given as bytes or 64 hexadecimal digits. */
export function signerFrom(secretKey: Uint8Array | string): Signer {
  const bytes = typeof secretKey === "string" ? fromHex(secretKey) : secretKey;
  if (bytes?.length !== 32) {
    throw new ClientError("BAD_ARGUMENT", "A secret key has 32 bytes, or 64 hexadecimal digits.");
  }
  return createNobleSigner(bytes);
}

/** An account id from its text (`fa1...`) or its 32 bytes. */
export function accountFrom(account: AccountId | string): AccountId {
  const id = typeof account === "string" ? idFromText("account", account) : account;
  if (id?.length !== 32) {
    throw new ClientError("BAD_ARGUMENT", "That is no account id: it has the form fa1...");
  }
  return id;
}

export function accountToText(account: AccountId): string {
  return idToText("account", account);
}

export function walletFrom(
  account: AccountId | string,
  ...secretKeys: readonly (Uint8Array | string)[]
): Wallet {
  return { account: accountFrom(account), signers: secretKeys.map(signerFrom) };
}

/** The id that `account.open` gives an account: known before it is opened. */
export function accountIdOf(
  genesisHash: Hash,
  organisation: OrganisationId,
  firstPolicy: KeyPolicy,
  salt: Uint8Array,
): AccountId {
  return digests.accountId(nobleHasher, genesisHash, organisation, firstPolicy, salt);
}
