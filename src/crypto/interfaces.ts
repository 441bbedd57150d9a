/**
 * Hashing and signatures as the rest of Fondaco sees them. `noble/` is the reference and serves
 * browsers; `kernels/` and `workers/` are the fast ones. All must give the same answers.
 */

/** Hashes of many inputs in one call; each must equal what the one-shot functions give. */
export interface ListHasher {
  /**
   * SHA-256 of each `length`-byte message in `messages`, one after the other, as 32-byte digests. With
   * `prefix`, that byte goes before each: 0 makes leaf hashes of RFC 9162.
   */
  sha256Many(messages: Uint8Array, length: number, prefix?: number): Uint8Array;
  /** Root of the RFC 9162 tree over at least one 32-byte leaf hash. */
  rfc9162Root(leafHashes: Uint8Array): Uint8Array;
}

/** One-shot hashes, written where the caller has room: a fresh array for each is work for the collector. */
export interface PlacingHasher {
  /** SHA-256 of `message` at `at` of `target`. */
  sha256Into(message: Uint8Array, target: Uint8Array, at: number): void;
  /** The first `sizeBytes` bytes, at most 32, of the BLAKE3 `keyed_hash` at `at` of `target`. */
  blake3KeyedInto(
    key: Uint8Array,
    message: Uint8Array,
    target: Uint8Array,
    at: number,
    sizeBytes: number,
  ): void;
}

/** One-shot hash functions, and faster forms where there are some. Every result is a fresh array. */
export interface Hasher extends Partial<ListHasher>, Partial<PlacingHasher> {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(message: Uint8Array): Uint8Array;
  /** SHA-512 (FIPS 180-4), 64 bytes. */
  sha512(message: Uint8Array): Uint8Array;
  /** BLAKE3 `hash`, 32 bytes. */
  blake3(message: Uint8Array): Uint8Array;
  /** BLAKE3 `keyed_hash`, 32 bytes. `key` is 32 bytes. */
  blake3Keyed(key: Uint8Array, message: Uint8Array): Uint8Array;
}

/** One signature to check: 32-byte key, 64-byte signature, the message as signed (sign bytes). */
export interface SignatureJob {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

/**
 * Ed25519 by the ZIP-215 rules (cofactored; R and A may be non-canonical or of small order; s < L).
 * The verdict of a job never depends on its neighbours. Any byte string gives true or false.
 */
export interface BatchVerifier {
  /** One verdict a job, in order. */
  verify(jobs: readonly SignatureJob[]): boolean[];
}

/** Signs with one key that it keeps. Ed25519 of RFC 8032 is deterministic: same bytes each time. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}
