/**
 * One segment of a record file as bytes: a header of 128 bytes, then records (README.md, "Record
 * files"). A segment is written once from front to back and never again, so no stale byte can be
 * taken for a record; what its end is, the next segment's header says.
 */

import { equalBytes, isZero, utf8 } from "../base/bytes.js";
import { Reader } from "../codec/reader.js";
import { encode, fixedBytes, type Infer, struct, u8, u32, u64 } from "../codec/schema.js";
import { hash } from "../types/primitives.js";
import { crc32c } from "./crc32c.js";

export const SEGMENT_HEADER_SIZE_BYTES = 128;
/** len u32, type u8, durable u32 before the body, crc32c u32 after it. */
export const RECORD_PREFIX_SIZE_BYTES = 9;
export const RECORD_OVERHEAD_SIZE_BYTES = RECORD_PREFIX_SIZE_BYTES + 4;

const MAGIC = utf8("FONDACO-SEGMENT1");

const headerFields = struct({
  magic: fixedBytes(16),
  kind: u8,
  genesisHash: hash,
  validatorId: hash,
  segment: u32,
  /** The segment before, and where its records end; both 0 for the first. */
  previousSegment: u32,
  previousEnd: u32,
  /** Segments below this one are not needed any more, though they may still be here. */
  firstSegment: u32,
  /** Safety file: views below (epoch, view) are never signed for again (CON-W10). */
  floorEpoch: u64,
  floorView: u64,
  reserved: fixedBytes(11),
});

export type SegmentHeader = Omit<Infer<typeof headerFields>, "magic" | "reserved">;

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_SIZE_BYTES);
  bytes.set(encode(headerFields, { ...header, magic: MAGIC, reserved: new Uint8Array(11) }));
  new DataView(bytes.buffer).setUint32(124, crc32c(bytes, 0, 124), true);
  return bytes;
}

/** The header, or undefined where the bytes are none (torn, or damaged). */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_SIZE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(124, true) !== crc32c(bytes, 0, 124)) return undefined;
  const fields = headerFields.read(new Reader(bytes.slice(0, 124)));
  if (!equalBytes(fields.magic, MAGIC) || !isZero(fields.reserved)) return undefined;
  return fields;
}

/** What a segment's records are bound to: a record of another file or segment has a wrong crc. */
export function segmentSeed(
  kind: number,
  genesisHash: Uint8Array,
  validatorId: Uint8Array,
  segment: number,
): number {
  const identity = struct({ kind: u8, genesisHash: hash, validatorId: hash, segment: u32 });
  return crc32c(encode(identity, { kind, genesisHash, validatorId, segment }));
}

export interface SegmentRecord {
  /** Where the record begins in its segment. */
  readonly offset: number;
  /** 1 to 255. */
  readonly type: number;
  /** Every byte of this and earlier segments below this offset was flushed when it was written. */
  readonly durable: number;
  readonly body: Uint8Array;
}

/**
 * One record, its body given in two parts, so that nobody has to join them before. The crc also
 * covers where it stands: copied elsewhere it is none.
 */
export function encodeRecord(
  seed: number,
  offset: number,
  type: number,
  durable: number,
  head: Uint8Array,
  rest: Uint8Array,
): Uint8Array {
  const length = head.length + rest.length;
  // No zeros first: every byte is written.
  const bytes = Buffer.allocUnsafe(length + RECORD_OVERHEAD_SIZE_BYTES);
  bytes.writeUInt32LE(length, 0);
  bytes[4] = type;
  bytes.writeUInt32LE(durable, 5);
  bytes.set(head, RECORD_PREFIX_SIZE_BYTES);
  bytes.set(rest, RECORD_PREFIX_SIZE_BYTES + head.length);
  const end = RECORD_PREFIX_SIZE_BYTES + length;
  bytes.writeUInt32LE(crc32c(bytes, 0, end, (seed ^ offset) >>> 0), end);
  return bytes;
}

/** The record at `at` of `bytes`, whose first byte has offset `base`; undefined if there is none. */
export function decodeRecord(
  bytes: Uint8Array,
  at: number,
  base: number,
  seed: number,
  bodySizeBytesMax: number,
): SegmentRecord | undefined {
  const left = bytes.length - at - RECORD_OVERHEAD_SIZE_BYTES;
  if (left < 0 || bytes[at + 4] === 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const length = view.getUint32(0, true);
  const durable = view.getUint32(5, true);
  if (length > left || length > bodySizeBytesMax || durable > base + at) return undefined;
  const end = RECORD_PREFIX_SIZE_BYTES + length;
  const offset = base + at;
  const crc = crc32c(bytes, at, at + end, (seed ^ offset) >>> 0);
  if (view.getUint32(end, true) !== crc) return undefined;
  const body = bytes.subarray(at + RECORD_PREFIX_SIZE_BYTES, at + end);
  return { offset, type: bytes[at + 4]!, durable, body };
}

export interface SegmentScan {
  /** Where the valid records end. */
  readonly end: number;
  /** Whether one of them proves that all earlier segments were flushed. */
  readonly provesDurable: boolean;
}

/** Visits the records of a whole segment up to the first that is none. */
export function scanSegment(
  bytes: Uint8Array,
  seed: number,
  bodySizeBytesMax: number,
  visit: (record: SegmentRecord) => void,
): SegmentScan {
  let at = SEGMENT_HEADER_SIZE_BYTES;
  let provesDurable = false;
  for (;;) {
    const record = decodeRecord(bytes, at, 0, seed, bodySizeBytesMax);
    if (record === undefined) return { end: Math.min(at, bytes.length), provesDurable };
    provesDurable ||= record.durable > 0;
    visit(record);
    at += record.body.length + RECORD_OVERHEAD_SIZE_BYTES;
  }
}

/**
 * Whether a record after `bad` was written when `bad` had been flushed: then the bytes at `bad` are
 * damaged, not torn. Without such a record they belong to a write that nobody was told about.
 */
export function wasDurable(
  bytes: Uint8Array,
  bad: number,
  seed: number,
  bodySizeBytesMax: number,
): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const last = bytes.length - RECORD_OVERHEAD_SIZE_BYTES;
  for (let at = Math.max(bad + 1, SEGMENT_HEADER_SIZE_BYTES); at <= last; at++) {
    if (bytes[at + 4] === 0 || view.getUint32(at + 5, true) <= bad) continue;
    if (decodeRecord(bytes, at, 0, seed, bodySizeBytesMax) !== undefined) return true;
  }
  return false;
}

/** Views below (epoch, view) were pruned: the header of each segment says so (CON-W10). */
export interface PruningFloor {
  readonly epoch: number;
  readonly view: number;
}
