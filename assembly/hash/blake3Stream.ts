import { compress } from "../generated/blake3";
import { CHUNK_END, CHUNK_START, KEYED_HASH, PARENT, ROOT } from "./blake3";
import { hashFourChunks } from "./blake3Chunks";

/*
 * BLAKE3 of any length: `begin`, whole chunks as long as more follows, then `end` with the last 1 to n bytes
 * (0 only for the empty message). The stack holds the chaining values of complete subtrees, one for each
 * 1-bit in the number of chunks so far (BLAKE3 specification 5.1.2); it is merged before a push, so the
 * last merge is left to `end`, which alone may set ROOT.
 */

const CHUNK_BYTES: usize = 1024;
/**
 * All that a hash under way consists of: depth, mode and number of chunks as `saveState` puts them, key, stack.
 * A caller with several of them keeps a copy of each meanwhile.
 */
export const STATE_BYTES: u32 = 1808;
export const STATE = memory.data(1808, 16);
const KEY: usize = STATE + 16;
const STACK: usize = STATE + 48;
const CHAIN = memory.data(32, 16);
const BLOCK = memory.data(64, 16);
/** Chaining values of four chunks. */
const FOUR = memory.data(128, 16);
const IV = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

let mode: u32 = 0;
let chunks: u64 = 0;
let depth: usize = 0;

/** Starts a plain hash (`key` 0) or a keyed one. */
export function blake3Begin(key: usize): void {
  memory.copy(KEY, key == 0 ? IV : key, 32);
  mode = key == 0 ? 0 : KEYED_HASH;
  chunks = 0;
  depth = 0;
}

/** Completes STATE, to be copied away. */
export function saveState(): void {
  store<u32>(STATE, <u32>depth);
  store<u32>(STATE, mode, 4);
  store<u64>(STATE, chunks, 8);
}

/** Goes on with the hash whose STATE was copied back. */
export function restoreState(): void {
  depth = load<u32>(STATE);
  mode = load<u32>(STATE, 4);
  chunks = load<u64>(STATE, 8);
}

/** Chaining value, or with ROOT in `last` the hash, of one chunk of `length` <= 1,024 bytes. */
function hashChunk(at: usize, length: usize, last: u32, out: usize): void {
  memory.copy(CHAIN, KEY, 32);
  let flags: u32 = mode | CHUNK_START;
  while (length > 64) {
    compress(CHAIN, at, CHAIN, chunks, 64, flags);
    flags = mode;
    at += 64;
    length -= 64;
  }
  memory.fill(BLOCK, 0, 64);
  memory.copy(BLOCK, at, length);
  compress(CHAIN, BLOCK, out, chunks, <u32>length, flags | CHUNK_END | last);
}

/** Replaces the two topmost values by their parent, at the place of the lower one. */
function mergeTop(flags: u32): void {
  depth--;
  const pair = STACK + ((depth - 1) << 5);
  compress(KEY, pair, pair, 0, 64, mode | PARENT | flags);
}

/** Merges the subtrees that the chunks so far complete, as long as another chunk follows. */
function mergeComplete(): void {
  for (let total = chunks; depth > 1 && (total & 1) == 0 && total != 0; total >>= 1) mergeTop(0);
}

/** Takes `count` whole chunks that are not the end of the message. */
export function blake3Chunks(at: usize, count: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (; count >= 4; count -= 4, at += 4 * CHUNK_BYTES) {
      hashFourChunks(at, KEY, chunks, mode, FOUR);
      for (let value = FOUR; value < FOUR + 128; value += 32) {
        memory.copy(STACK + (depth << 5), value, 32);
        completeChunk();
      }
    }
  }
  for (; count > 0; count--, at += CHUNK_BYTES) {
    hashChunk(at, CHUNK_BYTES, 0, STACK + (depth << 5));
    completeChunk();
  }
}

/** A chunk's value was put on top of the stack. */
function completeChunk(): void {
  depth++;
  chunks++;
  mergeComplete();
}

/** Takes the last `length` bytes and writes the 32-byte hash to `out`. */
export function blake3End(at: usize, length: usize, out: usize): void {
  const whole: usize = length == 0 ? 0 : (length - 1) / CHUNK_BYTES;
  blake3Chunks(at, whole);
  at += whole * CHUNK_BYTES;
  length -= whole * CHUNK_BYTES;
  if (depth == 0) {
    hashChunk(at, length, ROOT, out);
    return;
  }
  hashChunk(at, length, 0, STACK + (depth << 5));
  depth++;
  while (depth > 2) mergeTop(0);
  mergeTop(ROOT);
  memory.copy(out, STACK, 32);
}
