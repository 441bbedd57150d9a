import { hash } from "node:crypto";
import { assert } from "../base/assert.js";
import type { Hasher, PlacingHasher } from "../crypto/interfaces.js";

/** What the hashing part of module `kernels` exports. Addresses are globals. */
export interface HashExports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  readonly INPUT: WebAssembly.Global;
  readonly INPUT_BYTES: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;
  readonly KEY: WebAssembly.Global;
  readonly MAX_MANY_LENGTH: WebAssembly.Global;
  readonly NO_PREFIX: WebAssembly.Global;
  sha256(length: number): void;
  sha512(length: number): void;
  blake3Begin(keyed: number): void;
  blake3Blocks(length: number): void;
  blake3End(length: number): void;
  readonly BLAKE3_STATE: WebAssembly.Global;
  readonly BLAKE3_STATE_BYTES: WebAssembly.Global;
  blake3Save(): void;
  blake3Restore(): void;
  sha256Many(count: number, length: number, prefix: number): void;
  blake3KeyedMany(count: number): void;
  rfc9162Root(count: number): void;
}

/** Hashes of many inputs in one call, four at a time where the host has SIMD. */
export interface BulkHasher {
  /**
   * SHA-256 of each `length`-byte message in `messages`, which lie one after the other; the digests come
   * back the same way, 32 bytes each. With `prefix`, that byte goes before each message: 0 makes leaf
   * hashes of RFC 9162, 2.1.1.
   */
  sha256Many(messages: Uint8Array, length: number, prefix?: number): Uint8Array;
  /**
   * SHA-256 of each 64-byte node in `nodes`, written to `target`, which has half its length and may be its
   * start: nothing is allocated.
   */
  sha256NodesInto(nodes: Uint8Array, target: Uint8Array): void;
  /** As `sha256NodesInto`, BLAKE3 `keyed_hash` with the 32-byte `key`. */
  blake3NodesInto(key: Uint8Array, nodes: Uint8Array, target: Uint8Array): void;
  /** BLAKE3 `keyed_hash` of each 64-byte message in `messages`, as 32-byte hashes one after the other. */
  blake3KeyedMany(key: Uint8Array, messages: Uint8Array): Uint8Array;
  /** Root of the RFC 9162 tree over 32-byte leaf hashes; of none it is SHA-256 of nothing. */
  rfc9162Root(leafHashes: Uint8Array): Uint8Array;
}

/** Leaf hashes that one call of the kernel turns into a root: a power of two, see `rfc9162Root`. */
const LEAVES_AT_ONCE = 8192;
const MAX_DIGESTS = 8192;
/** Nodes that go into Wasm memory at once: few enough that they are still in the first cache when they are read. */
const NODES_AT_ONCE = 256;
/**
 * Above this node:crypto is faster, whose instructions for SHA-2 Wasm does not have; below it the cost of
 * a call to node:crypto outweighs them.
 */
const NATIVE_SHA2_BYTES = 55;

/** The digest comes as text of one character a byte: three times faster than as a Buffer. */
function nativeHash(
  name: "sha256" | "sha512",
  message: Uint8Array,
  target: Uint8Array,
  at: number,
): void {
  const text = hash(name, message, "binary");
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
}

/** Hashing over one instance. It keeps nothing between calls; results are fresh arrays. */
export class HashKernels implements Hasher, PlacingHasher, BulkHasher {
  readonly #wasm: HashExports;
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  readonly #key: Uint8Array;
  readonly #inputBytes: number;
  readonly #maxManyLength: number;
  readonly #noPrefix: number;

  constructor(wasm: HashExports) {
    this.#wasm = wasm;
    const { buffer } = wasm.memory;
    this.#inputBytes = wasm.INPUT_BYTES.value;
    this.#input = new Uint8Array(buffer, wasm.INPUT.value, this.#inputBytes);
    this.#output = new Uint8Array(buffer, wasm.OUTPUT.value, MAX_DIGESTS * 32);
    this.#key = new Uint8Array(buffer, wasm.KEY.value, 32);
    this.#maxManyLength = wasm.MAX_MANY_LENGTH.value;
    this.#noPrefix = wasm.NO_PREFIX.value;
  }

  sha256(message: Uint8Array): Uint8Array {
    const digest = new Uint8Array(32);
    this.sha256Into(message, digest, 0);
    return digest;
  }

  sha256Into(message: Uint8Array, target: Uint8Array, at: number): void {
    if (message.length > NATIVE_SHA2_BYTES) {
      nativeHash("sha256", message, target, at);
      return;
    }
    this.#input.set(message);
    this.#wasm.sha256(message.length);
    this.#place(target, at, 32);
  }

  sha512(message: Uint8Array): Uint8Array {
    const digest = new Uint8Array(64);
    if (message.length > NATIVE_SHA2_BYTES) {
      nativeHash("sha512", message, digest, 0);
    } else {
      this.#input.set(message);
      this.#wasm.sha512(message.length);
      this.#place(digest, 0, 64);
    }
    return digest;
  }

  blake3(message: Uint8Array): Uint8Array {
    this.#blake3(message, 0);
    return this.#output.slice(0, 32);
  }

  blake3Keyed(key: Uint8Array, message: Uint8Array): Uint8Array {
    assert(key.length === 32, "a BLAKE3 key has 32 bytes");
    this.#key.set(key);
    this.#blake3(message, 1);
    return this.#output.slice(0, 32);
  }

  blake3KeyedInto(
    key: Uint8Array,
    message: Uint8Array,
    target: Uint8Array,
    at: number,
    sizeBytes: number,
  ): void {
    assert(key.length === 32, "a BLAKE3 key has 32 bytes");
    this.#key.set(key);
    this.#blake3(message, 1);
    this.#place(target, at, sizeBytes);
  }

  sha256Many(messages: Uint8Array, length: number, prefix?: number): Uint8Array {
    assert(length > 0 && messages.length % length === 0, "messages must have equal lengths");
    assert(length <= this.#maxManyLength, "messages are too long for this function");
    const perCall = Math.min(MAX_DIGESTS, Math.floor(this.#inputBytes / length));
    const byte = prefix ?? this.#noPrefix;
    return this.#many(messages, length, perCall, (n) => this.#wasm.sha256Many(n, length, byte));
  }

  blake3KeyedMany(key: Uint8Array, messages: Uint8Array): Uint8Array {
    const hashes = new Uint8Array(messages.length / 2);
    this.blake3NodesInto(key, messages, hashes);
    return hashes;
  }

  sha256NodesInto(nodes: Uint8Array, target: Uint8Array): void {
    this.#nodesInto(nodes, target, (n) => this.#wasm.sha256Many(n, 64, this.#noPrefix));
  }

  blake3NodesInto(key: Uint8Array, nodes: Uint8Array, target: Uint8Array): void {
    assert(key.length === 32, "a BLAKE3 key has 32 bytes");
    this.#key.set(key);
    this.#nodesInto(nodes, target, (n) => this.#wasm.blake3KeyedMany(n));
  }

  rfc9162Root(leafHashes: Uint8Array): Uint8Array {
    assert(leafHashes.length % 32 === 0, "leaf hashes have 32 bytes each");
    if (leafHashes.length === 0) return this.sha256(leafHashes);
    // Full subtrees of a power of two leaves are nodes of the whole tree, so their roots are the leaves
    // of what is left to do.
    let level = leafHashes;
    for (;;) {
      const count = level.length / 32;
      const subtrees = Math.ceil(count / LEAVES_AT_ONCE);
      const roots = new Uint8Array(32 * subtrees);
      for (let i = 0; i < subtrees; i++) {
        const part = level.subarray(32 * LEAVES_AT_ONCE * i, 32 * LEAVES_AT_ONCE * (i + 1));
        this.#input.set(part);
        this.#wasm.rfc9162Root(part.length / 32);
        roots.set(this.#output.subarray(0, 32), 32 * i);
      }
      if (subtrees === 1) return roots;
      level = roots;
    }
  }

  /** Copies the start of the result. A loop: for so few bytes it is faster than a view and a copy of it. */
  #place(target: Uint8Array, at: number, sizeBytes: number): void {
    const output = this.#output;
    for (let i = 0; i < sizeBytes; i++) target[at + i] = output[i] as number;
  }

  #blake3(message: Uint8Array, keyed: number): void {
    this.#wasm.blake3Begin(keyed);
    // Whole buffers as long as more follows: the end of a message needs its last bytes.
    let offset = 0;
    for (; message.length - offset > this.#inputBytes; offset += this.#inputBytes) {
      this.#input.set(message.subarray(offset, offset + this.#inputBytes));
      this.#wasm.blake3Blocks(this.#inputBytes);
    }
    this.#input.set(offset === 0 ? message : message.subarray(offset));
    this.#wasm.blake3End(message.length - offset);
  }

  #nodesInto(nodes: Uint8Array, target: Uint8Array, hash: (count: number) => void): void {
    assert(nodes.length % 64 === 0, "nodes have 64 bytes each");
    assert(target.length === nodes.length / 2, "each node needs room for 32 bytes");
    const count = nodes.length / 64;
    for (let done = 0; done < count; done += NODES_AT_ONCE) {
      const n = Math.min(NODES_AT_ONCE, count - done);
      this.#input.set(nodes.subarray(64 * done, 64 * (done + n)));
      hash(n);
      target.set(this.#output.subarray(0, 32 * n), 32 * done);
    }
  }

  #many(
    messages: Uint8Array,
    length: number,
    perCall: number,
    hash: (count: number) => void,
  ): Uint8Array {
    const count = messages.length / length;
    const digests = new Uint8Array(32 * count);
    for (let done = 0; done < count; done += perCall) {
      const n = Math.min(perCall, count - done);
      this.#input.set(messages.subarray(done * length, (done + n) * length));
      hash(n);
      digests.set(this.#output.subarray(0, 32 * n), 32 * done);
    }
    return digests;
  }
}
