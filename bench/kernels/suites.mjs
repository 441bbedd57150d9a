/** The suites by name. Each is loaded only in the process that measures it. */
export const SUITES = {
  ed25519: () => import("./suites/ed25519.mjs"),
  sha2: () => import("./suites/sha2.mjs"),
  blake3: () => import("./suites/blake3.mjs"),
  trees: () => import("./suites/trees.mjs"),
};
