/** Static validity: what a transaction's bytes alone say (README.md, ENV-1). */

import { accepted, type Result, rejected } from "../base/result.js";
import { tryDecode } from "../codec/schema.js";
import { transactionId, transactionSignBytes } from "../crypto/digests.js";
import type { Hasher, SignatureJob } from "../crypto/interfaces.js";
import {
  OPERATIONS,
  type OperationDeclaration,
  operationByCode,
  TRANSACTION_COST,
  WITNESS_COST,
} from "../declarations/operations.js";
import type { ChainParameters } from "../types/genesis.js";
import type { Hash } from "../types/primitives.js";
import {
  type Operation,
  type PreparedTransaction,
  readTransaction,
  TRANSACTION_VERSION,
} from "../types/transaction.js";
import { isTransferForm } from "./transferForm.js";

const transfer = OPERATIONS.transfer as OperationDeclaration;

export type StaticRefusal = "MALFORMED_TX" | "TOO_LARGE" | "WRONG_CHAIN" | "INVALID_TX";

/**
 * Decodes a transaction and checks all that depends on its bytes and on the parameters of its epoch
 * only. Signatures are checked apart ({@link signatureJobs}): they go to the workers in batches.
 */
export function prepareTransaction(
  hasher: Hasher,
  genesisHash: Hash,
  bytes: Uint8Array,
  parameters?: Pick<ChainParameters, "maxBlockCost">,
): Result<PreparedTransaction, StaticRefusal> {
  const read = readTransaction(bytes);
  if (!read.ok) return read;
  const transaction = read.value;
  if (transaction.version !== TRANSACTION_VERSION) {
    return rejected("INVALID_TX", `the transaction's version is ${transaction.version}, not 1`);
  }
  if (!transaction.isForChain(genesisHash)) {
    return rejected("WRONG_CHAIN", "the transaction is for another chain");
  }
  const { operations, partyCount } = transaction;
  let cost = TRANSACTION_COST + WITNESS_COST * (transaction.witnessCount - 1);
  let bindsAttachment = false;
  for (let i = 0; i < operations.length; i++) {
    const checked = checkOperation(partyCount, operations[i] as Operation);
    if (typeof checked === "string") {
      return rejected("INVALID_TX", `operation ${i}: ${checked}`);
    }
    cost += checked.cost;
    bindsAttachment ||= checked.bindsAttachment;
  }
  if (bindsAttachment !== transaction.hasAttachment) {
    return rejected(
      "INVALID_TX",
      bindsAttachment ? "the attachment is missing" : "no operation binds the attachment",
    );
  }
  if (parameters !== undefined && cost > Number(parameters.maxBlockCost)) {
    return rejected("INVALID_TX", `its cost of ${cost} exceeds ${parameters.maxBlockCost}`);
  }
  return accepted({ transaction, txId: idOf(hasher, genesisHash, transaction.bodyBytes), cost });
}

/** Where small bodies are put behind the genesis hash: a new array for each would be garbage. */
const scratch = new Uint8Array(4_096);

/** As `transactionId`. */
function idOf(hasher: Hasher, genesisHash: Hash, bodyBytes: Uint8Array): Hash {
  const sizeBytes = genesisHash.length + bodyBytes.length;
  if (sizeBytes > scratch.length) return transactionId(hasher, genesisHash, bodyBytes);
  scratch.set(genesisHash);
  scratch.set(bodyBytes, genesisHash.length);
  return hasher.sha256(scratch.subarray(0, sizeBytes));
}

/** The operation's declaration, or what is wrong with it. */
function checkOperation(partyCount: number, operation: Operation): OperationDeclaration | string {
  if (operation.code === transfer.code && isTransferForm(operation.body, partyCount)) {
    return transfer;
  }
  const declaration = operationByCode(operation.code);
  if (declaration === undefined) return `there is no operation ${operation.code}`;
  const decoded = tryDecode(declaration.body.schema, operation.body);
  if (!decoded.ok) return `${declaration.name} is malformed: ${decoded.message}`;
  const fields = decoded.value as Readonly<Record<string, unknown>>;
  for (const { name, kind } of declaration.body.fields) {
    if (kind === "party" && (fields[name] as number) >= partyCount) {
      return `${declaration.name} names party ${String(fields[name])}, which is not there`;
    }
  }
  return declaration;
}

/** One signature to check for each witness, over the id of the transaction. */
export function signatureJobs({ transaction, txId }: PreparedTransaction): SignatureJob[] {
  const message = transactionSignBytes(txId);
  return transaction.witnesses.map(({ publicKey, signature }) => ({
    publicKey,
    signature,
    message,
  }));
}
