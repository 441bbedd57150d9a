/** Hashes written where the caller has room, by any hasher. */

import type { Hasher } from "./interfaces.js";

/** SHA-256 of `message` at `at` of `target`. */
export function sha256Into(
  hasher: Hasher,
  message: Uint8Array,
  target: Uint8Array,
  at: number,
): void {
  if (hasher.sha256Into !== undefined) hasher.sha256Into(message, target, at);
  else target.set(hasher.sha256(message), at);
}

/** The first `sizeBytes` bytes, at most 32, of the BLAKE3 `keyed_hash` at `at` of `target`. */
export function blake3KeyedInto(
  hasher: Hasher,
  key: Uint8Array,
  message: Uint8Array,
  target: Uint8Array,
  at: number,
  sizeBytes = 32,
): void {
  if (hasher.blake3KeyedInto !== undefined) {
    hasher.blake3KeyedInto(key, message, target, at, sizeBytes);
  } else {
    target.set(hasher.blake3Keyed(key, message).subarray(0, sizeBytes), at);
  }
}
