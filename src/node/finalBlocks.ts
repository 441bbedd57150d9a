import { assert, present } from "../base/assert.js";
import { decode } from "../codec/schema.js";
import type { FinalBlock } from "../ports/nodeApi.js";
import type { ChainLog } from "../storage/chainLog.js";
import type { BlockLocations } from "../storage/checkpoint.js";
import { readBatch } from "../types/batch.js";
import { type Block, block as blockSchema } from "../types/block.js";
import { certificate as certificateSchema } from "../types/vote.js";
import type { LoadedBlock } from "../validator/interface.js";
import type { FinalIndex } from "./finalIndex.js";
import { executedRecord } from "./storedRecords.js";

type Location = BlockLocations["block"];

/** New final blocks that are kept decoded. */
const RECENT_BLOCKS = 256;
const RECENT_TRANSACTIONS = 8_192;

/** Old ones that were read last: a client asks for several things of one block. */
const OLD_BLOCKS = 8;

export interface FinalBlocksOptions {
  readonly log: ChainLog;
  readonly index: FinalIndex;
  /** Order in which the batches of a cut are executed; `batches[i]` are those of cut entry i. */
  readonly executionOrder: <T>(block: Block, batches: readonly (readonly T[])[]) => readonly T[];
}

/** Reads final blocks, their outcomes, batches and certificates from the log. */
export class FinalBlocks {
  readonly #options: FinalBlocksOptions;
  readonly #recent = new Map<number, FinalBlock>();
  readonly #old = new Map<number, FinalBlock>();
  #recentTransactions = 0;

  constructor(options: FinalBlocksOptions) {
    this.#options = options;
  }

  /** A new final block: the newest are kept decoded. */
  remember(final: FinalBlock): void {
    this.#recent.set(final.height, final);
    this.#recentTransactions += final.executed.length;
    for (const [height, old] of this.#recent) {
      const isFew =
        this.#recent.size <= RECENT_BLOCKS && this.#recentTransactions <= RECENT_TRANSACTIONS;
      if (isFew || this.#recent.size === 1) return;
      this.#recent.delete(height);
      this.#recentTransactions -= old.executed.length;
    }
  }

  finalBlock(height: number): FinalBlock | undefined {
    const known = this.#recent.get(height) ?? this.#old.get(height);
    if (known !== undefined) return known;
    const entry = this.#options.index.height(height);
    if (entry === undefined) return undefined;
    const block = this.#readBlock(entry.block);
    const record = this.#options.log.read(entry.executed);
    assert(record.kind === "executed", "the index names an outcome");
    const { resultHash, executed } = decode(executedRecord, record.bytes);
    const final = { height, blockHash: entry.blockHash, block, resultHash, executed };
    this.#old.set(height, final);
    for (const oldest of this.#old.keys()) {
      if (this.#old.size <= OLD_BLOCKS) break;
      this.#old.delete(oldest);
    }
    return final;
  }

  /** Result of a final block, whole. */
  resultOf(height: number) {
    const entry = this.#options.index.height(height);
    if (entry === undefined) return undefined;
    const record = this.#options.log.read(entry.executed);
    assert(record.kind === "executed", "the index names an outcome");
    return decode(executedRecord, record.bytes).result;
  }

  #readBlock(location: Location): Block {
    const record = this.#options.log.read(location);
    assert(record.kind === "block", "the index names a block");
    return decode(blockSchema, record.bytes);
  }

  /** A final block as catching up sends it. */
  loadBlock(height: number): LoadedBlock | undefined {
    const entry = this.#options.index.height(height);
    if (entry === undefined) return undefined;
    return {
      block: this.#readBlock(entry.block),
      batches: entry.batches.map((location) => this.#readBatchBytes(location)),
    };
  }

  #readBatchBytes(location: Location): Uint8Array {
    const record = this.#options.log.read(location);
    assert(record.kind === "batch", "the index names a batch");
    return record.bytes;
  }

  /** Encoded transactions of a final block in the order of their indices. */
  blockTransactions(height: number): readonly Uint8Array[] | undefined {
    const loaded = this.loadBlock(height);
    if (loaded === undefined) return undefined;
    const batches = loaded.batches.map((bytes) => {
      const read = readBatch(bytes);
      return present(read.ok ? read.value : undefined, "a stored batch is well-formed");
    });
    let at = 0;
    const lanes = loaded.block.cut.map(({ fromSeq, toSeq }) => {
      const lane = batches.slice(at, at + toSeq - fromSeq + 1);
      at += lane.length;
      return lane;
    });
    const ordered = this.#options.executionOrder(loaded.block, lanes);
    return ordered.flatMap(({ transactions }) => transactions);
  }

  /** The finalization of a block, or of the nearest later one, at most `lookAhead` above it. */
  certificate(height: number, lookAhead = Number.POSITIVE_INFINITY) {
    for (let at = height; at <= height + lookAhead; at++) {
      const entry = this.#options.index.height(at);
      if (entry === undefined) return undefined;
      const record = this.#options.log.read(entry.final);
      assert(record.kind === "final", "the index names finality");
      if (record.certificateBytes === undefined) continue;
      return { height: at, certificate: decode(certificateSchema, record.certificateBytes) };
    }
    return undefined;
  }
}
