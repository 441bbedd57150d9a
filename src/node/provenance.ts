import type { Hasher } from "../crypto/interfaces.js";
import { HistoryPaths } from "../merkle/historyLog.js";
import type { ReceiptProofParts } from "../ports/nodeApi.js";
import type { Hash } from "../types/primitives.js";
import type { ChainStore } from "./chainStore.js";

/** How a final block is proved: by which certificate, and by which path in its history. */
export type Provenance = Pick<ReceiptProofParts, "certified" | "historyPath" | "successor">;

/** Subtrees of 64 blocks in one slice of preparation. */
const SLICE_SUBTREES = 2;

/** Makes what proof files need beyond receipts and rows. */
export class ProvenanceMaker {
  readonly #store: ChainStore;
  readonly #paths: HistoryPaths;

  constructor(store: ChainStore, hasher: Hasher, genesisHash: Hash) {
    this.#store = store;
    const blockHashAt = (height: number): Hash => {
      if (height === 0) return genesisHash;
      const entry = store.index.height(height);
      if (entry === undefined) throw new RangeError(`no final block of height ${height}`);
      return entry.blockHash;
    };
    this.#paths = new HistoryPaths(hasher, blockHashAt, store.history.size);
  }

  /**
   * Computes what the paths of a long history need, a slice of about a millisecond at a time: the
   * first proof after a start would else wait for all of it. `later` is given what runs the next one.
   */
  prepare(later: (next: () => void) => void): void {
    if (!this.#paths.prepare(SLICE_SUBTREES)) later(() => this.prepare(later));
  }

  /** One more block is final. */
  append(): void {
    this.#paths.append();
  }

  /** Undefined for a block that no certificate covers yet. */
  of(height: number): Provenance | undefined {
    const found = this.#store.blocks.certificate(height);
    if (found === undefined) return undefined;
    const { certificate } = found;
    const block = this.#store.blocks.finalBlock(found.height)?.block;
    const result = this.#store.blocks.resultOf(found.height);
    if (block === undefined || result === undefined) return undefined;
    const certified = { block, certificate, result };
    if (found.height - height < 2) return { certified, historyPath: [] };
    const successor = this.#store.blocks.finalBlock(height + 1)?.block.header;
    const historyPath = this.#paths.inclusion(height + 1, found.height);
    return { certified, historyPath, successor };
  }
}
