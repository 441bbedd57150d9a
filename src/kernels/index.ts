export type { BulkHasher } from "./hashKernels.js";
export { HASH_ALGORITHMS, type HashAlgorithm, type HashStream } from "./hashStream.js";
export {
  compileKernels,
  compileKernelsSync,
  instantiateKernelsSync,
  type Kernels,
  type LoadOptions,
  loadKernels,
} from "./kernels.js";
export {
  ITEM_BYTES,
  ITEM_SIGNATURE,
  LONG_MESSAGE_BYTES,
  PACKED_INPUT_BYTES_MAX,
  type RandomBytes,
  SIGNATURE_TIERS,
  type SignatureCounts,
  type SignatureFault,
  type SignatureKernels,
  type SignatureTier,
} from "./signatureKernels.js";
export {
  StateTree,
  type StateTreeOptions,
  type TreeChange,
  type TreeLeaf,
  type TreeStats,
} from "./stateTree.js";
export type { CompiledKernels } from "./wasmModules.js";
