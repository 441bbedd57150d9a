/**
 * What a running validator offers its gateway. Answers come by callback or by listener, never by
 * polling; reads are of the last final block. Rights are the gateway's affair: every answer about
 * a transaction names the accounts it concerns.
 */

import type {
  ExecutedTransaction,
  ExecutorAnswer,
  ExecutorQuery,
  RowProof,
} from "../execution/interface.js";
import type { Block, BlockResult, Header } from "../types/block.js";
import type { Genesis } from "../types/genesis.js";
import type { AccountId, Hash, ValidatorIndex } from "../types/primitives.js";
import type { Position } from "../types/receipt.js";
import type { Certificate } from "../types/vote.js";
import type { ChainStatus } from "../validator/interface.js";

export interface ValidatorInfo {
  readonly index: ValidatorIndex;
  readonly validatorId: Hash;
  readonly organisation: number;
  readonly consensusKey: Uint8Array;
}

export interface NodeIdentity {
  readonly genesisHash: Hash;
  /** The genesis record as it was hashed. */
  readonly recordBytes: Uint8Array;
  readonly genesis: Genesis;
  readonly self: ValidatorIndex;
  readonly validators: readonly ValidatorInfo[];
  readonly softwareVersion: string;
}

export interface NodeStatus {
  readonly chain: ChainStatus;
  readonly headTimeMs: number;
  readonly nowMs: number;
  readonly pendingTransactions: number;
  readonly pendingTransactionsMax: number;
  /** Facts that an operator should act on, as one sentence each (a wrong clock names its validator). */
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly flushMs: { readonly count: number; readonly p50: number; readonly p99: number };
}

/** Why a transaction was not taken. Names and codes as in `api/errors`. */
export type SubmitRefusal =
  | {
      readonly code:
        | "MALFORMED_TX"
        | "TOO_LARGE"
        | "WRONG_CHAIN"
        | "BAD_SIGNATURE"
        | "EXPIRED"
        | "INVALID_TX"
        | "NOT_AUTHORISED";
      readonly message: string;
    }
  | {
      readonly code: "OVERLOADED" | "NOT_READY";
      readonly message: string;
      readonly retryAfterMs: number;
    };

/**
 * Where a transaction stands. `final` and `expired` are terminal. `voided` is not: a final block
 * holds it without effect, and until it expires a later block may still apply it.
 */
export type TransactionState =
  | { readonly status: "received" | "admitted" }
  | {
      readonly status: "final";
      readonly position: Position;
      readonly executed: ExecutedTransaction;
      readonly blockHash: Hash;
      readonly timeMs: number;
    }
  | {
      readonly status: "voided";
      readonly position: Position;
      readonly executed: ExecutedTransaction;
      readonly blockHash: Hash;
      readonly timeMs: number;
    }
  | { readonly status: "expired" }
  | { readonly status: "unknown" };

export interface SubmitHandle {
  readonly txId: Hash;
  /** Whether it was known before this call. */
  readonly duplicate: boolean;
}

/** One final block for readers: what it did, in order. */
export interface FinalBlock {
  readonly height: number;
  readonly blockHash: Hash;
  readonly block: Block;
  readonly resultHash: Hash;
  readonly executed: readonly ExecutedTransaction[];
}

/** Everything that proves a receipt: parts for a proof file (proofs/). */
export interface ReceiptProofParts {
  readonly block: Block;
  readonly blockHash: Hash;
  /** Result of the block that holds the receipt. */
  readonly result: BlockResult;
  readonly executed: ExecutedTransaction;
  readonly receiptPath: readonly Hash[];
  readonly receiptCount: number;
  /** Head that carries the certificate, and the path of the receipt's block in its history. */
  readonly certified: {
    readonly block: Block;
    readonly certificate: Certificate;
    readonly result: BlockResult;
  };
  /**
   * Path of the successor's block hash in `certified.block.header.historyRoot` (leaf: its height;
   * size: the certified height); empty without a successor.
   */
  readonly historyPath: readonly Hash[];
  /**
   * Header of the block after the receipt's: it binds that block's hash and result (proofs/README).
   * Needed when the certified block is neither the receipt's nor the one right after it.
   */
  readonly successor?: Header | undefined;
}

/** Everything that proves a row's content, or its absence, in the state after a final block. */
export interface RowProofParts {
  readonly proof: RowProof;
  /** The block in whose state the row was read, and its result. */
  readonly block: Block;
  readonly result: BlockResult;
  /** As in {@link ReceiptProofParts}. */
  readonly certified: ReceiptProofParts["certified"];
  readonly historyPath: readonly Hash[];
  readonly successor?: Header | undefined;
}

export interface Simulation {
  /** Final block whose state was used. */
  readonly height: number;
  /** Block time that was assumed. */
  readonly timeMs: number;
  readonly executed: ExecutedTransaction;
}

export interface NodeApi {
  identity(): NodeIdentity;
  status(): NodeStatus;
  /** Why no transaction at all would be taken now; undefined while some would. */
  refusesAll(): SubmitRefusal | undefined;
  /** Decodes, checks, verifies signatures; then the transactions are `received` or refused, each by itself. */
  submit(
    transactions: readonly Uint8Array[],
    done: (outcomes: readonly (SubmitHandle | SubmitRefusal)[]) => void,
  ): void;
  /** Follows one transaction until it is terminal; `listener` is called at once with the present state, then on each change. */
  watch(
    txId: Hash,
    validUntilMs: number | undefined,
    listener: (state: TransactionState) => void,
  ): () => void;
  /** Present state of a transaction. Looks in indexes only. */
  stateOf(txId: Hash): TransactionState;
  /** The bytes of a final or pending transaction. */
  transactionBytes(txId: Hash): Uint8Array | undefined;
  query(query: ExecutorQuery, done: (answer: ExecutorAnswer) => void): void;
  /** Checks a transaction as `submit` does, then runs it on the last final state and forgets it. */
  simulate(transaction: Uint8Array, done: (answer: Simulation | SubmitRefusal) => void): void;
  /**
   * Proof of one row under a certified state root. Undefined while none can be made: no block is
   * final yet, or the state moved on from every certified one just now (ask again).
   */
  rowProof(table: number, key: Uint8Array, done: (parts: RowProofParts | undefined) => void): void;
  head(): { readonly height: number; readonly blockHash: Hash; readonly timeMs: number };
  lowestHeight(): number;
  /** A final block; undefined outside lowestHeight..head. */
  finalBlock(height: number): FinalBlock | undefined;
  heightOf(blockHash: Hash): number | undefined;
  /** Encoded transactions of a final block; item i has index i + 1. */
  blockTransactions(height: number): readonly Uint8Array[] | undefined;
  /** A finalization of this block, or the nearest later one. */
  certificate(
    height: number,
  ): { readonly height: number; readonly certificate: Certificate } | undefined;
  receiptProof(txId: Hash): ReceiptProofParts | undefined;
  /** Positions (exclusive cursor, either direction) of transactions that concern an account. */
  accountHistory(
    account: AccountId,
    after: Position | undefined,
    limit: number,
    reverse: boolean,
  ): readonly Position[];
  /** Called once for each new final block, in order. */
  onFinal(listener: (block: FinalBlock) => void): () => void;
}
