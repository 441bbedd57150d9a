/** Finds, at a start, which segments of a record file count and where the last of them ends. */

import { equalBytes } from "../base/bytes.js";
import type { FileSystem } from "../ports/fileSystem.js";
import { type StorageErrorCode, storageError } from "./errors.js";
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_SIZE_BYTES,
  type SegmentHeader,
  type SegmentRecord,
  scanSegment,
  segmentSeed,
  wasDurable,
} from "./segment.js";

/** Type of the record that says: segments below the one that it names are not needed any more. */
export const BASE_RECORD = 255;

export interface RecordFileKind {
  readonly name: string;
  readonly code: number;
  readonly corruptCode: StorageErrorCode;
  readonly segmentSizeBytes: number;
  readonly recordSizeBytesMax: number;
  /** Whether a segment gets its full size when it is made, so that its flushes move no metadata. */
  readonly isPreallocated: boolean;
  /** Whether every segment must be here from the first, or from the last base record, on. */
  readonly isWhole: boolean;
}

export interface RecordFilePlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly genesisHash: Uint8Array;
  readonly validatorId: Uint8Array;
}

export function segmentPath(directory: string, kind: RecordFileKind, segment: number): string {
  return `${directory}/${kind.name}-${String(segment).padStart(8, "0")}.seg`;
}

/** Numbers of the segment files in a directory, ascending. */
export function segmentsIn(
  fileSystem: FileSystem,
  directory: string,
  kind: RecordFileKind,
): number[] {
  const pattern = new RegExp(`^${kind.name}-(\\d{8})\\.seg$`);
  return fileSystem
    .list(directory)
    .map((name) => Number(pattern.exec(name)?.[1] ?? 0))
    .filter((segment) => segment > 0)
    .sort((a, b) => a - b);
}

export interface ChainedSegment {
  readonly header: SegmentHeader;
  /** Where its records end. */
  readonly end: number;
}

export interface SegmentChain {
  /** Ascending; empty for a new file. */
  readonly segments: readonly ChainedSegment[];
  /** Those of them that may not have been flushed by the process that wrote them. */
  readonly unproven: readonly number[];
  /** Files whose records do not count: superseded, or written after the end and never flushed. */
  readonly leftovers: readonly number[];
  /** Segments below it were given up. */
  readonly firstSegment: number;
  /** Above every number that any file has. */
  readonly nextSegment: number;
}

interface Candidate {
  readonly segment: number;
  readonly path: string;
  readonly header: SegmentHeader | undefined;
}

export class SegmentChainReader {
  constructor(
    readonly kind: RecordFileKind,
    readonly place: RecordFilePlace,
  ) {}

  #seed(segment: number): number {
    return segmentSeed(this.kind.code, this.place.genesisHash, this.place.validatorId, segment);
  }

  #readAll(path: string): Uint8Array {
    const file = this.place.fileSystem.open(path, "existing");
    try {
      const size = file.sizeBytes();
      if (size > this.kind.segmentSizeBytes) {
        throw this.corrupt(path, this.kind.segmentSizeBytes, "it is longer than a segment can be");
      }
      return file.read(0, size);
    } finally {
      file.close();
    }
  }

  corrupt(path: string, offset: number, why: string): Error {
    return storageError(
      this.kind.corruptCode,
      path,
      `${path} is damaged at byte ${offset}: ${why}. Keep the file and restore this validator ` +
        "from the other members of its network",
      { offset },
    );
  }

  #candidates(): Candidate[] {
    return segmentsIn(this.place.fileSystem, this.place.directory, this.kind).map((segment) => {
      const path = segmentPath(this.place.directory, this.kind, segment);
      return { segment, path, header: this.#header(path, segment) };
    });
  }

  #header(path: string, segment: number): SegmentHeader | undefined {
    const file = this.place.fileSystem.open(path, "existing");
    let header: SegmentHeader | undefined;
    try {
      header = decodeSegmentHeader(file.read(0, SEGMENT_HEADER_SIZE_BYTES));
    } finally {
      file.close();
    }
    if (header === undefined) return undefined;
    if (!equalBytes(header.genesisHash, this.place.genesisHash)) {
      throw storageError(
        "WRONG_CHAIN",
        path,
        `${path} belongs to another chain than the genesis file of this home`,
      );
    }
    if (!equalBytes(header.validatorId, this.place.validatorId)) {
      throw storageError(
        "WRONG_VALIDATOR",
        path,
        `${path} was written by another validator: it must never be used with this key`,
      );
    }
    if (header.kind !== this.kind.code || header.segment !== segment) {
      throw this.corrupt(path, 0, "it has the header of another file");
    }
    return header;
  }

  /**
   * Newest first: a segment whose records prove that what came before was flushed ends the search
   * for torn ends; before that, the first record that is none ends the file, unless a later one
   * proves that it was durable once.
   */
  find(): SegmentChain {
    const candidates = this.#candidates();
    const byNumber = new Map(candidates.map((candidate) => [candidate.segment, candidate]));
    const nextSegment = (candidates.at(-1)?.segment ?? 0) + 1;

    const newest = candidates.findLast((candidate) => candidate.header !== undefined);
    for (const { segment, path } of candidates) {
      if (newest !== undefined && segment <= newest.segment) continue;
      // Its header was never flushed, or it is damaged: then a record tells.
      if (this.#wasDurable(path, segment, 0)) throw this.corrupt(path, 0, "its header is damaged");
    }

    let segments: ChainedSegment[] = [];
    const unproven: number[] = [];
    let provesEarlier = false;
    let floor = 0;
    let limit: number | undefined;
    let number = newest?.segment ?? 0;
    let successor: string | undefined;
    while (number !== 0 && number >= floor) {
      const candidate = byNumber.get(number);
      const path = segmentPath(this.place.directory, this.kind, number);
      const header = candidate?.header;
      if (candidate === undefined && provesEarlier && !this.kind.isWhole) break;
      if (header === undefined) {
        if (provesEarlier || (candidate !== undefined && this.#wasDurable(path, number, 0))) {
          const what = candidate === undefined ? "it is missing" : "its header is damaged";
          throw this.corrupt(path, 0, `${what}, and ${successor} goes on from it`);
        }
        // Neither it nor what follows was ever flushed. It was begun because the one before was full,
        // for a process makes its first segment durable before it writes to it.
        const before = candidates.findLast((c) => c.segment < number && c.header !== undefined);
        segments = [];
        unproven.length = 0;
        floor = 0;
        limit = undefined;
        successor = path;
        number = before?.segment ?? 0;
        continue;
      }
      if (provesEarlier && !this.kind.isWhole) {
        segments.unshift({ header, end: limit ?? 0 });
      } else {
        const bytes = this.#readAll(path);
        const seen = bytes.subarray(0, limit ?? bytes.length);
        const seed = this.#seed(number);
        let base = 0;
        const scan = scanSegment(seen, seed, this.kind.recordSizeBytesMax, (record) => {
          if (record.type === BASE_RECORD) base = Math.max(base, baseOf(record));
        });
        const isShort = limit !== undefined && scan.end !== limit;
        if (isShort || limit === undefined) {
          const isDamaged =
            (isShort && provesEarlier) ||
            wasDurable(seen, scan.end, seed, this.kind.recordSizeBytesMax);
          if (isDamaged) {
            throw this.corrupt(path, scan.end, "a record there is invalid, one after it is not");
          }
        }
        if (isShort) {
          segments = [];
          unproven.length = 0;
          floor = 0;
        }
        if (!provesEarlier) unproven.unshift(number);
        segments.unshift({ header, end: scan.end });
        provesEarlier ||= scan.provesDurable;
        floor = Math.max(floor, base);
      }
      floor = Math.max(floor, header.firstSegment);
      limit = header.previousEnd;
      successor = path;
      number = header.previousSegment;
    }
    const kept = new Set(segments.map(({ header }) => header.segment));
    const oldest = segments[0]?.header.segment ?? 0;
    const leftovers = candidates
      .map(({ segment }) => segment)
      .filter((segment) => !kept.has(segment))
      .filter((segment) => this.kind.isWhole || segment > oldest || segment < floor);
    return { segments, unproven, leftovers, firstSegment: floor, nextSegment };
  }

  #wasDurable(path: string, segment: number, bad: number): boolean {
    return wasDurable(this.#readAll(path), bad, this.#seed(segment), this.kind.recordSizeBytesMax);
  }

  /**
   * Visits the records of a segment of the chain, from front to back.
   *
   * @throws {FondacoError} LOG_CORRUPT or SAFETY_CORRUPT if one before `end` is damaged.
   */
  scan(segment: number, end: number, visit: (record: SegmentRecord) => void): void {
    const path = segmentPath(this.place.directory, this.kind, segment);
    const bytes = this.#readAll(path).subarray(0, end);
    const max = this.kind.recordSizeBytesMax;
    const scan = scanSegment(bytes, this.#seed(segment), max, visit);
    if (scan.end !== end) throw this.corrupt(path, scan.end, "a record there is invalid");
  }
}

export function baseBody(firstSegment: number): Uint8Array {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setUint32(0, firstSegment, true);
  return body;
}

function baseOf(record: SegmentRecord): number {
  if (record.body.length !== 4) return 0;
  return new DataView(record.body.buffer, record.body.byteOffset).getUint32(0, true);
}
