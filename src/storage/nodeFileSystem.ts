import * as fs from "node:fs";
import { dirname } from "node:path";
import { createHistogram, performance, type RecordableHistogram } from "node:perf_hooks";
import { assert } from "../base/assert.js";
import type { File, FileSystem, FlushDone } from "../ports/fileSystem.js";
import { fromSystemError, storageError } from "./errors.js";
import { lockHome } from "./homeLock.js";

/** Flushes since the start: how many, and their time in milliseconds. */
export interface FlushLatency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

const ZEROS = new Uint8Array(1 << 20);

/** Runs a call of the operating system; its errors become ours. */
function guarded<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

/** {@link FileSystem} over node:fs. Flushes run in the thread pool, everything else at once. */
export class NodeFileSystem implements FileSystem {
  readonly #flushes: RecordableHistogram = createHistogram();

  list(directory: string): string[] {
    return guarded(directory, () =>
      fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [],
    );
  }

  exists(path: string): boolean {
    return fs.existsSync(path);
  }

  /** Durable on return, with every directory above that had to be made. */
  createDirectory(path: string): void {
    guarded(path, () => {
      const first = fs.mkdirSync(path, { recursive: true, mode: 0o700 });
      if (first === undefined) return;
      const stop = dirname(first);
      for (let made = dirname(path); ; made = dirname(made)) {
        const descriptor = fs.openSync(made, "r");
        try {
          fs.fsyncSync(descriptor);
        } finally {
          fs.closeSync(descriptor);
        }
        if (made === stop || made === dirname(made)) return;
      }
    });
  }

  open(path: string, mode: "existing" | "new"): File {
    const descriptor = guarded(path, () => fs.openSync(path, mode === "new" ? "wx+" : "r+", 0o600));
    return new NodeFile(path, descriptor, (startMs) => this.#record(startMs));
  }

  remove(path: string): void {
    guarded(path, () => fs.unlinkSync(path));
  }

  rename(from: string, to: string): void {
    guarded(from, () => fs.renameSync(from, to));
  }

  flushDirectory(path: string, done: FlushDone): void {
    const failed = (error: unknown): void => done(fromSystemError(error, path));
    fs.open(path, "r", (openError, descriptor) => {
      if (openError !== null) {
        failed(openError);
        return;
      }
      fs.fsync(descriptor, (flushError) => {
        fs.close(descriptor, (closeError) => {
          const error = flushError ?? closeError;
          if (error) failed(error);
          else done(undefined);
        });
      });
    });
  }

  lock(directory: string): () => void {
    return lockHome(directory);
  }

  /** Time of the file flushes since the start: the figure that bounds the latency of a vote. */
  flushLatency(): FlushLatency {
    if (this.#flushes.count === 0) return { count: 0, p50: 0, p99: 0 };
    return {
      count: this.#flushes.count,
      p50: this.#flushes.percentile(50) / 1e6,
      p99: this.#flushes.percentile(99) / 1e6,
    };
  }

  #record(startMs: number): void {
    this.#flushes.record(Math.max(1, Math.round((performance.now() - startMs) * 1e6)));
  }
}

class NodeFile implements File {
  #isOpen = true;
  #flushing = 0;

  constructor(
    readonly path: string,
    readonly descriptor: number,
    readonly recordFlush: (startMs: number) => void,
  ) {}

  sizeBytes(): number {
    return guarded(this.path, () => fs.fstatSync(this.descriptor).size);
  }

  read(offset: number, length: number): Uint8Array {
    const size = this.sizeBytes();
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const got = guarded(this.path, () =>
        fs.readSync(this.descriptor, bytes, filled, bytes.length - filled, offset + filled),
      );
      if (got === 0) return bytes.subarray(0, filled);
      filled += got;
    }
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    assert(this.#isOpen, "a closed file is written");
    let written = 0;
    while (written < bytes.length) {
      const took = guarded(this.path, () =>
        fs.writeSync(this.descriptor, bytes, written, bytes.length - written, offset + written),
      );
      if (took === 0) {
        throw storageError("FILE_ERROR", this.path, `${this.path} takes no more bytes`);
      }
      written += took;
    }
  }

  /**
   * Writes zeros rather than reserving blocks: a block that was reserved and never written has to be
   * marked as written in the journal by the next flush, which is what this is meant to save.
   */
  allocate(sizeBytes: number): void {
    for (let offset = this.sizeBytes(); offset < sizeBytes; offset += ZEROS.length) {
      this.write(offset, ZEROS.subarray(0, Math.min(ZEROS.length, sizeBytes - offset)));
    }
  }

  truncate(sizeBytes: number): void {
    guarded(this.path, () => fs.ftruncateSync(this.descriptor, sizeBytes));
  }

  flush(done: FlushDone): void {
    assert(this.#isOpen, "a closed file is flushed");
    const startMs = performance.now();
    this.#flushing++;
    fs.fdatasync(this.descriptor, (error) => {
      this.#flushing--;
      if (!this.#isOpen && this.#flushing === 0) fs.closeSync(this.descriptor);
      if (error) {
        done(fromSystemError(error, this.path));
        return;
      }
      this.recordFlush(startMs);
      done(undefined);
    });
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // The descriptor stays until flushes under way have ended: its number could be given anew.
    if (this.#flushing === 0) guarded(this.path, () => fs.closeSync(this.descriptor));
  }
}
