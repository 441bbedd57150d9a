import { assert, present } from "../base/assert.js";
import { FondacoError } from "../base/errors.js";
import type {
  StatePath,
  StateTree as StateTreeInterface,
  TreeVersion,
} from "../merkle/stateTree.js";
import { orderByPath } from "./sortChanges.js";
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
}

export interface StateTreeOptions {
  /** Keys of the two keyed hashes, 32 bytes each. */
  readonly leafKey: Uint8Array;
  readonly nodeKey: Uint8Array;
  /** Bound of the module's memory; by default 2 GiB, which holds about 11 million leaves. */
  readonly maxBytes?: number;
}

interface TreeExports extends Record<string, unknown> {
  readonly CHANGE_KINDS: WebAssembly.Global;
  readonly CHANGE_PATHS: WebAssembly.Global;
  readonly CHANGE_VALUES: WebAssembly.Global;
  readonly KEYS: WebAssembly.Global;
  readonly MAX_CHANGES: WebAssembly.Global;
  readonly QUERY_PATH: WebAssembly.Global;
  readonly RESULT: WebAssembly.Global;
  readonly RESULT_LEAF: WebAssembly.Global;
  readonly STATUS_FULL: WebAssembly.Global;
  start(limitBytes: number): void;
  update(root: number, count: number): number;
  updatedRoot(): number;
  rootHash(root: number): void;
  get(root: number): number;
  prove(root: number): number;
  release(root: number): void;
  usedBytes(): number;
  innerNodes(): number;
  leaves(): number;
}

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
    readonly kinds: number;
    readonly paths: number;
    readonly values: number;
    readonly query: number;
    readonly result: number;
    readonly resultLeaf: number;
    readonly maxChanges: number;
    readonly full: number;
  };
  readonly #maxBytes: number;
  #bytes: Uint8Array;
  #roots = new Map<TreeVersion, number>([[0, 0]]);
  #lastVersion = 0;

  constructor(module: WebAssembly.Module, options: StateTreeOptions) {
    const { leafKey, nodeKey, maxBytes = DEFAULT_MAX_BYTES } = options;
    assert(leafKey.length === 32 && nodeKey.length === 32, "tree keys have 32 bytes");
    assert(maxBytes > 0 && maxBytes <= 2 ** 32, "the tree's memory is bounded by 4 GiB");
    this.#wasm = instantiateModule<TreeExports>(module);
    const address = (global: WebAssembly.Global) => global.value as number;
    this.#at = {
      kinds: address(this.#wasm.CHANGE_KINDS),
      paths: address(this.#wasm.CHANGE_PATHS),
      values: address(this.#wasm.CHANGE_VALUES),
      query: address(this.#wasm.QUERY_PATH),
      result: address(this.#wasm.RESULT),
      resultLeaf: address(this.#wasm.RESULT_LEAF),
      maxChanges: address(this.#wasm.MAX_CHANGES),
      full: address(this.#wasm.STATUS_FULL),
    };
    this.#maxBytes = Math.min(maxBytes, ADDRESS_SPACE_BYTES);
    this.#bytes = new Uint8Array(this.#wasm.memory.buffer);
    const keys = address(this.#wasm.KEYS);
    this.#bytes.set(leafKey, keys);
    this.#bytes.set(nodeKey, keys + 32);
    this.#wasm.start(this.#maxBytes);
  }

  /**
   * A new version: `version` with `changes` applied, in any order but at most one for each path. Deleting
   * an absent path changes nothing. `version` itself stays as it is and stays owned by the caller.
   *
   * @throws {FondacoError} `TREE_FULL` near the memory limit; nothing has changed then.
   * @throws {AssertionError} If two changes name one path, or the version is not live.
   */
  update(version: TreeVersion, changes: readonly TreeChange[]): TreeVersion {
    const order = orderByPath(changes);
    let root = this.#rootOf(version);
    let owned = false;
    for (let start = 0; start < order.length || !owned; start += this.#at.maxChanges) {
      const count = Math.min(this.#at.maxChanges, order.length - start);
      for (let i = 0; i < count; i++) {
        this.#writeChange(i, changes[order[start + i] as number] as TreeChange);
      }
      const status = this.#wasm.update(root, count);
      this.#renewView();
      if (owned) this.#wasm.release(root);
      if (status === this.#at.full) throw this.#fullError();
      root = this.#wasm.updatedRoot();
      owned = true;
    }
    return this.#newVersion(root);
  }

  /** A version with just `leaves`, for a start. Fastest in path order. Errors as of `update`. */
  load(leaves: Iterable<TreeLeaf>): TreeVersion {
    let version = this.emptyVersion;
    let chunk: TreeLeaf[] = [];
    const flush = () => {
      const previous = version;
      try {
        version = this.update(previous, chunk);
      } finally {
        this.release(previous);
      }
      chunk = [];
    };
    for (const leaf of leaves) {
      chunk.push(leaf);
      if (chunk.length === this.#at.maxChanges) flush();
    }
    if (chunk.length > 0) flush();
    return version;
  }

  /** Root hash, 32 bytes. */
  root(version: TreeVersion): Uint8Array {
    this.#wasm.rootHash(this.#rootOf(version));
    return this.#copy(this.#at.result, 32);
  }

  /** The value hash of `path`, or undefined when the version does not have the path. */
  get(version: TreeVersion, path: Uint8Array): Uint8Array | undefined {
    this.#writeQuery(path);
    if (this.#wasm.get(this.#rootOf(version)) === 0) return undefined;
    return this.#copy(this.#at.resultLeaf + 32, 32);
  }

  /** Proof of presence or absence; see `StatePath`. */
  prove(version: TreeVersion, path: Uint8Array): StatePath {
    this.#writeQuery(path);
    const answer = this.#wasm.prove(this.#rootOf(version));
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
    if (version === this.emptyVersion) return;
    this.#wasm.release(this.#rootOf(version));
    this.#roots.delete(version);
  }

  stats(): TreeStats {
    return {
      innerNodes: this.#wasm.innerNodes(),
      leaves: this.#wasm.leaves(),
      usedBytes: this.#wasm.usedBytes(),
      memoryBytes: this.#wasm.memory.buffer.byteLength,
      liveVersions: this.#roots.size - 1,
    };
  }

  #rootOf(version: TreeVersion): number {
    return present(this.#roots.get(version), "the tree version is not live");
  }

  #newVersion(root: number): TreeVersion {
    const version = ++this.#lastVersion;
    this.#roots.set(version, root);
    return version;
  }

  #writeChange(slot: number, { path, valueHash }: TreeChange): void {
    assert(path.length === 32, "a path has 32 bytes");
    this.#bytes.set(path, this.#at.paths + 32 * slot);
    const sets = valueHash !== undefined && valueHash !== null;
    this.#bytes[this.#at.kinds + slot] = sets ? 1 : 0;
    if (!sets) return;
    assert(valueHash.length === 32, "a value hash has 32 bytes");
    this.#bytes.set(valueHash, this.#at.values + 32 * slot);
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
