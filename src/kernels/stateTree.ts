import { assert } from "../base/assert.js";
import { FondacoError } from "../base/errors.js";
import type {
  StatePath,
  StateTree as StateTreeInterface,
  TreeVersion,
} from "../merkle/stateTree.js";
import { orderByPath } from "./sortChanges.js";
import { type NodeOwner, TreeVersions } from "./treeVersions.js";
import { instantiateModule } from "./wasmModules.js";

/** A `LeafChange` of `merkle/`; `null` removes the leaf as `undefined` does. */
export interface TreeChange {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array | null | undefined;
}

/** One row of a start: both arrays have 32 bytes. */
export interface TreeLeaf {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array;
}

export interface TreeStats {
  /** Inner nodes and leaves of all live versions, shared ones counted once. */
  readonly innerNodes: number;
  readonly leaves: number;
  /** Bytes of those nodes, and of the whole Wasm memory. */
  readonly usedBytes: number;
  readonly memoryBytes: number;
  readonly liveVersions: number;
  /** Hashes of leaves and inner nodes computed since the start; to compare costs with. */
  readonly hashes: number;
}

export interface StateTreeOptions {
  /** Keys of the two keyed hashes, 32 bytes each. */
  readonly leafKey: Uint8Array;
  readonly nodeKey: Uint8Array;
  /** Bound of the module's memory; by default 2 GiB, which holds about 10.9 million leaves. */
  readonly maxBytes?: number;
}

interface TreeExports extends Record<string, unknown>, NodeOwner {
  readonly KEYS: WebAssembly.Global;
  readonly MAX_CHANGES: WebAssembly.Global;
  readonly QUERY_PATH: WebAssembly.Global;
  readonly RESULT: WebAssembly.Global;
  readonly RESULT_LEAF: WebAssembly.Global;
  readonly STATUS_FULL: WebAssembly.Global;
  readonly STATUS_TWICE: WebAssembly.Global;
  start(limitBytes: number): number;
  changes(): number;
  removals(): number;
  update(root: number, count: number, birth: number): number;
  updatedRoot(): number;
  reserve(leaves: number): void;
  updatedReplaced(): number;
  rootHash(root: number): void;
  get(root: number): number;
  prove(root: number): number;
  usedBytes(): number;
  innerNodes(): number;
  leaves(): number;
  hashes(): number;
}

/** A path and a value hash. */
const CHANGE_BYTES = 64;
const DEFAULT_MAX_BYTES = 2 ** 31;
/** References in the module are 32-bit addresses. */
const ADDRESS_SPACE_BYTES = 2 ** 32 - 2 ** 16;

/**
 * Persistent compressed sparse Merkle tree over 256-bit paths. Empty is 32 zero bytes, a subtree with
 * one leaf is `keyedBlake3(leafKey, path || valueHash)`, any other `keyedBlake3(nodeKey, left || right)`;
 * so the root is a function of the contents alone.
 *
 * Versions are immutable. Each call that gives a version makes the caller its owner; `release` ends that.
 */
export class StateTree implements StateTreeInterface {
  /** The version without leaves. It is always live and need not be released. */
  readonly emptyVersion: TreeVersion = 0;

  readonly #wasm: TreeExports & { readonly memory: WebAssembly.Memory };
  readonly #at: {
    readonly changes: number;
    readonly removals: number;
    readonly query: number;
    readonly result: number;
    readonly resultLeaf: number;
    readonly maxChanges: number;
    readonly full: number;
    readonly twice: number;
  };
  readonly #maxBytes: number;
  readonly #versions: TreeVersions;
  #bytes: Uint8Array;

  constructor(module: WebAssembly.Module, options: StateTreeOptions) {
    const { leafKey, nodeKey, maxBytes = DEFAULT_MAX_BYTES } = options;
    assert(leafKey.length === 32 && nodeKey.length === 32, "tree keys have 32 bytes");
    assert(maxBytes > 0 && maxBytes <= 2 ** 32, "the tree's memory is bounded by 4 GiB");
    this.#maxBytes = Math.min(maxBytes, ADDRESS_SPACE_BYTES);
    const wasm = instantiateModule<TreeExports>(module);
    const address = (global: WebAssembly.Global) => global.value as number;
    const keys = address(wasm.KEYS);
    const memory = new Uint8Array(wasm.memory.buffer);
    memory.set(leafKey, keys);
    memory.set(nodeKey, keys + 32);
    assert(wasm.start(this.#maxBytes) !== 0, "there is memory for the tree's buffers");
    this.#wasm = wasm;
    this.#versions = new TreeVersions(wasm);
    this.#at = {
      changes: wasm.changes(),
      removals: wasm.removals(),
      query: address(wasm.QUERY_PATH),
      result: address(wasm.RESULT),
      resultLeaf: address(wasm.RESULT_LEAF),
      maxChanges: address(wasm.MAX_CHANGES),
      full: address(wasm.STATUS_FULL),
      twice: address(wasm.STATUS_TWICE),
    };
    this.#bytes = new Uint8Array(wasm.memory.buffer);
  }

  /**
   * A new version: `version` with `changes` applied, in any order but at most one for each path. Deleting
   * an absent path changes nothing. `version` itself stays as it is and stays owned by the caller.
   *
   * @throws {FondacoError} `TREE_FULL` near the memory limit; nothing has changed then.
   * @throws {AssertionError} If two changes name one path, or the version is not live.
   */
  update(version: TreeVersion, changes: readonly TreeChange[]): TreeVersion {
    return this.#update(
      version,
      changes.length,
      () => changes,
      (start, count, order) => {
        for (let i = 0; i < count; i++) {
          this.#writeChange(i, changes[order === undefined ? i : order[start + i]!] as TreeChange);
        }
      },
    );
  }

  /**
   * `update` with the changes in one array, which spares an object and two views for each: 64 bytes a change,
   * path and value hash. If `removals` is given it has one byte a change; where that is not 0 the leaf is
   * removed, and the value hash does not matter.
   */
  updateFlat(version: TreeVersion, changes: Uint8Array, removals?: Uint8Array): TreeVersion {
    const total = changes.length / CHANGE_BYTES;
    assert(Number.isInteger(total), "a change has 64 bytes");
    assert(removals === undefined || removals.length === total, "a removal has one byte a change");
    const changeAt = (i: number) => changes.subarray(CHANGE_BYTES * i, CHANGE_BYTES * (i + 1));
    const paths = () =>
      Array.from({ length: total }, (_, i) => ({ path: changeAt(i).subarray(0, 32) }));
    return this.#update(version, total, paths, (start, count, order) => {
      const at = this.#at;
      if (order !== undefined) {
        for (let i = 0; i < count; i++) {
          const index = order[start + i]!;
          this.#bytes.set(changeAt(index), at.changes + CHANGE_BYTES * i);
          this.#bytes[at.removals + i] = removals?.[index] ?? 0;
        }
        return;
      }
      this.#bytes.set(changes, at.changes);
      if (removals === undefined) this.#bytes.fill(0, at.removals, at.removals + count);
      else this.#bytes.set(removals, at.removals);
    });
  }

  /** A version with just `leaves`, for a start. Fastest in path order. Errors as of `update`, and of `leaves`. */
  load(leaves: Iterable<TreeLeaf>): TreeVersion {
    let version = this.emptyVersion;
    let chunk: TreeLeaf[] = [];
    const flush = () => {
      const before = version;
      // A failure releases it.
      version = this.emptyVersion;
      version = this.#replace(before, (previous) => this.update(previous, chunk));
      chunk = [];
    };
    try {
      for (const leaf of leaves) {
        chunk.push(leaf);
        if (chunk.length === this.#at.maxChanges) flush();
      }
      if (chunk.length > 0) flush();
    } catch (error) {
      this.release(version);
      throw error;
    }
    return version;
  }

  /** `load` of leaves in one array: 64 bytes each, path and value hash. */
  loadFlat(leaves: Uint8Array): TreeVersion {
    this.#wasm.reserve(leaves.length / CHANGE_BYTES);
    this.#renewView();
    let version = this.emptyVersion;
    const step = CHANGE_BYTES * this.#at.maxChanges;
    for (let start = 0; start < leaves.length; start += step) {
      const part = leaves.subarray(start, start + step);
      version = this.#replace(version, (previous) => this.updateFlat(previous, part));
    }
    return version;
  }

  /** Root hash, 32 bytes. */
  root(version: TreeVersion): Uint8Array {
    this.#wasm.rootHash(this.#versions.rootOf(version));
    return this.#copy(this.#at.result, 32);
  }

  /** The value hash of `path`, or undefined when the version does not have the path. */
  get(version: TreeVersion, path: Uint8Array): Uint8Array | undefined {
    this.#writeQuery(path);
    if (this.#wasm.get(this.#versions.rootOf(version)) === 0) return undefined;
    return this.#copy(this.#at.resultLeaf + 32, 32);
  }

  /** Proof of presence or absence; see `StatePath`. */
  prove(version: TreeVersion, path: Uint8Array): StatePath {
    this.#writeQuery(path);
    const answer = this.#wasm.prove(this.#versions.rootOf(version));
    const siblings: Uint8Array[] = [];
    for (let depth = 0; depth < answer >> 1; depth++) {
      siblings.push(this.#copy(this.#at.result + 32 * depth, 32));
    }
    const { resultLeaf } = this.#at;
    const terminal =
      (answer & 1) === 0
        ? undefined
        : { path: this.#copy(resultLeaf, 32), valueHash: this.#copy(resultLeaf + 32, 32) };
    return { siblings, terminal };
  }

  /** Ends the ownership of `version`; its name is invalid from now on. Shared nodes stay. */
  release(version: TreeVersion): void {
    this.#versions.release(version);
  }

  stats(): TreeStats {
    return {
      innerNodes: this.#wasm.innerNodes(),
      leaves: this.#wasm.leaves(),
      usedBytes: this.#wasm.usedBytes(),
      memoryBytes: this.#wasm.memory.buffer.byteLength,
      liveVersions: this.#versions.count,
      hashes: this.#wasm.hashes(),
    };
  }

  /**
   * The update in parts that the module takes at once, in path order if there are several. `write` puts `count`
   * changes from `start` on into its buffers; the order is undefined when that is all of them.
   */
  #update(
    version: TreeVersion,
    total: number,
    paths: () => readonly { readonly path: Uint8Array }[],
    write: (start: number, count: number, order: Uint32Array | undefined) => void,
  ): TreeVersion {
    const { maxChanges } = this.#at;
    if (total <= maxChanges) {
      write(0, total, undefined);
      return this.#applyWritten(version, total);
    }
    const order = orderByPath(paths());
    write(0, maxChanges, order);
    let made = this.#applyWritten(version, maxChanges);
    for (let start = maxChanges; start < total; start += maxChanges) {
      const count = Math.min(maxChanges, total - start);
      made = this.#replace(made, (previous) => {
        write(start, count, order);
        return this.#applyWritten(previous, count);
      });
    }
    return made;
  }

  /** The next version; `previous` is released, also on failure. */
  #replace(previous: TreeVersion, next: (previous: TreeVersion) => TreeVersion): TreeVersion {
    try {
      return next(previous);
    } finally {
      this.release(previous);
    }
  }

  #applyWritten(version: TreeVersion, count: number): TreeVersion {
    const root = this.#versions.rootOf(version);
    const status = this.#wasm.update(root, count, this.#versions.next);
    this.#renewView();
    assert(status !== this.#at.twice, "two changes of one path");
    if (status === this.#at.full) throw this.#fullError();
    return this.#versions.add(version, this.#wasm.updatedRoot(), this.#wasm.updatedReplaced());
  }

  #writeChange(slot: number, { path, valueHash }: TreeChange): void {
    assert(path.length === 32, "a path has 32 bytes");
    const at = this.#at.changes + CHANGE_BYTES * slot;
    this.#bytes.set(path, at);
    const sets = valueHash !== undefined && valueHash !== null;
    this.#bytes[this.#at.removals + slot] = sets ? 0 : 1;
    if (!sets) return;
    assert(valueHash.length === 32, "a value hash has 32 bytes");
    this.#bytes.set(valueHash, at + 32);
  }

  #writeQuery(path: Uint8Array): void {
    assert(path.length === 32, "a path has 32 bytes");
    this.#bytes.set(path, this.#at.query);
  }

  #copy(start: number, length: number): Uint8Array {
    return this.#bytes.slice(start, start + length);
  }

  /** Growing the memory detaches its old buffer. */
  #renewView(): void {
    if (this.#bytes.buffer !== this.#wasm.memory.buffer) {
      this.#bytes = new Uint8Array(this.#wasm.memory.buffer);
    }
  }

  #fullError(): FondacoError {
    const { leaves, memoryBytes } = this.stats();
    return new FondacoError(
      { code: "TREE_FULL" },
      `the state tree has ${leaves} leaves in ${memoryBytes} bytes and may not grow beyond ` +
        `${this.#maxBytes}; raise its memory limit or delete rows`,
    );
  }
}
