/**
 * A disk with a page cache. What was written is seen at once and durable when a flush has called
 * back; a power cut keeps any subset of the rest, sector by sector and name by name.
 *
 * Of a sector that was written several times, any of the states that it had may be the one that
 * reached the disk. The size of a file is metadata of its own and may be lost while sectors are
 * kept. Directories themselves are durable when they are made.
 */

import { FondacoError } from "../../src/base/errors.js";
import type { File, FileSystem, FlushDone } from "../../src/ports/fileSystem.js";

export const SECTOR_SIZE_BYTES = 512;

export type Schedule = (delayMs: number, callback: () => void) => void;
/** A number from 0 (inclusive) to 1. */
export type Random = () => number;

export interface SimulatedDiskOptions {
  readonly schedule: Schedule;
  /** Time of one flush; 1 ms unless told. */
  readonly flushDelayMs?: () => number;
}

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "size"; readonly sizeBytes: number };

type NameChange =
  | { readonly kind: "set"; readonly path: string; readonly node: Node }
  | { readonly kind: "remove"; readonly path: string };

/** Bytes that grow; beyond them a file reads as zeros up to its size. */
class Image {
  bytes = new Uint8Array(0);
  sizeBytes = 0;

  apply(change: Change): void {
    if (change.kind === "size") {
      this.bytes.fill(0, Math.min(change.sizeBytes, this.bytes.length));
      this.sizeBytes = change.sizeBytes;
      return;
    }
    const end = change.offset + change.bytes.length;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(change.bytes, change.offset);
    this.sizeBytes = Math.max(this.sizeBytes, end);
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)));
    bytes.set(this.bytes.subarray(offset, offset + bytes.length));
    return bytes;
  }

  copy(): Image {
    const copy = new Image();
    copy.bytes = this.bytes.slice();
    copy.sizeBytes = this.sizeBytes;
    return copy;
  }
}

class Node {
  cached = new Image();
  durable = new Image();
  pending: Change[] = [];

  change(change: Change): void {
    this.cached.apply(change);
    this.pending.push(change);
  }

  /** The first `count` pending changes have reached the disk. */
  settle(count: number): void {
    for (const change of this.pending.splice(0, count)) this.durable.apply(change);
  }

  powerCut(random: Random): void {
    if (this.pending.length === 0) return;
    const before = this.durable;
    const states = new Map<number, Uint8Array[]>();
    const sizes = [before.sizeBytes];
    const image = before.copy();
    for (const change of this.pending) {
      const [from, to] =
        change.kind === "write"
          ? [change.offset, change.offset + change.bytes.length]
          : [change.sizeBytes, image.bytes.length];
      image.apply(change);
      if (image.sizeBytes !== sizes.at(-1)) sizes.push(image.sizeBytes);
      const firstSector = Math.floor(from / SECTOR_SIZE_BYTES);
      for (let sector = firstSector; sector * SECTOR_SIZE_BYTES < to; sector++) {
        const start = sector * SECTOR_SIZE_BYTES;
        const state = new Uint8Array(SECTOR_SIZE_BYTES);
        state.set(image.bytes.subarray(start, start + SECTOR_SIZE_BYTES));
        const known = states.get(sector);
        if (known === undefined) states.set(sector, [state]);
        else known.push(state);
      }
    }
    const after = before.copy();
    for (const [sector, choices] of states) {
      const chosen = choices[Math.floor(random() * (choices.length + 1)) - 1];
      if (chosen === undefined) continue;
      after.apply({ kind: "write", offset: sector * SECTOR_SIZE_BYTES, bytes: chosen });
    }
    const sizeBytes = sizes[Math.floor(random() * sizes.length)]!;
    after.apply({ kind: "size", sizeBytes });
    this.durable = after;
    this.cached = after.copy();
    this.pending = [];
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function fail(code: string, path: string, message: string): never {
  throw new FondacoError({ code }, `${path} ${message}`);
}

/** The disk of one machine; it outlives the processes that use it. */
export class SimulatedDisk {
  readonly #options: SimulatedDiskOptions;
  #names = new Map<string, Node>();
  #durableNames = new Map<string, Node>();
  #pendingNames: NameChange[] = [];
  readonly #directories = new Set<string>();
  #locks = new Set<string>();
  #generation = 0;
  #flushesToFail = 0;
  #freeBytes = Number.POSITIVE_INFINITY;
  /** Flushes of files that have called back without an error. */
  flushes = 0;

  constructor(options: SimulatedDiskOptions) {
    this.#options = options;
  }

  /** The file system as one process sees it; dead after the next `crash` or `powerCut`. */
  fileSystem(): FileSystem {
    const generation = this.#generation;
    const alive = (): void => {
      if (generation !== this.#generation)
        fail("FILE_ERROR", "a file", "of a dead process is used");
    };
    return {
      list: (directory) => {
        alive();
        const prefix = `${directory}/`;
        return [...this.#names.keys()]
          .filter((path) => directoryOf(path) === directory)
          .map((path) => path.slice(prefix.length))
          .sort();
      },
      exists: (path) => {
        alive();
        return this.#names.has(path) || this.#directories.has(path);
      },
      createDirectory: (path) => {
        alive();
        for (let made = path; made !== ""; made = directoryOf(made)) this.#directories.add(made);
      },
      open: (path, mode) => {
        alive();
        return this.#open(path, mode, alive);
      },
      remove: (path) => {
        alive();
        if (!this.#names.has(path)) fail("FILE_MISSING", path, "is missing");
        this.#rename({ kind: "remove", path });
      },
      rename: (from, to) => {
        alive();
        const node = this.#names.get(from) ?? fail("FILE_MISSING", from, "is missing");
        this.#rename({ kind: "set", path: to, node }, { kind: "remove", path: from });
      },
      flushDirectory: (path, done) => {
        alive();
        const covered = this.#pendingNames.filter((change) => directoryOf(change.path) === path);
        this.#flush(alive, done, () => {
          for (const change of covered) applyName(this.#durableNames, change);
          this.#pendingNames = this.#pendingNames.filter((change) => !covered.includes(change));
        });
      },
      lock: (directory) => {
        alive();
        if (this.#locks.has(directory)) fail("HOME_LOCKED", directory, "is in use by process 1");
        this.#locks.add(directory);
        return () => this.#locks.delete(directory);
      },
    };
  }

  /** All processes end; what they wrote is still in the cache. */
  crash(): void {
    this.#generation++;
    this.#locks = new Set();
    this.#flushesToFail = 0;
  }

  /** All processes end, and of what was not flushed any subset is lost. */
  powerCut(random: Random): void {
    this.crash();
    for (const change of this.#pendingNames) {
      if (random() < 0.5) applyName(this.#durableNames, change);
    }
    this.#pendingNames = [];
    this.#names = new Map(this.#durableNames);
    for (const node of new Set(this.#names.values())) node.powerCut(random);
  }

  /** The next `count` flushes answer an error and make nothing durable. */
  failFlushes(count: number): void {
    this.#flushesToFail = count;
  }

  /** From now on files may grow by so many bytes altogether. */
  setFreeBytes(freeBytes: number): void {
    this.#freeBytes = freeBytes;
  }

  /** Content of a file, durable and cached, for tests that damage it. */
  contentOf(path: string): Uint8Array {
    const node = this.#names.get(path) ?? fail("FILE_MISSING", path, "is missing");
    return node.cached.read(0, node.cached.sizeBytes);
  }

  /** Replaces a file by a durable one of this content. */
  replace(path: string, bytes: Uint8Array): void {
    const node = new Node();
    node.change({ kind: "write", offset: 0, bytes: bytes.slice() });
    node.settle(1);
    this.#names.set(path, node);
    this.#durableNames.set(path, node);
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  #rename(...changes: NameChange[]): void {
    for (const change of changes) {
      applyName(this.#names, change);
      this.#pendingNames.push(change);
    }
  }

  #flush(alive: () => void, done: FlushDone, settle: () => void): void {
    const delayMs = this.#options.flushDelayMs?.() ?? 1;
    const generation = this.#generation;
    const isFailing = this.#flushesToFail > 0;
    if (isFailing) this.#flushesToFail--;
    this.#options.schedule(delayMs, () => {
      if (generation !== this.#generation) return;
      alive();
      if (isFailing) {
        done(new FondacoError({ code: "FILE_ERROR" }, "a flush failed"));
        return;
      }
      settle();
      done(undefined);
    });
  }

  #open(path: string, mode: "existing" | "new", alive: () => void): File {
    let found = this.#names.get(path);
    if (mode === "new") {
      if (found !== undefined) fail("FILE_EXISTS", path, "exists already");
      if (!this.#directories.has(directoryOf(path))) fail("FILE_MISSING", path, "is missing");
      found = new Node();
      this.#rename({ kind: "set", path, node: found });
    }
    const node = found ?? fail("FILE_MISSING", path, "is missing");
    let isOpen = true;
    const usable = (): void => {
      alive();
      if (!isOpen) fail("FILE_ERROR", path, "was closed");
    };
    const grow = (sizeBytes: number): void => {
      const more = Math.max(0, sizeBytes - node.cached.sizeBytes);
      if (more > this.#freeBytes) fail("DISK_FULL", path, "lies on a full disk");
      this.#freeBytes -= more;
    };
    return {
      sizeBytes: () => {
        usable();
        return node.cached.sizeBytes;
      },
      read: (offset, length) => {
        usable();
        return node.cached.read(offset, length);
      },
      write: (offset, bytes) => {
        usable();
        grow(offset + bytes.length);
        node.change({ kind: "write", offset, bytes: bytes.slice() });
      },
      allocate: (sizeBytes) => {
        usable();
        if (sizeBytes <= node.cached.sizeBytes) return;
        grow(sizeBytes);
        node.change({ kind: "size", sizeBytes });
      },
      truncate: (sizeBytes) => {
        usable();
        node.change({ kind: "size", sizeBytes });
      },
      flush: (done) => {
        usable();
        const covered = node.pending.length;
        const target = node.pending[covered - 1];
        this.#flush(alive, done, () => {
          // An earlier flush may have settled some of them meanwhile.
          const index = target === undefined ? -1 : node.pending.indexOf(target);
          node.settle(index + 1);
          this.flushes++;
        });
      },
      close: () => {
        isOpen = false;
      },
    };
  }
}

function applyName(names: Map<string, Node>, change: NameChange): void {
  if (change.kind === "set") names.set(change.path, change.node);
  else names.delete(change.path);
}
