/** The Wasm kernels that all validators of all worlds of this process share: they hold no state. */

import { TREE_TAGS } from "../../../src/crypto/domainTags.js";
import type { BatchVerifier, Hasher } from "../../../src/crypto/interfaces.js";
import { instantiateKernelsSync } from "../../../src/kernels/index.js";
import { hostHasSimd, readWasm } from "../../../src/kernels/wasmModules.js";
import type { StateTree } from "../../../src/merkle/stateTree.js";
import type { Random } from "./random.js";

const simd = hostHasSimd();

const worldKernels = instantiateKernelsSync({
  kernels: new WebAssembly.Module(readWasm("kernels", simd)),
  tree: new WebAssembly.Module(readWasm("tree", simd)),
  simd,
});

/** A state tree in a Wasm memory of its own. */
export function createWorldStateTree(): StateTree {
  const tree = worldKernels.createStateTree({
    leafKey: worldHasher.sha256(TREE_TAGS.leaf),
    nodeKey: worldHasher.sha256(TREE_TAGS.node),
  });
  return {
    emptyVersion: tree.emptyVersion,
    update: (version, changes) =>
      tree.update(
        version,
        changes.map(({ path, valueHash }) => ({ path, valueHash: valueHash ?? null })),
      ),
    root: (version) => tree.root(version),
    get: (version, path) => tree.get(version, path),
    prove: (version, path) => tree.prove(version, path),
    release: (version) => tree.release(version),
  };
}

export const worldHasher: Hasher = worldKernels.hasher;

/** Ed25519 in Wasm. Its coefficients come from a seed: whoever lies here cannot foresee them. */
export function createWorldVerifier(random: Random): BatchVerifier {
  return worldKernels.createBatchVerifier((sizeBytes) => random.bytes(sizeBytes));
}
