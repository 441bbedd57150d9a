/**
 * Module `kernels`: hashes and signature checks over fixed buffers. No function allocates, none traps on any
 * input within the stated lengths, and none leaves anything behind that a later call depends on.
 */
import { checkedByTables, checkedInBatches, verify } from "./ed25519/batch";
import { unequal } from "./ed25519/combVerify";
import { decompress } from "./ed25519/decompress";
import { builds, evictions, reserveTables } from "./ed25519/keyCache";
import { COEFFICIENTS, ITEM_BYTES, ITEMS, MAX_ITEMS, VERDICTS } from "./ed25519/layout";
import { isBelowOrder } from "./ed25519/order";
import { keyedBlock, keyedPairs4 } from "./hash/blake3";
import {
  blake3Begin as beginBlake3,
  blake3Chunks,
  blake3End as endBlake3,
  restoreState,
  STATE,
  STATE_BYTES,
  saveState,
} from "./hash/blake3Stream";
import * as sha2 from "./hash/sha2";
import {
  MAX_MANY_LENGTH,
  sha256Many as manySha256,
  merkleRoot,
  NO_PREFIX,
} from "./hash/sha256Many";

export {
  COEFFICIENTS,
  ITEM_BYTES,
  ITEMS,
  MAX_ITEMS,
  MAX_MANY_LENGTH,
  NO_PREFIX,
  reserveTables,
  VERDICTS,
};

/** Bytes that INPUT takes in one call. */
export const INPUT_BYTES: u32 = 262144;
export const INPUT = memory.data(262144, 16);
/** Results: one digest, or up to 8,192 of 32 bytes. */
export const OUTPUT = memory.data(262144, 16);
/** Key of the keyed hashes. */
export const KEY = memory.data(32, 16);

const HALVES = memory.data(32, 16);
const OUTS = memory.data(16, 16);
const DECODED = memory.data(320, 16);

/** SHA-256 of the first `length` bytes of INPUT, to OUTPUT. */
export function sha256(length: u32): void {
  sha2.sha256(INPUT, length, OUTPUT);
}

/** SHA-512 of the first `length` bytes of INPUT, to OUTPUT. */
export function sha512(length: u32): void {
  sha2.sha512(INPUT, length, OUTPUT);
}

/** `keyed` not 0: the keyed hash with KEY. */
export function blake3Begin(keyed: u32): void {
  beginBlake3(keyed != 0 ? KEY : 0);
}

/** Address and size of a hash under way, between `blake3Save` and `blake3Restore`. */
export const BLAKE3_STATE: usize = STATE;
export const BLAKE3_STATE_BYTES: u32 = STATE_BYTES;

/** Makes BLAKE3_STATE whole, so that the caller can keep it while another hash is under way. */
export function blake3Save(): void {
  saveState();
}

/** Goes on with what the caller put back into BLAKE3_STATE. */
export function blake3Restore(): void {
  restoreState();
}

/** `length` is a multiple of 1,024, and more input follows. */
export function blake3Blocks(length: u32): void {
  blake3Chunks(INPUT, length >> 10);
}

/** Hash to OUTPUT. `length` is 0 only for the empty message. */
export function blake3End(length: u32): void {
  endBlake3(INPUT, length, OUTPUT);
}

/** SHA-256 of `count` messages of `length` bytes of INPUT, each behind the byte `prefix`, to OUTPUT. */
export function sha256Many(count: u32, length: u32, prefix: u32): void {
  manySha256(INPUT, length, count, prefix, OUTPUT);
}

/** Keyed BLAKE3 with KEY of `count` messages of 64 bytes of INPUT, to OUTPUT. */
export function blake3KeyedMany(count: u32): void {
  let done: u32 = 0;
  for (; done + 4 <= count; done += 4) {
    for (let lane: u32 = 0; lane < 4; lane++) {
      const message = <u32>INPUT + ((done + lane) << 6);
      store<u32>(HALVES + (lane << 3), message);
      store<u32>(HALVES + (lane << 3), message + 32, 4);
      store<u32>(OUTS + (lane << 2), <u32>OUTPUT + ((done + lane) << 5));
    }
    keyedPairs4(KEY, HALVES, OUTS);
  }
  for (; done < count; done++) keyedBlock(KEY, INPUT + (done << 6), OUTPUT + (done << 5));
}

/** Root of the RFC 9162 tree over `count` >= 1 leaf hashes of INPUT, to OUTPUT. Overwrites INPUT. */
export function rfc9162Root(count: u32): void {
  merkleRoot(INPUT, count);
  memory.copy(OUTPUT, INPUT, 32);
}

/**
 * Ed25519 by ZIP-215 of the first `count` ITEMS, whose R || A || message lie in INPUT, to VERDICTS. `tier` 0: as each
 * key is known; 1, 2, 3: all in batches, with tables built at once, alone. It changes no verdict.
 */
export function verifyBatch(count: u32, tier: u32): void {
  verify(count, INPUT, tier);
}

/**
 * What is wrong with the key || signature at INPUT, looked for in this order: 1 s is not below L, 2 the key is no
 * point, 3 R is no point, 0 none of these.
 */
export function signatureFault(): u32 {
  if (!isBelowOrder(INPUT + 64)) return 1;
  const decoded = decompress(INPUT, INPUT + 32, DECODED, DECODED + 160);
  if ((decoded & 1) == 0) return 2;
  return (decoded & 2) == 0 ? 3 : 0;
}

/** Counts since the start, as u32 at OUTPUT: signatures checked with tables, in batches; pairs whose R differed; tables built, taken. */
export function signatureCounts(): void {
  store<u32>(OUTPUT, checkedByTables);
  store<u32>(OUTPUT, checkedInBatches, 4);
  store<u32>(OUTPUT, unequal, 8);
  store<u32>(OUTPUT, builds, 12);
  store<u32>(OUTPUT, evictions, 16);
}
