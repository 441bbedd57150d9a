/** Cryptographically secure random bytes; seeded in simulation. */
export interface Entropy {
  randomBytes(sizeBytes: number): Uint8Array;
}
