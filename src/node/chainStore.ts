import { assert, present } from "../base/assert.js";
import { equalBytes, mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { encode } from "../codec/schema.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { FinalisedBlock } from "../execution/interface.js";
import { lanesOfCut } from "../lanes/laneWalk.js";
import { HistoryLog } from "../merkle/historyLog.js";
import type { FinalBlock } from "../ports/nodeApi.js";
import type { RowStore, RowStoreChange } from "../ports/rowStore.js";
import type { ChainLog } from "../storage/chainLog.js";
import {
  type Applied,
  type BlockLocations,
  type Checkpoint,
  stateChanges,
} from "../storage/checkpoint.js";
import { NetRows } from "../storage/netRows.js";
import type { Batch } from "../types/batch.js";
import { type Block, block as blockSchema } from "../types/block.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import { type Certificate, certificate as certificateSchema } from "../types/vote.js";
import { FinalBlocks } from "./finalBlocks.js";
import { FinalIndex } from "./finalIndex.js";
import { encodeExecuted } from "./storedRecords.js";

type Location = BlockLocations["block"];

/** Segments of the log that a start reads at most for batches which no block takes up. */
const BATCH_SEGMENTS_MAX = 16;
/** Of them so many are appended anew at one checkpoint: it must not stop the validator for long. */
const RENEWED_BATCHES_MAX = 16;

interface KnownBatch {
  readonly lane: string;
  readonly location: Location;
  readonly prevKey: string;
  readonly seq: number;
  readonly validUntilMs: readonly number[];
}

interface PendingFinal {
  readonly blockHash: Hash;
  readonly block: Block;
  readonly locations: Omit<BlockLocations, "executed">;
  /** In execution order. */
  readonly validUntilMs: readonly number[];
}

export interface ChainStoreOptions {
  readonly log: ChainLog;
  readonly checkpoint: Checkpoint;
  readonly rowStore: RowStore;
  readonly genesisHash: Hash;
  readonly hasher: Hasher;
  /** Where the chain stood at the checkpoint (at genesis: height 0). */
  readonly applied: Applied;
  /** Order in which the batches of a cut are executed; `batches[i]` are those of cut entry i. */
  readonly executionOrder: <T>(block: Block, batches: readonly (readonly T[])[]) => readonly T[];
  /** Final blocks between two checkpoints; by default that of the limits. */
  readonly checkpointBlocks?: number | undefined;
  /** Called when the disk failed: nothing more is written. */
  readonly failed: (error: Error) => void;
  /** Called when rows up to this height are durable in the checkpoint. */
  readonly checkpointed: (height: number) => void;
}

/**
 * Everything that this validator has on disk of the chain: the log, the checkpoint and their
 * indexes. It writes what agreement asks for and reads what clients ask for.
 */
export class ChainStore {
  readonly index: FinalIndex;
  /** What it reads of final blocks. */
  readonly blocks: FinalBlocks;
  readonly #options: ChainStoreOptions;
  readonly #batches = new Map<string, KnownBatch>();
  readonly #blocks = new Map<string, { readonly location: Location; readonly view: number }>();
  readonly #pendingFinals = new Map<number, PendingFinal>();
  /** Blocks whose state is not in the store, and the rows that they changed. */
  #unwrittenBlocks = 0;
  #unwrittenRows = new NetRows();
  /** What a start would have to read and execute again of them. */
  #unwrittenLogSizeBytes = 0;
  #last: FinalisedBlock | undefined;
  #isWriting = false;
  #hasFailed = false;
  #afterWriting: (() => void)[] = [];
  #applied: Applied;
  #history: HistoryLog;
  #tips: Map<ValidatorIndex, { seq: number; headHash: Hash }>;

  constructor(options: ChainStoreOptions) {
    this.#options = options;
    this.index = new FinalIndex(options.checkpoint);
    this.blocks = new FinalBlocks({ ...options, index: this.index });
    this.#applied = options.applied;
    this.#history = HistoryLog.restore(options.hasher, {
      size: options.applied.historySize,
      edge: options.applied.historyEdge,
    });
    this.#tips = new Map(
      options.applied.includedTips.map(({ author, seq, headHash }) => [author, { seq, headHash }]),
    );
  }

  /** Right edge of the history over the final blocks, and tips of lanes in them. */
  get history(): HistoryLog {
    return this.#history;
  }

  get includedTips(): readonly { author: ValidatorIndex; seq: number; headHash: Hash }[] {
    return [...this.#tips].map(([author, tip]) => ({ author, ...tip }));
  }

  // Writes.

  /** Notes where a batch lies: at recovery, or after it was appended. */
  noteBatch(batchHash: Hash, batch: Batch, location: Location, validUntilMs: readonly number[]) {
    this.#batches.set(mapKey(batchHash), {
      lane: mapKey(batch.validatorId),
      location,
      prevKey: mapKey(batch.prevHash),
      seq: batch.seq,
      validUntilMs,
    });
  }

  noteBlock(blockHash: Hash, view: number, location: Location): void {
    this.#blocks.set(mapKey(blockHash), { location, view });
  }

  hasBatch(batchHash: Hash): boolean {
    return this.#batches.has(mapKey(batchHash));
  }

  storeBatch(batchHash: Hash, batch: Batch, validUntilMs: readonly number[]): void {
    if (this.hasBatch(batchHash)) return;
    const location = this.#guarded(() => this.#options.log.appendBatch(batchHash, batch.bytes));
    if (location !== undefined) this.noteBatch(batchHash, batch, location, validUntilMs);
  }

  /** They lie in the log and hold its start no more; who needs one again stores it again. */
  dropBatches(batchHashes: readonly Hash[]): void {
    for (const hash of batchHashes) this.#batches.delete(mapKey(hash));
  }

  storeBlock(blockHash: Hash, block: Block): void {
    if (this.#blocks.has(mapKey(blockHash))) return;
    const location = this.#guarded(() =>
      this.#options.log.appendBlock(blockHash, encode(blockSchema, block)),
    );
    if (location !== undefined) this.noteBlock(blockHash, block.header.view, location);
  }

  /** Appends finality of consecutive blocks; `certificate` finalizes the last (CON-W5). */
  storeFinal(
    blocks: readonly { readonly blockHash: Hash; readonly block: Block }[],
    certificate: Certificate,
  ): void {
    blocks.forEach(({ blockHash, block }, i) => {
      this.storeBlock(blockHash, block);
      const isLast = i === blocks.length - 1;
      const { height, view } = block.header;
      const final = this.#guarded(() =>
        this.#options.log.appendFinal(
          height,
          view,
          blockHash,
          isLast ? encode(certificateSchema, certificate) : undefined,
        ),
      );
      if (final !== undefined) this.noteFinal(blockHash, block, final);
    });
  }

  /** The block is final and its finality lies at `final`. */
  noteFinal(blockHash: Hash, block: Block, final: Location): void {
    const key = mapKey(blockHash);
    const at = present(this.#blocks.get(key), "a final block is stored").location;
    const lanes = lanesOfCut(block.cut, (batchKey) => this.#batches.get(batchKey));
    const batches = lanes.flat();
    const ordered = this.#options.executionOrder(block, lanes);
    this.#pendingFinals.set(block.header.height, {
      blockHash,
      block,
      locations: { block: at, batches: batches.map(({ location }) => location), final },
      validUntilMs: ordered.flatMap(({ validUntilMs }) => validUntilMs),
    });
    this.#dropPassed(batches);
    // Blocks of this view and below can become final no more.
    for (const [other, { view }] of this.#blocks) {
      if (view <= block.header.view) this.#blocks.delete(other);
    }
  }

  /** What lanes have passed is in no later block: a lost branch would else hold the log's start. */
  #dropPassed(included: readonly KnownBatch[]): void {
    const passed = new Map<string, number>();
    for (const { lane, seq } of included) passed.set(lane, Math.max(seq, passed.get(lane) ?? 0));
    if (passed.size === 0) return;
    for (const [key, { lane, seq }] of this.#batches) {
      if (seq <= (passed.get(lane) ?? 0)) this.#batches.delete(key);
    }
  }

  /** Batches can wait for the flush of others; what a vote or finality rests on cannot. */
  flush(done: () => void, canWait = false): void {
    this.#guarded(() =>
      this.#options.log.flush((error) => {
        if (error !== undefined) this.#fail(error);
        else done();
      }, canWait),
    );
  }

  /** Takes the outcome of a final block into indexes and, now and then, into the checkpoint. */
  finalised(outcome: FinalisedBlock): FinalBlock {
    const { header, executed, summary } = outcome;
    const { height } = header;
    const pending = present(
      this.#pendingFinals.get(height),
      "finality is stored before it is told",
    );
    this.#pendingFinals.delete(height);
    assert(equalBytes(pending.blockHash, summary.blockHash), "one final block a height");
    const { blockHash, block, locations, validUntilMs } = pending;
    const { result, resultHash } = summary;
    const record = encodeExecuted({ blockHash, result, resultHash, executed });
    const at = this.#guarded(() => this.#options.log.appendExecuted(height, record));
    const final: FinalBlock = { height, blockHash, block, resultHash, executed };
    if (at === undefined) return final;
    this.index.add(height, { blockHash, ...locations, executed: at }, executed, validUntilMs);
    this.#history = this.#history.append(blockHash);
    for (const { author, toSeq, headHash } of block.cut) {
      this.#tips.set(author, { seq: toSeq, headHash });
    }
    this.blocks.remember(final);
    this.#unwrittenBlocks++;
    this.#unwrittenRows.add(outcome);
    this.#unwrittenLogSizeBytes += record.length;
    this.#last = { ...outcome, executed: [], changes: [] };
    this.#checkpointIfDue();
    return final;
  }

  #checkpointIfDue(): void {
    const isDue =
      this.#unwrittenBlocks >= (this.#options.checkpointBlocks ?? LIMITS.checkpointBlocks) ||
      this.#unwrittenLogSizeBytes + this.#unwrittenRows.sizeBytes >= LIMITS.checkpointSizeBytes;
    if (this.#isWriting || this.#hasFailed) return;
    if (isDue) this.writeCheckpoint(() => {});
    else if (this.index.unwrittenTransactions >= LIMITS.indexPortionTransactions) {
      this.#writeIndexes();
    }
  }

  /**
   * Writes index entries ahead of the checkpoint: all at once they would stop this thread for
   * long. They are facts about final blocks, so only the log has to be durable before.
   */
  #writeIndexes(): void {
    const portion = this.index.beginWriting();
    this.#commit(
      () => portion.changes(),
      () => {},
    );
  }

  /**
   * Writes rows and indexes of all final blocks so far (CON-W6: log first, then LMDB). `done` is
   * called when that has ended, also when the disk failed: then `failed` was told, and nothing is
   * written any more.
   */
  writeCheckpoint(done: () => void): void {
    if (this.#isWriting) {
      this.#afterWriting.push(() => this.writeCheckpoint(done));
      return;
    }
    const last = this.#last;
    if (last === undefined || this.#hasFailed) {
      done();
      return;
    }
    this.#renewBatches();
    const rows = this.#unwrittenRows;
    this.#unwrittenBlocks = 0;
    this.#unwrittenRows = new NetRows();
    this.#unwrittenLogSizeBytes = 0;
    this.#last = undefined;
    const now: Applied = {
      height: last.header.height,
      blockHash: last.summary.blockHash,
      resultHash: last.summary.resultHash,
      stateRoot: last.summary.result.stateRoot,
      logSegment: this.#firstNeededSegment(),
      includedTips: this.includedTips.map((tip) => ({ ...tip })),
      historySize: this.#history.size,
      historyEdge: this.#history.edge,
    };
    const portion = this.index.beginWriting();
    const changes = () => [
      ...stateChanges(this.#options.genesisHash, rows, now),
      ...portion.changes(),
    ];
    this.#commit(changes, () => {
      if (!this.#hasFailed) {
        this.#applied = now;
        this.#options.checkpointed(now.height);
      }
      done();
    });
  }

  /** One commit after the log is durable; the next one waits until it has ended. */
  #commit(changes: () => readonly RowStoreChange[], ended: () => void): void {
    this.#isWriting = true;
    const finish = (error: Error | undefined) => {
      this.#isWriting = false;
      if (error === undefined) this.index.endWriting();
      else this.#fail(error);
      ended();
      const waiting = this.#afterWriting;
      this.#afterWriting = [];
      for (const run of waiting) run();
      this.#checkpointIfDue();
    };
    this.#options.log.flush((error) => {
      if (error !== undefined) finish(error);
      else this.#options.rowStore.commit(changes(), finish);
    });
  }

  /**
   * A batch that too few validators hold is in no block while its author is away, be it for months.
   * Appended anew now and then, it does not keep the log's start where it is.
   */
  #renewBatches(): void {
    const { log } = this.#options;
    const oldest = log.lastSegment() - BATCH_SEGMENTS_MAX;
    let left = RENEWED_BATCHES_MAX;
    for (const [key, known] of this.#batches) {
      if (known.location.segment > oldest) continue;
      if (left-- === 0) return;
      const location = this.#guarded(() => {
        const record = log.read(known.location);
        assert(record.kind === "batch", "a batch lies where it was appended");
        return log.appendBatch(record.batchHash, record.bytes);
      });
      if (location === undefined) return;
      this.#batches.set(key, { ...known, location });
    }
  }

  /** Recovery reads from here: the oldest record that no final block has taken up. */
  #firstNeededSegment(): number {
    let first = this.#options.log.lastSegment();
    for (const { location } of this.#batches.values()) first = Math.min(first, location.segment);
    for (const { location } of this.#blocks.values()) first = Math.min(first, location.segment);
    for (const { locations } of this.#pendingFinals.values()) {
      const parts = [locations.block, locations.final, ...locations.batches];
      for (const { segment } of parts) first = Math.min(first, segment);
    }
    return first;
  }

  get appliedHeight(): number {
    return this.#applied.height;
  }

  #fail(error: Error): void {
    this.#hasFailed = true;
    this.#options.failed(error);
  }

  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#fail(error as Error);
      return undefined;
    }
  }
}
