import { LIMITS } from "../base/limits.js";
import type { Hasher } from "../crypto/interfaces.js";
import { type BulkHasher, type HashExports, HashKernels } from "./hashKernels.js";
import { createHashStream, type HashAlgorithm, type HashStream } from "./hashStream.js";
import {
  KEY_TABLES_SIZE_BYTES,
  type RandomBytes,
  type SignatureExports,
  SignatureKernels,
} from "./signatureKernels.js";
import { StateTree, type StateTreeOptions } from "./stateTree.js";
import { type CompiledKernels, hostHasSimd, instantiateModule, readWasm } from "./wasmModules.js";

export interface LoadOptions {
  /** Which build to load; by default the SIMD one where the host has SIMD. Both give the same answers. */
  readonly simd?: boolean;
  /**
   * Bound of the memory for tables of busy keys, of which one key takes 32 KiB; by default that of
   * `LIMITS`. Pages that were never written cost nothing. 0: none.
   */
  readonly keyTablesSizeBytes?: number;
}

/** Everything that runs in Wasm, over one instance of module `kernels`. Not shared between threads. */
export interface Kernels {
  readonly hasher: Hasher;
  readonly bulk: BulkHasher;
  /** A hash of input that comes in pieces. Any number of them may be under way. */
  createHashStream(algorithm: HashAlgorithm): HashStream;
  /** The code, to be given to worker threads. */
  readonly compiled: CompiledKernels;
  /**
   * Ed25519 by ZIP-215 in the calling thread. `randomBytes` must be a CSPRNG, for instance
   * `randomBytes` of `node:crypto`.
   */
  createBatchVerifier(randomBytes: RandomBytes): SignatureKernels;
  /** A tree with a memory of its own. */
  createStateTree(options: StateTreeOptions): StateTree;
}

/** Reads and compiles both modules. Errors as of `readWasm`. */
export async function compileKernels(options: LoadOptions = {}): Promise<CompiledKernels> {
  const simd = options.simd ?? hostHasSimd();
  const [kernels, tree] = await Promise.all([
    WebAssembly.compile(readWasm("kernels", simd)),
    WebAssembly.compile(readWasm("tree", simd)),
  ]);
  return { kernels, tree, simd };
}

/** As `compileKernels`, blocking the thread for some milliseconds. */
export function compileKernelsSync(options: LoadOptions = {}): CompiledKernels {
  const simd = options.simd ?? hostHasSimd();
  return {
    kernels: new WebAssembly.Module(readWasm("kernels", simd)),
    tree: new WebAssembly.Module(readWasm("tree", simd)),
    simd,
  };
}

/** Instances of compiled modules; quick, and possible where nothing can be awaited. */
export function instantiateKernelsSync(
  compiled: CompiledKernels,
  { keyTablesSizeBytes = LIMITS.keyTablesSizeBytesMax }: LoadOptions = {},
): Kernels {
  const wasm = instantiateModule<HashExports & SignatureExports>(compiled.kernels);
  // Before anything looks at the memory: growing it detaches views.
  wasm.reserveTables(Math.floor(keyTablesSizeBytes / KEY_TABLES_SIZE_BYTES));
  const hashing = new HashKernels(wasm);
  return {
    hasher: hashing,
    bulk: hashing,
    createHashStream: (algorithm) => createHashStream(wasm, algorithm),
    compiled,
    createBatchVerifier: (randomBytes) => new SignatureKernels(wasm, hashing, randomBytes),
    createStateTree: (options) => new StateTree(compiled.tree, options),
  };
}

/**
 * Loads the Wasm kernels that `npm run build` made.
 *
 * @throws {FondacoError} `KERNELS_MISSING` when they have not been built.
 */
export async function loadKernels(options: LoadOptions = {}): Promise<Kernels> {
  return instantiateKernelsSync(await compileKernels(options), options);
}
