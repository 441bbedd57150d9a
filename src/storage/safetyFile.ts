/**
 * The safety file: every vote that this validator signed, with every certificate that permitted it
 * (consensus-check.md section 3, W1 to W4 and W10). It only records; the signer decides.
 */

import { toHex } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { CodecError } from "../codec/errors.js";
import { bool, codes, count, decode, encode, type Infer, struct } from "../codec/schema.js";
import type { FlushDone } from "../ports/fileSystem.js";
import { hash } from "../types/primitives.js";
import {
  type Certificate,
  certificate as certificateSchema,
  statementKey,
  VOTE_KIND,
  type VoteKind,
} from "../types/vote.js";
import { storageError } from "./errors.js";
import {
  type Opened,
  type PruningFloor,
  RecordFile,
  type RecordFileOptions,
} from "./recordFile.js";
import { type RecordFileKind, type RecordFilePlace, SegmentChainReader } from "./segmentChain.js";

const VOTE_RECORD = 1;
const CERTIFICATE_RECORD = 2;

const voteRecord = struct({
  /** Whether this Notarize vote is the signature of an own proposal (CON-W1). */
  isProposal: bool,
  kind: codes<VoteKind>([1, 2, 3], "vote kind"),
  epoch: count,
  view: count,
  blockHash: hash,
  result: hash,
});

/** A statement that the key may have signed. */
export type CastRecord = Infer<typeof voteRecord>;

export interface SafetyFileOptions extends RecordFileOptions {
  /** Smaller in tests, so that segments roll and are pruned. */
  readonly segmentSizeBytes?: number;
}

function kindOf(segmentSizeBytes: number): RecordFileKind {
  return {
    name: "safety",
    code: 1,
    corruptCode: "SAFETY_CORRUPT",
    segmentSizeBytes,
    recordSizeBytesMax: LIMITS.certificateSizeBytesMax,
    isPreallocated: true,
    isWhole: true,
  };
}

/** Own votes of one view. */
interface ViewRecord {
  readonly epoch: number;
  readonly view: number;
  readonly votes: Map<VoteKind, CastRecord>;
  readonly certificates: Map<string, Certificate>;
}

function isBelow(epoch: number, view: number, floor: PruningFloor): boolean {
  return epoch < floor.epoch || (epoch === floor.epoch && view < floor.view);
}

/** What a certificate states: two certificates of one statement serve alike. */
function keyOf(certificate: Certificate): string {
  return `${certificate.kind}${statementKey(certificate)}`;
}

function copyOf(certificate: Certificate): Certificate {
  // Read from a segment, its byte strings are views of that whole segment.
  return decode(certificateSchema, encode(certificateSchema, certificate));
}

export class SafetyFile {
  readonly #records: RecordFile;
  readonly #views = new Map<string, ViewRecord>();
  readonly #segmentSizeBytes: number;
  #sizeBytesAtBase: number;
  #floor: PruningFloor;
  readonly #wasFounded: boolean;

  private constructor(records: RecordFile, segmentSizeBytes: number, directory: string) {
    this.#records = records;
    this.#wasFounded = records.wasFounded();
    this.#segmentSizeBytes = segmentSizeBytes;
    this.#floor = records.floor;
    records.scan(records.firstSegment(), (record, segment) => {
      try {
        if (record.type === VOTE_RECORD) this.#indexVote(decode(voteRecord, record.body.slice()));
        else if (record.type === CERTIFICATE_RECORD) {
          this.#indexCertificate(decode(certificateSchema, record.body.slice()));
        } else throw this.#foreign(directory, segment, record.offset, `type ${record.type}`);
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
        throw this.#foreign(directory, segment, record.offset, error.message);
      }
    });
    this.#sizeBytesAtBase = 0;
  }

  /** Opens the file; `opened` is answered when what was recovered is durable. */
  static open(options: SafetyFileOptions, opened: (outcome: Opened<SafetyFile>) => void): void {
    const segmentSizeBytes = options.segmentSizeBytes ?? LIMITS.safetySegmentSizeBytes;
    RecordFile.open(kindOf(segmentSizeBytes), options, (outcome) => {
      if (!outcome.ok) {
        opened(outcome);
        return;
      }
      let file: SafetyFile;
      try {
        file = new SafetyFile(outcome.value, segmentSizeBytes, options.directory);
      } catch (error) {
        opened({ ok: false, error: error as Error });
        return;
      }
      opened({ ok: true, value: file });
    });
  }

  /**
   * Whether this directory holds a safety file that an earlier run founded: at least one segment
   * that is sound. A start founds one where there is none, so it is to be asked before.
   *
   * @throws {FondacoError} WRONG_CHAIN, WRONG_VALIDATOR, SAFETY_CORRUPT.
   */
  static isFounded(place: RecordFilePlace): boolean {
    const kind = kindOf(LIMITS.safetySegmentSizeBytes);
    return new SegmentChainReader(kind, place).find().segments.length > 0;
  }

  #foreign(directory: string, segment: number, offset: number, why: string): Error {
    return storageError(
      "SAFETY_CORRUPT",
      directory,
      `safety segment ${segment} in ${directory} holds a record at byte ${offset} that this ` +
        `version does not know (${why}): start the version that wrote it`,
      { offset },
    );
  }

  /** Views below it were pruned; nothing may be signed for them. */
  get floor(): PruningFloor {
    return this.#floor;
  }

  /** Whether no earlier run recorded anything: beside a log with blocks, a lost safety file. */
  isNew(): boolean {
    return this.#views.size === 0 && this.#records.isNew();
  }

  /** Captured at opening: whether an earlier run founded the file, be it without a vote. */
  get wasFounded(): boolean {
    return this.#wasFounded;
  }

  #viewOf(epoch: number, view: number): ViewRecord {
    const key = `${epoch}:${view}`;
    let record = this.#views.get(key);
    if (record === undefined) {
      record = { epoch, view, votes: new Map(), certificates: new Map() };
      this.#views.set(key, record);
    }
    return record;
  }

  #indexVote(record: CastRecord): void {
    const { votes } = this.#viewOf(record.epoch, record.view);
    const before = votes.get(record.kind);
    // A proposal stays one: the leader sends it again after a restart (CON-W1).
    if (before === undefined || record.isProposal) votes.set(record.kind, record);
  }

  #indexCertificate(certificate: Certificate): void {
    const { certificates } = this.#viewOf(certificate.epoch, certificate.view);
    certificates.set(keyOf(certificate), certificate);
  }

  voteIn(kind: VoteKind, epoch: number, view: number): CastRecord | undefined {
    return this.#views.get(`${epoch}:${view}`)?.votes.get(kind);
  }

  /** Certificates of a view. */
  certificatesIn(epoch: number, view: number): readonly Certificate[] {
    return [...(this.#views.get(`${epoch}:${view}`)?.certificates.values() ?? [])];
  }

  isBelowFloor(epoch: number, view: number): boolean {
    return isBelow(epoch, view, this.#floor);
  }

  appendVote(record: CastRecord): void {
    this.#indexVote(record);
    this.#records.append(VOTE_RECORD, encode(voteRecord, record));
  }

  /** Appends a certificate unless one of the same statement is here. */
  appendCertificate(certificate: Certificate): void {
    const { epoch, view } = certificate;
    if (this.isBelowFloor(epoch, view)) return;
    if (this.#views.get(`${epoch}:${view}`)?.certificates.has(keyOf(certificate))) return;
    const copy = copyOf(certificate);
    this.#indexCertificate(copy);
    this.#records.append(CERTIFICATE_RECORD, encode(certificateSchema, copy));
  }

  flush(done: FlushDone): void {
    this.#records.flush(done);
  }

  /** All records above the floor, by (epoch, view). */
  recover(): {
    readonly votes: readonly CastRecord[];
    readonly certificates: readonly Certificate[];
  } {
    const views = [...this.#views.values()]
      .filter(({ epoch, view }) => !isBelow(epoch, view, this.#floor))
      .sort((a, b) => a.epoch - b.epoch || a.view - b.view);
    return {
      votes: views.flatMap(({ votes }) => [...votes.values()]),
      certificates: views.flatMap(({ certificates }) => [...certificates.values()]),
    };
  }

  /**
   * Forgets views that `finalization` leaves more than 64 behind (CON-W10). First the finalization
   * itself is made durable here; then a new segment, whose header carries the new floor, takes what
   * is kept; when that is durable, older segments are removed. Works only when half a segment would
   * be freed; answers at once otherwise.
   */
  prune(finalization: Certificate, done: FlushDone): void {
    if (finalization.kind !== VOTE_KIND.finalize) {
      throw new TypeError(`a ${finalization.kind} certificate of ${toHex(finalization.blockHash)}`);
    }
    const { epoch } = finalization;
    const view = finalization.view - LIMITS.viewsBehindMax;
    const floor = { epoch, view };
    const grown = this.#records.sizeBytes() - this.#sizeBytesAtBase;
    const isWorthwhile = grown >= this.#segmentSizeBytes / 2;
    if (view <= 0 || isBelow(epoch, view, this.#floor) || !isWorthwhile) {
      done(undefined);
      return;
    }
    this.appendCertificate(finalization);
    this.flush((error) => {
      if (error !== undefined) done(error);
      else if (isBelow(epoch, view, this.#floor)) done(undefined);
      else this.#rewrite(floor, done);
    });
  }

  #rewrite(floor: PruningFloor, done: FlushDone): void {
    let first: number;
    try {
      this.#floor = floor;
      for (const [key, { epoch, view }] of this.#views) {
        if (isBelow(epoch, view, floor)) this.#views.delete(key);
      }
      this.#records.roll(floor);
      first = this.#records.lastSegment();
      const { votes, certificates } = this.recover();
      for (const kept of certificates) {
        this.#records.append(CERTIFICATE_RECORD, encode(certificateSchema, kept));
      }
      for (const vote of votes) this.#records.append(VOTE_RECORD, encode(voteRecord, vote));
    } catch (error) {
      done(error as Error);
      return;
    }
    this.#records.removeBelow(first, (error) => {
      this.#sizeBytesAtBase = this.#records.sizeBytes();
      done(error);
    });
  }

  close(done: FlushDone): void {
    this.#records.close(done);
  }
}
