export { nobleHasher } from "./nobleHasher.js";
export { createNobleSigner, isRegistrableKey, nobleBatchVerifier } from "./nobleSignatures.js";
