/** The log: batches, blocks, finality and outcomes, append-only (DESIGN.md section 6). */

import { LIMITS } from "../base/limits.js";
import { CodecError } from "../codec/errors.js";
import { Reader } from "../codec/reader.js";
import { bytes, count, encode, type Infer, option, struct } from "../codec/schema.js";
import type { FlushDone } from "../ports/fileSystem.js";
import { type Hash, hash } from "../types/primitives.js";
import { storageError } from "./errors.js";
import { type Location, type Opened, RecordFile, type RecordFileOptions } from "./recordFile.js";
import type { SegmentRecord } from "./segment.js";
import type { RecordFileKind } from "./segmentChain.js";

const TYPE = { batch: 1, block: 2, final: 3, executed: 4 } as const;

const finalRecord = struct({
  height: count,
  view: count,
  blockHash: hash,
  /** BCS of the finalization certificate; only the last block that it makes final has it. */
  certificateBytes: option(bytes(LIMITS.certificateSizeBytesMax)),
});

/** A record of the log. Byte strings are as they were appended. */
export type LogRecord =
  | { readonly kind: "batch"; readonly batchHash: Hash; readonly bytes: Uint8Array }
  | { readonly kind: "block"; readonly blockHash: Hash; readonly bytes: Uint8Array }
  | ({ readonly kind: "final" } & Infer<typeof finalRecord>)
  | { readonly kind: "executed"; readonly height: number; readonly bytes: Uint8Array };

export interface ChainLogOptions extends RecordFileOptions {
  /** Smaller in tests; at least the largest record. */
  readonly segmentSizeBytes?: number;
  readonly recordSizeBytesMax?: number;
}

function kindOf(options: ChainLogOptions): RecordFileKind {
  return {
    name: "log",
    code: 2,
    corruptCode: "LOG_CORRUPT",
    segmentSizeBytes: options.segmentSizeBytes ?? LIMITS.logSegmentSizeBytes,
    recordSizeBytesMax: options.recordSizeBytesMax ?? LIMITS.logRecordSizeBytesMax,
    isPreallocated: false,
    isWhole: false,
  };
}

export class ChainLog {
  readonly #records: RecordFile;
  readonly #directory: string;

  private constructor(records: RecordFile, directory: string) {
    this.#records = records;
    this.#directory = directory;
  }

  /** Opens the log; `opened` is answered when what was recovered is durable. */
  static open(options: ChainLogOptions, opened: (outcome: Opened<ChainLog>) => void): void {
    RecordFile.open(kindOf(options), options, (outcome) => {
      if (!outcome.ok) opened(outcome);
      else opened({ ok: true, value: new ChainLog(outcome.value, options.directory) });
    });
  }

  /** Appends a batch as its author signed it. Whether it is here already is the caller's to know. */
  appendBatch(batchHash: Hash, batchBytes: Uint8Array): Location {
    return this.#records.append(TYPE.batch, batchHash, batchBytes);
  }

  appendBlock(blockHash: Hash, blockBytes: Uint8Array): Location {
    return this.#records.append(TYPE.block, blockHash, blockBytes);
  }

  /** States that a block is final: once for each, in order of height. */
  appendFinal(
    height: number,
    view: number,
    blockHash: Hash,
    certificateBytes: Uint8Array | undefined,
  ): Location {
    const body = encode(finalRecord, { height, view, blockHash, certificateBytes });
    return this.#records.append(TYPE.final, body);
  }

  /** Receipts and events of a final block. Need not be flushed: execution gives them again. */
  appendExecuted(height: number, executedBytes: Uint8Array): Location {
    return this.#records.append(TYPE.executed, encode(count, height), executedBytes);
  }

  /** Calls back, in order, when everything appended before is durable; see {@link RecordFile.flush}. */
  flush(done: FlushDone, canWait = false): void {
    this.#records.flush(done, canWait);
  }

  /**
   * The record at `location`; its bytes are the caller's.
   *
   * @throws {FondacoError} FILE_MISSING if it was pruned, LOG_CORRUPT if it is damaged.
   */
  read(location: Location): LogRecord {
    return this.#decode(this.#records.read(location), location.segment);
  }

  /**
   * Visits every record from the start of a segment on, in the order in which they were appended.
   * Byte strings are views of a whole segment: copy what is kept.
   *
   * @throws {FondacoError} FILE_MISSING if that segment is not here, LOG_CORRUPT if one is damaged.
   */
  scan(fromSegment: number, visit: (record: LogRecord, location: Location) => void): void {
    this.#records.scan(fromSegment, (record, segment) => {
      const location = { segment, offset: record.offset, length: record.body.length };
      visit(this.#decode(record, segment), location);
    });
  }

  /** Whether no earlier run left a record. */
  isNew(): boolean {
    return this.#records.isNew();
  }

  /** The oldest segment that is here: where a scan of everything begins. */
  firstSegment(): number {
    return this.#records.firstSegment();
  }

  /** The segment that the next record goes to, at the earliest. */
  lastSegment(): number {
    return this.#records.lastSegment();
  }

  /** Removes segments below `belowSegment`; what they hold can be read no more. */
  prune(belowSegment: number, done: FlushDone): void {
    this.#records.removeBelow(belowSegment, done);
  }

  close(done: FlushDone): void {
    this.#records.close(done);
  }

  #decode(record: SegmentRecord, segment: number): LogRecord {
    try {
      const reader = new Reader(record.body);
      switch (record.type) {
        case TYPE.batch:
          return { kind: "batch", batchHash: hash.read(reader), bytes: rest(reader) };
        case TYPE.block:
          return { kind: "block", blockHash: hash.read(reader), bytes: rest(reader) };
        case TYPE.executed:
          return { kind: "executed", height: count.read(reader), bytes: rest(reader) };
        case TYPE.final: {
          const fields = finalRecord.read(reader);
          reader.end();
          return { kind: "final", ...fields };
        }
        default:
          throw this.#foreign(segment, record.offset, `type ${record.type}`);
      }
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      throw this.#foreign(segment, record.offset, error.message);
    }
  }

  #foreign(segment: number, offset: number, why: string): Error {
    return storageError(
      "LOG_CORRUPT",
      this.#directory,
      `log segment ${segment} in ${this.#directory} holds a record at byte ${offset} that this ` +
        `version does not know (${why}): start the version that wrote it`,
      { offset },
    );
  }
}

function rest(reader: Reader): Uint8Array {
  return reader.raw(reader.remaining);
}
