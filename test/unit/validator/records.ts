/** Records for tests: keyed hashes in place of signatures, transactions, batches, votes. */

import { createHash } from "node:crypto";
import { concatBytes, mapKey, utf8 } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import {
  batchHash,
  batchSignBytes,
  transactionId,
  voteSignBytes,
} from "../../../src/crypto/digests.js";
import type { BatchVerifier, Hasher } from "../../../src/crypto/interfaces.js";
import { type Batch, readBatch } from "../../../src/types/batch.js";
import type { ChainParameters } from "../../../src/types/genesis.js";
import type { Hash } from "../../../src/types/primitives.js";
import {
  type PreparedTransaction,
  readTransaction,
  transaction,
} from "../../../src/types/transaction.js";
import type { Statement, Vote } from "../../../src/types/vote.js";
import type { ChainEvent } from "../../../src/validator/interface.js";
import type { ValidatorSeat } from "../../../src/validator/options.js";

const sha = (algorithm: string, message: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(algorithm).update(message).digest());

export const hasher: Hasher = {
  sha256: (message) => sha("sha256", message),
  sha512: (message) => sha("sha512", message),
  blake3: (message) => sha("sha256", message),
  blake3Keyed: (key, message) => sha("sha256", concatBytes(key, message)),
};

/** A "signature" that anyone could make: enough where nobody in the test forges by mistake. */
export function mockSign(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return sha("sha512", concatBytes(publicKey, message));
}

export const verifier: BatchVerifier = {
  verify: (jobs) =>
    jobs.map(
      ({ publicKey, signature, message }) =>
        mapKey(mockSign(publicKey, message)) === mapKey(signature),
    ),
};

export const PARAMETERS: ChainParameters = {
  deltaMs: 250,
  blockIntervalMs: 200,
  maxIdleMs: 60_000,
  retryIntervalMs: 1_000,
  inactiveAfterMs: 10_000,
  timeSkewMs: 500,
  maxUnfinalized: 16,
  maxBlockSizeBytes: 8 * 1024 * 1024,
  maxBlockCost: 1_000_000n,
  maxTimersPerBlock: 1_000,
  quotaCostPerMinute: 1_000_000_000n,
  quotaRows: 1_000_000,
  quotaTimers: 1_000,
  quotaChannels: 1_000,
};

export const GENESIS_HASH = hasher.sha256(utf8("genesis"));
export const GENESIS_RESULT = hasher.sha256(utf8("genesis result"));

export function seats(count: number): ValidatorSeat[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    validatorId: hasher.sha256(utf8(`validator ${index}`)),
    consensusKey: hasher.sha256(utf8(`key ${index}`)),
    organisation: index,
  }));
}

export function makeTransaction(nonce: number, sizeBytes = 0): PreparedTransaction {
  const bytes = encode(transaction, {
    body: {
      version: 1,
      chainTag: GENESIS_HASH.subarray(0, 8),
      channel: 0,
      nonce: BigInt(nonce),
      validUntilMs: 1_000_000,
      salt: new Uint8Array(16),
      parties: [hasher.sha256(utf8("alice"))],
      operations: [{ code: 1, body: new Uint8Array(0) }],
    },
    witnesses: [{ party: 0, publicKey: new Uint8Array(32), signature: new Uint8Array(64) }],
    attachment: sizeBytes === 0 ? undefined : new Uint8Array(sizeBytes),
  });
  return prepare(bytes);
}

export function prepare(bytes: Uint8Array): PreparedTransaction {
  const read = readTransaction(bytes);
  if (!read.ok) throw new Error(read.message);
  return {
    transaction: read.value,
    txId: transactionId(hasher, GENESIS_HASH, read.value.bodyBytes),
    cost: 10,
  };
}

export function signVote(seat: ValidatorSeat, statement: Statement): Vote {
  const message = voteSignBytes(hasher, GENESIS_HASH, statement);
  const { kind, epoch, view, blockHash: hash, result } = statement;
  const signature = mockSign(seat.consensusKey, message);
  return { kind, epoch, view, blockHash: hash, result, voter: seat.index, signature };
}

/** Signs the body of a batch in the name of `seat`. */
export function signBatch(seat: ValidatorSeat, bodyBytes: Uint8Array): Batch {
  const digest = batchHash(hasher, bodyBytes);
  const signature = mockSign(seat.consensusKey, batchSignBytes(digest));
  const read = readBatch(concatBytes(bodyBytes, signature));
  if (!read.ok) throw new Error(read.message);
  return read.value;
}

export function checkBatch(seat: ValidatorSeat, batch: Batch): ChainEvent {
  const digest = batchHash(hasher, batch.bodyBytes);
  const isSigned =
    mapKey(mockSign(seat.consensusKey, batchSignBytes(digest))) === mapKey(batch.signature);
  const verdict = isSigned
    ? { ok: true as const, transactions: batch.transactions.map(prepare) }
    : { ok: false as const, reason: "a wrong signature of the author" };
  return { kind: "batchChecked", batchHash: digest, verdict };
}

export function resultOf(hash: Hash): Hash {
  return hasher.sha256(concatBytes(utf8("result"), hash));
}
