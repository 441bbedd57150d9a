/**
 * Making transactions, without a connection. A draft is the body that all parties sign; each signs
 * by itself, anywhere, and whoever has all witnesses seals the transaction.
 */

import { compareBytes, concatBytes, equalBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { bytes, decode, encode, option } from "../codec/schema.js";
import * as digests from "../crypto/digests.js";
import type { Signer } from "../crypto/interfaces.js";
import { nobleHasher } from "../crypto/noble/index.js";
import { OPERATIONS, type OperationBody, type OperationName } from "../declarations/operations.js";
import type { AccountId, Hash } from "../types/primitives.js";
import {
  type Operation,
  readTransaction,
  TRANSACTION_VERSION,
  type TransactionBody,
  transactionBody,
  type Witness,
  witnesses as witnessesSchema,
} from "../types/transaction.js";
import { ClientError } from "./errors.js";
import { randomBytes } from "./keys.js";

const SALT_SIZE_BYTES = 16;
const attachmentSchema = option(bytes(LIMITS.transactionSizeBytesMax));

/** An operation by its name, with the fields that its declaration states. */
export function operation<N extends OperationName>(name: N, body: OperationBody<N>): Operation {
  const declaration = OPERATIONS[name];
  return { code: declaration.code, body: encode(declaration.body.schema as never, body as never) };
}

export interface DraftRequest {
  readonly genesisHash: Hash;
  /** The first is the author: nonce and channel are its own. */
  readonly parties: readonly AccountId[];
  readonly operations: readonly Operation[];
  readonly channel: number;
  readonly nonce: bigint;
  readonly validUntilMs: number;
  /** 16 random bytes; made here if absent. */
  readonly salt?: Uint8Array;
}

/** What all parties sign. `bodyBytes` may travel between them as it is. */
export interface Draft {
  readonly body: TransactionBody;
  readonly bodyBytes: Uint8Array;
  readonly txId: Hash;
}

function draftOf(genesisHash: Hash, body: TransactionBody, bodyBytes: Uint8Array): Draft {
  return { body, bodyBytes, txId: digests.transactionId(nobleHasher, genesisHash, bodyBytes) };
}

export function draft(request: DraftRequest): Draft {
  const { genesisHash, parties, operations, channel, nonce, validUntilMs } = request;
  if (parties.length === 0 || operations.length === 0) {
    throw new ClientError("BAD_ARGUMENT", "A transaction has at least one party and operation.");
  }
  const body: TransactionBody = {
    version: TRANSACTION_VERSION,
    chainTag: genesisHash.slice(0, 8),
    channel,
    nonce,
    validUntilMs,
    salt: request.salt ?? randomBytes(SALT_SIZE_BYTES),
    parties,
    operations,
  };
  return draftOf(genesisHash, body, encode(transactionBody, body));
}

/**
 * A draft that another party made. Look at its body before you sign it.
 *
 * @throws {CodecError} If the bytes are no body; {@link ClientError} WRONG_CHAIN if it is another network's.
 */
export function readDraft(genesisHash: Hash, bodyBytes: Uint8Array): Draft {
  const body = decode(transactionBody, bodyBytes);
  if (!equalBytes(body.chainTag, genesisHash.subarray(0, 8))) {
    throw new ClientError("WRONG_CHAIN", "The draft was made for another network.");
  }
  return draftOf(genesisHash, body, bodyBytes);
}

/** Signs for a party, by its account. */
export function signDraft(made: Draft, account: AccountId, signer: Signer): Witness {
  const party = made.body.parties.findIndex((item) => equalBytes(item, account));
  if (party < 0) throw new ClientError("BAD_ARGUMENT", "The draft does not name this account.");
  return {
    party,
    publicKey: signer.publicKey,
    signature: signer.sign(digests.transactionSignBytes(made.txId)),
  };
}

/** All witnesses in their one order; the same key for the same party counts once. */
export function mergeWitnesses(...lists: readonly (readonly Witness[])[]): Witness[] {
  const sorted = lists
    .flat()
    .sort((a, b) => a.party - b.party || compareBytes(a.publicKey, b.publicKey));
  return sorted.filter((item, i) => {
    const before = sorted[i - 1];
    return (
      before === undefined ||
      before.party !== item.party ||
      !equalBytes(before.publicKey, item.publicKey)
    );
  });
}

/** The transaction's bytes: body as it was signed, witnesses, attachment. */
export function seal(
  made: Draft,
  signatures: readonly Witness[],
  attachment?: Uint8Array,
): Uint8Array {
  const sorted = mergeWitnesses(signatures);
  if (sorted.length === 0) throw new ClientError("BAD_ARGUMENT", "Nobody has signed the draft.");
  return concatBytes(
    made.bodyBytes,
    encode(witnessesSchema, sorted),
    encode(attachmentSchema, attachment),
  );
}

/** A sealed transaction with further signatures. */
export function addWitnesses(sealed: Uint8Array, signatures: readonly Witness[]): Uint8Array {
  const read = readTransaction(sealed);
  if (!read.ok) throw new ClientError("BAD_ARGUMENT", read.message);
  const { bodyBytes, witnesses, attachment } = read.value;
  return concatBytes(
    bodyBytes,
    encode(witnessesSchema, mergeWitnesses(witnesses, signatures)),
    encode(attachmentSchema, attachment),
  );
}

/** Id of a sealed transaction. */
export function transactionIdOf(genesisHash: Hash, sealed: Uint8Array): Hash {
  const read = readTransaction(sealed);
  if (!read.ok) throw new ClientError("BAD_ARGUMENT", read.message);
  return digests.transactionId(nobleHasher, genesisHash, read.value.bodyBytes);
}
