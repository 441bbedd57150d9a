/*
 * Each key has one thread that checks its signatures, so that what a thread remembers of keys, 32 KiB of tables
 * for a busy one, is held once in the process. The thread follows from a hash that starts from a secret: whoever
 * chooses keys cannot choose their thread.
 */

import type { RandomBytes } from "../kernels/index.js";

/** Gives the thread, from 0 to `threads` - 1, of a 32-byte public key. */
export type KeyRouter = (publicKey: Uint8Array) => number;

/**
 * Looks at the first eight bytes of keys only: keys that share them go to one thread, which costs balance, not
 * safety, for idle threads help each other.
 */
export function createKeyRouter(threads: number, randomBytes: RandomBytes): KeyRouter {
  if (threads === 1) return () => 0;
  const secret = randomBytes(16);
  const word = (bytes: Uint8Array, at: number) =>
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24);
  const [first, second] = [word(secret, 0), word(secret, 4)];
  // Odd, so that multiplying loses nothing.
  const [mix, remix] = [word(secret, 8) | 1, word(secret, 12) | 1];
  return (publicKey) => {
    let hash = Math.imul(word(publicKey, 0) ^ first, mix);
    hash = Math.imul(hash ^ (hash >>> 15) ^ word(publicKey, 4) ^ second, remix);
    hash = Math.imul(hash ^ (hash >>> 13), mix);
    hash ^= hash >>> 16;
    return Math.floor(((hash >>> 0) * threads) / 2 ** 32);
  };
}
