import { blake3 } from "@noble/hashes/blake3.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Hasher } from "../interfaces.js";

/** Reference hashes in plain JavaScript; also what a browser uses. */
export const nobleHasher: Hasher = {
  sha256: (message) => sha256(message),
  sha512: (message) => sha512(message),
  blake3: (message) => blake3(message),
  blake3Keyed: (key, message) => blake3(message, { key }),
};
