import { assert, present } from "../base/assert.js";
import type { File, FlushDone } from "../ports/fileSystem.js";
import { storageError } from "./errors.js";
import { GroupCommit } from "./groupCommit.js";
import { OpenFiles } from "./openFiles.js";
import type { Location, Opened, RecordFileOptions } from "./recordFileOptions.js";
import {
  decodeRecord,
  encodeRecord,
  encodeSegmentHeader,
  type PruningFloor,
  RECORD_OVERHEAD_SIZE_BYTES,
  SEGMENT_HEADER_SIZE_BYTES,
  type SegmentHeader,
  type SegmentRecord,
  segmentSeed,
} from "./segment.js";
import {
  BASE_RECORD,
  baseBody,
  type RecordFileKind,
  type SegmentChain,
  SegmentChainReader,
  segmentPath,
  segmentsIn,
} from "./segmentChain.js";

export type { Location, Opened, PruningFloor, RecordFileOptions };

const NOTHING = new Uint8Array(0);

interface Segment {
  readonly number: number;
  readonly seed: number;
  readonly path: string;
  readonly file: File;
  /** Where the next record goes. */
  end: number;
  /** Below this, and in all earlier segments, everything is flushed. */
  durable: number;
  /** Whether the directory was flushed after the file had been made. */
  isListed: boolean;
}

/**
 * An append-only sequence of records in segments (README.md, "Record files"). What was appended is
 * durable when a later `flush` has called back; after any error of the disk nothing is taken again.
 */
export class RecordFile {
  readonly #kind: RecordFileKind;
  readonly #options: RecordFileOptions;
  readonly #chain: SegmentChainReader;
  /** End of each earlier segment that counts. */
  readonly #ends = new Map<number, number>();
  readonly #open: OpenFiles;
  readonly #commits: GroupCommit;
  /** Segments with records that no flush has covered yet, ascending; the last one is written to. */
  #dirty: Segment[] = [];
  #current: Segment | undefined;
  #floor: PruningFloor;
  /** Segments below it were given up. */
  #firstSegment: number;
  #error: Error | undefined;

  private constructor(kind: RecordFileKind, options: RecordFileOptions, found: SegmentChain) {
    this.#kind = kind;
    this.#options = options;
    this.#chain = new SegmentChainReader(kind, options);
    this.#open = new OpenFiles(options.fileSystem, (segment) => this.#path(segment));
    this.#commits = new GroupCommit(options.defer, (done) => this.#flushDirty(done), options.pace);
    for (const { header, end } of found.segments) this.#ends.set(header.segment, end);
    this.#firstSegment = found.firstSegment;
    const last = found.segments.at(-1)?.header;
    this.#floor = { epoch: Number(last?.floorEpoch ?? 0), view: Number(last?.floorView ?? 0) };
  }

  /**
   * Finds the records of earlier runs, cuts a torn tail off, begins a segment of its own and makes
   * all that durable before it answers: what a crashed process had only in the cache counts now.
   *
   * Errors: WRONG_CHAIN, WRONG_VALIDATOR, LOG_CORRUPT, SAFETY_CORRUPT, DISK_FULL, FILE_ERROR.
   */
  static open(
    kind: RecordFileKind,
    options: RecordFileOptions,
    opened: (outcome: Opened<RecordFile>) => void,
  ): void {
    assert(
      kind.recordSizeBytesMax + RECORD_OVERHEAD_SIZE_BYTES + SEGMENT_HEADER_SIZE_BYTES <=
        kind.segmentSizeBytes,
      "the largest record must fit a segment",
    );
    try {
      const { fileSystem, directory } = options;
      fileSystem.createDirectory(directory);
      const found = new SegmentChainReader(kind, options).find();
      const recordFile = new RecordFile(kind, options, found);
      const last = found.segments.at(-1);
      if (last !== undefined) recordFile.#cutTail(last.header.segment, last.end);
      for (const segment of found.unproven) recordFile.#dirty.push(recordFile.#reopen(segment));
      recordFile.#begin(found.nextSegment, last?.header.segment ?? 0, last?.end ?? 0);
      recordFile.flush((error) => {
        if (error !== undefined) {
          opened({ ok: false, error });
          return;
        }
        try {
          // Not before: what says that they do not count may have been in the cache only.
          for (const segment of found.leftovers) {
            fileSystem.remove(segmentPath(directory, kind, segment));
          }
        } catch (removeError) {
          opened({ ok: false, error: removeError as Error });
          return;
        }
        opened({ ok: true, value: recordFile });
      });
    } catch (error) {
      opened({ ok: false, error: error as Error });
    }
  }

  get floor(): PruningFloor {
    return this.#floor;
  }

  firstSegment(): number {
    return Math.min(this.lastSegment(), ...this.#ends.keys());
  }

  lastSegment(): number {
    return this.#writing().number;
  }

  /** Whether an earlier run founded it, be it without leaving a record. */
  wasFounded(): boolean {
    return this.#ends.size > 0;
  }

  /** Whether no earlier run left a record. */
  isNew(): boolean {
    for (const end of this.#ends.values()) if (end > SEGMENT_HEADER_SIZE_BYTES) return false;
    return this.#writing().end === SEGMENT_HEADER_SIZE_BYTES;
  }

  /** Bytes of records in all segments. */
  sizeBytes(): number {
    let sum = this.#writing().end;
    for (const end of this.#ends.values()) sum += end;
    return sum;
  }

  #writing(): Segment {
    return present(this.#current, "an open record file has a segment to write to");
  }

  #path(segment: number): string {
    return segmentPath(this.#options.directory, this.#kind, segment);
  }

  #seed(segment: number): number {
    const { genesisHash, validatorId } = this.#options;
    return segmentSeed(this.#kind.code, genesisHash, validatorId, segment);
  }

  /** Gives the disk back what lies after the end; ignored by every reader, so it may be lost. */
  #cutTail(segment: number, end: number): void {
    const file = this.#options.fileSystem.open(this.#path(segment), "existing");
    try {
      if (file.sizeBytes() > end) file.truncate(end);
    } finally {
      file.close();
    }
  }

  #reopen(number: number): Segment {
    const path = this.#path(number);
    const end = present(this.#ends.get(number), "only a segment of the chain is flushed again");
    const file = this.#options.fileSystem.open(path, "existing");
    return { number, seed: this.#seed(number), path, file, end, durable: 0, isListed: false };
  }

  #begin(number: number, previousSegment: number, previousEnd: number): void {
    const { fileSystem, genesisHash, validatorId } = this.#options;
    const path = this.#path(number);
    const file = fileSystem.open(path, "new");
    const header: SegmentHeader = {
      kind: this.#kind.code,
      genesisHash,
      validatorId,
      segment: number,
      previousSegment,
      previousEnd,
      firstSegment: this.#firstSegment,
      floorEpoch: BigInt(this.#floor.epoch),
      floorView: BigInt(this.#floor.view),
    };
    try {
      if (this.#kind.isPreallocated) file.allocate(this.#kind.segmentSizeBytes);
      file.write(0, encodeSegmentHeader(header));
    } catch (error) {
      file.close();
      throw error;
    }
    const end = SEGMENT_HEADER_SIZE_BYTES;
    const seed = this.#seed(number);
    this.#current = { number, seed, path, file, end, durable: 0, isListed: false };
    this.#dirty.push(this.#current);
  }

  /** Begins the next segment. With a floor, its header carries it from now on. */
  roll(floor: PruningFloor = this.#floor): void {
    this.#run(() => {
      const full = this.#writing();
      this.#floor = floor;
      this.#ends.set(full.number, full.end);
      if (full.durable === full.end) full.file.close();
      this.#begin(full.number + 1, full.number, full.end);
    });
  }

  /** After an error of the disk the file is in doubt: nothing but a restart may use it again. */
  #run<T>(work: () => T): T {
    if (this.#error !== undefined) throw this.#error;
    try {
      return work();
    } catch (error) {
      this.#error = error as Error;
      throw error;
    }
  }

  /**
   * Appends a record whose body is `head` and then `rest`; `type` is 1 to 254.
   *
   * @throws {FondacoError} DISK_FULL, FILE_ERROR: this file must not be used any more.
   */
  append(type: number, head: Uint8Array, rest: Uint8Array = NOTHING): Location {
    assert(type > 0 && type < BASE_RECORD, "a record type is 1 to 254");
    return this.#append(type, head, rest);
  }

  #append(type: number, head: Uint8Array, rest: Uint8Array): Location {
    const length = head.length + rest.length;
    assert(length <= this.#kind.recordSizeBytesMax, "a record above its maximum");
    const size = length + RECORD_OVERHEAD_SIZE_BYTES;
    if (this.#writing().end + size > this.#kind.segmentSizeBytes) this.roll();
    return this.#run(() => {
      const segment = this.#writing();
      const offset = segment.end;
      const { seed, durable } = segment;
      segment.file.write(offset, encodeRecord(seed, offset, type, durable, head, rest));
      segment.end += size;
      if (this.#dirty.at(-1) !== segment) this.#dirty.push(segment);
      return { segment: segment.number, offset, length };
    });
  }

  /**
   * Calls back, in order, when everything appended before is durable. Callers of one turn share a
   * flush; those that come while one is under way share the next. Who `canWait` begins none at once
   * after another (`RecordFileOptions.pace`).
   */
  flush(done: FlushDone, canWait = false): void {
    this.#commits.flush(done, canWait);
  }

  #flushDirty(done: FlushDone): void {
    if (this.#error !== undefined) {
      done(this.#error);
      return;
    }
    const targets = this.#dirty.map((segment) => ({ segment, end: segment.end }));
    // What is appended from now on waits for the next flush.
    this.#dirty = [];
    this.#flushNext(targets, 0, (error) => {
      if (error !== undefined) this.#error ??= error;
      done(this.#error);
    });
  }

  /** Oldest first: a byte is marked durable only when all before it are. */
  #flushNext(
    targets: readonly { readonly segment: Segment; readonly end: number }[],
    index: number,
    done: FlushDone,
  ): void {
    const target = targets[index];
    if (target === undefined) {
      done(undefined);
      return;
    }
    const { segment, end } = target;
    const flushed = (error: Error | undefined): void => {
      if (error !== undefined) {
        done(error);
        return;
      }
      segment.isListed = true;
      segment.durable = end;
      if (segment !== this.#current && !this.#dirty.includes(segment)) segment.file.close();
      this.#flushNext(targets, index + 1, done);
    };
    segment.file.flush((error) => {
      if (error !== undefined || segment.isListed) flushed(error);
      else this.#options.fileSystem.flushDirectory(this.#options.directory, flushed);
    });
  }

  /**
   * The record at `location`, checked again.
   *
   * @throws {FondacoError} FILE_MISSING if it was pruned; LOG_CORRUPT, SAFETY_CORRUPT if damaged.
   */
  read(location: Location): SegmentRecord {
    const { segment, offset, length } = location;
    const path = this.#path(segment);
    if (length > this.#kind.recordSizeBytesMax) {
      throw this.#chain.corrupt(path, offset, "a record there would be too long");
    }
    const file = this.#fileOf(segment);
    const bytes = file.read(offset, length + RECORD_OVERHEAD_SIZE_BYTES);
    const seed = this.#seed(segment);
    const record = decodeRecord(bytes, 0, offset, seed, this.#kind.recordSizeBytesMax);
    if (record === undefined || record.body.length !== length) {
      throw this.#chain.corrupt(path, offset, "the record there is invalid");
    }
    return record;
  }

  #fileOf(number: number): File {
    if (number === this.#current?.number) return this.#current.file;
    if (!this.#ends.has(number)) {
      const path = this.#path(number);
      throw storageError("FILE_MISSING", path, `${path} was pruned: ask a member that keeps it`);
    }
    return this.#open.get(number);
  }

  /**
   * Visits all records from the start of `fromSegment`. Bodies are views of a buffer: copy what is
   * kept.
   *
   * @throws {FondacoError} FILE_MISSING if that segment is not here; LOG_CORRUPT, SAFETY_CORRUPT.
   */
  scan(fromSegment: number, visit: (record: SegmentRecord, segment: number) => void): void {
    const numbers = [...this.#ends.keys(), this.lastSegment()];
    const wanted = numbers.filter((number) => number >= fromSegment).sort((a, b) => a - b);
    if (!numbers.includes(fromSegment)) {
      const path = this.#path(fromSegment);
      throw storageError("FILE_MISSING", path, `${path} is missing: its records are needed`);
    }
    for (const number of wanted) {
      const end = this.#ends.get(number) ?? this.#writing().end;
      this.#chain.scan(number, end, (record) => {
        if (record.type !== BASE_RECORD) visit(record, number);
      });
    }
  }

  /**
   * Removes segments below `segment`, when a record that says so is durable: a start must not take
   * them for lost.
   */
  removeBelow(segment: number, done: FlushDone): void {
    assert(segment <= this.lastSegment(), "the segment that is written to is kept");
    if (this.firstSegment() >= segment) {
      done(undefined);
      return;
    }
    try {
      this.#append(BASE_RECORD, baseBody(segment), NOTHING);
      this.#firstSegment = segment;
    } catch (error) {
      done(error as Error);
      return;
    }
    this.flush((error) => {
      if (error !== undefined) {
        done(error);
        return;
      }
      try {
        this.#run(() => this.#remove(segment));
      } catch (removeError) {
        done(removeError as Error);
        return;
      }
      done(undefined);
    });
  }

  #remove(below: number): void {
    const { fileSystem, directory } = this.#options;
    for (const number of segmentsIn(fileSystem, directory, this.#kind)) {
      if (number >= below) continue;
      this.#open.close(number);
      this.#ends.delete(number);
      fileSystem.remove(this.#path(number));
    }
  }

  /** Flushes, then closes all files. The record file must not be used any more. */
  close(done: FlushDone): void {
    this.flush((error) => {
      this.#open.closeAll();
      for (const { file } of this.#dirty) file.close();
      this.#current?.file.close();
      this.#error ??= storageError("FILE_ERROR", this.#options.directory, "the file was closed");
      done(error);
    });
  }
}
