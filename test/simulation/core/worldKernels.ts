/** The Wasm kernels that all validators of all worlds of this process share: they hold no state. */

import type { BatchVerifier, Hasher } from "../../../src/crypto/interfaces.js";
import { instantiateKernelsSync } from "../../../src/kernels/index.js";
import { hostHasSimd, readWasm } from "../../../src/kernels/wasmModules.js";
import type { Random } from "./random.js";

const simd = hostHasSimd();

const worldKernels = instantiateKernelsSync({
  kernels: new WebAssembly.Module(readWasm("kernels", simd)),
  tree: new WebAssembly.Module(readWasm("tree", simd)),
  simd,
});

export const worldHasher: Hasher = worldKernels.hasher;

/** Ed25519 in Wasm. Its coefficients come from a seed: whoever lies here cannot foresee them. */
export function createWorldVerifier(random: Random): BatchVerifier {
  return worldKernels.createBatchVerifier((sizeBytes) => random.bytes(sizeBytes));
}
