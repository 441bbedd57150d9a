/**
 * Transaction (README.md, "Transaction"). Its body is what is hashed and signed; witnesses and
 * attachment travel with it. Bytes are kept as received: nothing here is ever encoded again.
 */

import { compareBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { accepted, type Result, rejected } from "../base/result.js";
import {
  bytes,
  count,
  fixedBytes,
  type Infer,
  list,
  option,
  refined,
  struct,
  tryDecode,
  u8,
  u16,
  u32,
  u64,
} from "../codec/schema.js";
import { hash, publicKey, signature } from "./primitives.js";
import { type TransactionView, viewTransaction } from "./transactionView.js";

export const TRANSACTION_VERSION = 1;

export const operation = struct({
  code: u16,
  body: bytes(LIMITS.operationBodySizeBytesMax),
});
export type Operation = Infer<typeof operation>;

export const transactionBody = struct({
  version: u16,
  /** First 8 bytes of the genesis hash: a transaction for another chain is refused at once. */
  chainTag: fixedBytes(8),
  channel: u32,
  nonce: u64,
  validUntilMs: count,
  salt: fixedBytes(16),
  /** Account ids. The first is the author: it owns the nonce. No repeats. */
  parties: refined(
    list(hash, LIMITS.partiesMax, 1),
    (parties) =>
      parties.every((party, i) => parties.findIndex((p) => compareBytes(p, party) === 0) === i),
    "a party that is named twice",
  ),
  operations: list(operation, LIMITS.operationsMax, 1),
});
export type TransactionBody = Infer<typeof transactionBody>;

export const witness = struct({ party: u8, publicKey, signature });
export type Witness = Infer<typeof witness>;

function isBefore(a: Witness, b: Witness): boolean {
  return a.party < b.party || (a.party === b.party && compareBytes(a.publicKey, b.publicKey) < 0);
}

/** Sorted by (party, key) without repeats, so that a set of witnesses has one encoding. */
export const witnesses = refined(
  list(witness, LIMITS.witnessesMax, 1),
  (items) => items.every((item, i) => i === 0 || isBefore(items[i - 1]!, item)),
  "witnesses out of order",
);

const attachment = option(bytes(LIMITS.transactionSizeBytesMax));

/** Whole transaction, for writing. To read one, use {@link readTransaction}: one rule more. */
export const transaction = struct({ body: transactionBody, witnesses, attachment });
export type TransactionParts = Infer<typeof transaction>;

/** A transaction as received: its parts, and where the signed bytes lie. Parts are made on demand. */
export interface Transaction extends TransactionParts {
  readonly bytes: Uint8Array;
  /** View of `bytes`: what the id is made from. */
  readonly bodyBytes: Uint8Array;
  /** Whether a key of 32 bytes is among the witnesses of a party. */
  isWitnessedBy(party: number, publicKey: Uint8Array): boolean;
}

/** Reads a transaction strictly; a malformed one is answered with a code and words. */
export function readTransaction(
  encoded: Uint8Array,
): Result<TransactionView, "MALFORMED_TX" | "TOO_LARGE"> {
  if (encoded.length > LIMITS.transactionSizeBytesMax) {
    return rejected(
      "TOO_LARGE",
      `a transaction has at most ${LIMITS.transactionSizeBytesMax} bytes`,
    );
  }
  const view = viewTransaction(encoded);
  return view === undefined ? rejected("MALFORMED_TX", whyMalformed(encoded)) : accepted(view);
}

/** What is wrong with bytes that are no transaction, in words: by the schemas, which know where. */
function whyMalformed(encoded: Uint8Array): string {
  const decoded = tryDecode(transaction, encoded);
  return decoded.ok ? "a witness signs for a party that the body does not name" : decoded.message;
}

/** A statically valid transaction with what is computed once: its id and its declared cost. */
export interface PreparedTransaction {
  readonly transaction: Transaction;
  readonly txId: Uint8Array;
  /** Declared cost of its operations: a function of its bytes alone. */
  readonly cost: number;
}
