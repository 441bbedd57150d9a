import type { Hasher } from "../crypto/interfaces.js";
import { RESULT, resultCode } from "../declarations/resultCodes.js";
import type { RowProof } from "../execution/interface.js";
import { receiptLeafHash } from "../execution/receipts.js";
import { inclusionPath } from "../merkle/listTree.js";
import type {
  FinalBlock,
  ReceiptProofParts,
  RowProofParts,
  TransactionState,
} from "../ports/nodeApi.js";
import type { Hash } from "../types/primitives.js";
import { OUTCOME } from "../types/receipt.js";
import type { ChainStore } from "./chainStore.js";
import { ProvenanceMaker } from "./provenance.js";

/** Answers about final blocks, with their proofs. */
export class ReadModel {
  readonly #store: ChainStore;
  readonly #hasher: Hasher;
  readonly #provenance: ProvenanceMaker;

  constructor(store: ChainStore, hasher: Hasher, genesisHash: Hash) {
    this.#store = store;
    this.#hasher = hasher;
    this.#provenance = new ProvenanceMaker(store, hasher, genesisHash);
  }

  onFinal(): void {
    this.#provenance.append();
  }

  /** Works ahead for proofs out of a long history; see `ProvenanceMaker.prepare`. */
  prepare(later: (next: () => void) => void): void {
    this.#provenance.prepare(later);
  }

  /** Where a transaction of a final block stands after it; `unknown` if another place counts. */
  stateIn(block: FinalBlock, index: number): TransactionState {
    const executed = block.executed[index];
    if (executed === undefined) return { status: "unknown" };
    const { receipt } = executed;
    const known = {
      position: receipt.position,
      executed,
      blockHash: block.blockHash,
      timeMs: block.block.header.timeMs,
    };
    if (receipt.outcome !== OUTCOME.void) return { status: "final", ...known };
    // The same transaction had its effect at another place: this one says nothing of it.
    if (this.#store.index.transaction(receipt.txId) !== undefined) return { status: "unknown" };
    // No index keeps it, and to a later question the chain's time alone answers: the same to both.
    if (receipt.code === RESULT.EXPIRED) return { status: "expired" };
    const mayStillApply = resultCode(receipt.code)?.retry === "same-bytes";
    return { status: mayStillApply ? "voided" : "final", ...known };
  }

  findFinal(txId: Hash): TransactionState | undefined {
    const entry = this.#store.index.transaction(txId);
    if (entry === undefined) return undefined;
    const block = this.#store.blocks.finalBlock(entry.height);
    return block === undefined ? undefined : this.stateIn(block, entry.index);
  }

  /** Bytes of a final transaction. */
  transactionBytes(txId: Hash): Uint8Array | undefined {
    const entry = this.#store.index.transaction(txId);
    if (entry === undefined) return undefined;
    return this.#store.blocks.blockTransactions(entry.height)?.[entry.index - 1];
  }

  receiptProof(txId: Hash): ReceiptProofParts | undefined {
    const entry = this.#store.index.transaction(txId);
    if (entry === undefined) return undefined;
    const final = this.#store.blocks.finalBlock(entry.height);
    const result = this.#store.blocks.resultOf(entry.height);
    const provenance = this.#provenance.of(entry.height);
    const executed = final?.executed[entry.index];
    if (!final || !result || !provenance || !executed) return undefined;
    const leaves = final.executed.map(({ receipt }) => receiptLeafHash(this.#hasher, receipt));
    return {
      block: final.block,
      blockHash: final.blockHash,
      result,
      executed,
      receiptPath: inclusionPath(this.#hasher, leaves, entry.index),
      receiptCount: leaves.length,
      ...provenance,
    };
  }

  rowProof(proof: RowProof): RowProofParts | undefined {
    const final = this.#store.blocks.finalBlock(proof.height);
    const result = this.#store.blocks.resultOf(proof.height);
    const provenance = this.#provenance.of(proof.height);
    if (!final || !result || !provenance) return undefined;
    return { proof, block: final.block, result, ...provenance };
  }
}
