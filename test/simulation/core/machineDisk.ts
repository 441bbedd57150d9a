/**
 * The disks of one machine: files and row stores that outlive processes, and a watch on the safety
 * file that knows which of its bytes a power cut cannot take away.
 */

import { encode } from "../../../src/codec/schema.js";
import type { File, FileSystem } from "../../../src/ports/fileSystem.js";
import type { RowStore } from "../../../src/ports/rowStore.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";
import { VOTE_KIND, vote as voteSchema } from "../../../src/types/vote.js";
import { MemoryRowDisk } from "../../support/memoryRowStore.js";
import { SimulatedDisk } from "../../support/simulatedFileSystem.js";
import { CheckFailure } from "../checkers/failure.js";
import type { SentVote } from "../checkers/voteWatch.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";

/** Kind, epoch, view, block hash, result: the first bytes of votes and certificates alike. */
const STATEMENT_SIZE_BYTES = 1 + 8 + 8 + 32 + 32;
/** A record with a certificate holds several signatures, one with a vote holds none. */
const CERTIFICATE_RECORD_SIZE_BYTES_MIN = STATEMENT_SIZE_BYTES + 64;
/** Records of so many writes are looked through, newest first. */
const WRITES_KEPT = 4_000;

interface WatchedFile {
  /** Written and in no finished flush. */
  pending: Buffer[];
}

export class MachineDisk {
  readonly #disk: SimulatedDisk;
  readonly #rowDisks = new Map<string, MemoryRowDisk>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #watched = new Map<string, WatchedFile>();
  #durable: Buffer[] = [];
  #flushMsMin = 0.2;
  #flushMsMax = 2;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#disk = new SimulatedDisk({
      schedule: (delayMs, callback) => void scheduler.after(delayMs, callback),
      flushDelayMs: () => this.#flushMs(),
    });
  }

  setFlushDelay(msMin: number, msMax: number): void {
    this.#flushMsMin = msMin;
    this.#flushMsMax = msMax;
  }

  #flushMs(): number {
    return this.#flushMsMin + this.#random.unit() * (this.#flushMsMax - this.#flushMsMin);
  }

  /** Ports of one process; dead when it ends. */
  ports(): { readonly fileSystem: FileSystem; openRowStore(path: string): RowStore } {
    const fileSystem = this.#disk.fileSystem();
    return {
      fileSystem: {
        ...fileSystem,
        open: (path, mode) => {
          const file = fileSystem.open(path, mode);
          return path.includes("safety") ? this.#watch(path, file) : file;
        },
      },
      openRowStore: (path) => {
        let rows = this.#rowDisks.get(path);
        if (rows === undefined) {
          rows = new MemoryRowDisk(
            (delayMs, callback) => void this.#scheduler.after(delayMs, callback),
            () => 2 * this.#flushMs(),
          );
          this.#rowDisks.set(path, rows);
        }
        return rows.open();
      },
    };
  }

  /** The process ended; the cache of the operating system lives on. */
  processEnded(): void {
    this.#disk.crash();
    for (const rows of this.#rowDisks.values()) rows.powerCut(() => this.#random.unit());
  }

  powerCut(): void {
    this.#disk.powerCut(() => this.#random.unit());
    for (const rows of this.#rowDisks.values()) rows.powerCut(() => this.#random.unit());
  }

  /** A human removed the safety file; the log is still there. */
  loseSafetyFile(): void {
    this.#lose("/safety/");
  }

  /** Copies the safety file, as a backup does that must never be restored. */
  copySafetyFile(): Map<string, Uint8Array> {
    const fileSystem = this.#disk.fileSystem();
    const copies = new Map<string, Uint8Array>();
    for (const path of this.#disk.paths()) {
      if (!path.includes("/safety/")) continue;
      const file = fileSystem.open(path, "existing");
      copies.set(path, file.read(0, file.sizeBytes()));
    }
    this.#disk.crash();
    return copies;
  }

  /** A human put an old copy in the safety file's place. */
  restoreSafetyFile(copies: ReadonlyMap<string, Uint8Array>): void {
    this.loseSafetyFile();
    for (const [path, bytes] of copies) this.#disk.replace(path, bytes);
  }

  /** A human removed the log; checkpoint and safety file are still there. */
  loseLog(): void {
    this.#lose("/log/");
  }

  #lose(directory: string): void {
    const fileSystem = this.#disk.fileSystem();
    for (const path of this.#disk.paths()) {
      if (path.includes(directory)) fileSystem.remove(path);
    }
    this.#disk.crash();
  }

  /** Of the safety file one segment is left, and nothing in it can be read. */
  spoilSafetyFile(): void {
    const paths = this.#disk.paths().filter((path) => path.includes("/safety/"));
    const newest = paths.at(-1);
    this.loseSafetyFile();
    if (newest !== undefined) this.#disk.replace(newest, new Uint8Array(4_096).fill(0x5a));
  }

  #watch(path: string, file: File): File {
    let watched = this.#watched.get(path);
    if (watched === undefined) {
      watched = { pending: [] };
      this.#watched.set(path, watched);
    }
    const { pending } = watched;
    return {
      sizeBytes: () => file.sizeBytes(),
      read: (offset, length) => file.read(offset, length),
      write: (offset, bytes) => {
        file.write(offset, bytes);
        // Kept through a power cut: what survives it counts once a later run has flushed it.
        pending.push(Buffer.from(bytes));
      },
      allocate: (sizeBytes) => file.allocate(sizeBytes),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      flush: (done) => {
        const covered = pending.length;
        const last = pending[covered - 1];
        file.flush((error) => {
          if (error === undefined && last !== undefined) {
            this.#durable.push(...pending.splice(0, pending.indexOf(last) + 1));
            if (this.#durable.length > 2 * WRITES_KEPT) {
              this.#durable = this.#durable.slice(-WRITES_KEPT);
            }
          }
          done(error);
        });
      },
      close: () => file.close(),
    };
  }

  /** CON-W1 to W4: the vote and the certificate that permitted it are durable before it is sent. */
  checkVoteIsDurable(voter: number, vote: SentVote): void {
    const record = Buffer.from(
      encode(voteSchema, { ...vote, voter: 0, signature: new Uint8Array(64) }),
    ).subarray(0, STATEMENT_SIZE_BYTES);
    const who = `validator ${voter} sent its vote ${vote.kind} of view ${vote.view}`;
    if (!this.#holds(record, false)) {
      throw new CheckFailure("durable-votes", `${who} before the vote's record was durable`);
    }
    if (vote.kind === VOTE_KIND.finalize) {
      const notarized = Buffer.from(record);
      notarized[0] = VOTE_KIND.notarize;
      notarized.set(ZERO_HASH, STATEMENT_SIZE_BYTES - 32);
      if (!this.#holds(notarized, true)) {
        throw new CheckFailure("durable-votes", `${who} before the notarization was durable`);
      }
      return;
    }
    if (vote.view === 1) return;
    // A view is entered by any certificate of the one before it.
    const entered = Object.values(VOTE_KIND).some((kind) => {
      const start = Buffer.from(record.subarray(0, 17));
      start[0] = kind;
      start.writeBigUInt64LE(BigInt(vote.view - 1), 9);
      return this.#holds(start, true);
    });
    if (!entered) {
      throw new CheckFailure("durable-votes", `${who} before what let it enter was durable`);
    }
  }

  #holds(bytes: Buffer, isCertificate: boolean): boolean {
    for (let i = this.#durable.length - 1; i >= 0; i--) {
      const write = this.#durable[i] as Buffer;
      if (write.length >= CERTIFICATE_RECORD_SIZE_BYTES_MIN !== isCertificate) continue;
      if (write.includes(bytes)) return true;
    }
    return false;
  }
}
