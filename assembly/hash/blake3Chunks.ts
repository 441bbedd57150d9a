import { compressChunks4 } from "../generated/blake3";
import { CHUNK_END, CHUNK_START, transposeIn, transposeOut } from "./blake3";

const CHUNK_BYTES: usize = 1024;

const WORDS = memory.data(256, 16);
/** Chaining values of the four lanes as eight rows; their chunks' numbers, low words and high words. */
const CHAINS = memory.data(128, 16);
const COUNTERS = memory.data(32, 16);

/**
 * Chaining values, 32 bytes each at `out`, of the four whole chunks at `at`, which are those from number
 * `first` on and not the last of their message. In lanes: SIMD only.
 */
export function hashFourChunks(at: usize, key: usize, first: u64, mode: u32, out: usize): void {
  for (let i: usize = 0; i < 8; i++) {
    v128.store(CHAINS + (i << 4), v128.load_splat<u32>(key + (i << 2)));
  }
  for (let lane: usize = 0; lane < 4; lane++) {
    store<u32>(COUNTERS + (lane << 2), <u32>(first + lane));
    store<u32>(COUNTERS + (lane << 2), <u32>((first + lane) >> 32), 16);
  }
  for (let block: usize = 0; block < CHUNK_BYTES; block += 64) {
    for (let part: usize = 0; part < 64; part += 16) {
      const p = at + block + part;
      transposeIn(
        WORDS + (part << 2),
        p,
        p + CHUNK_BYTES,
        p + 2 * CHUNK_BYTES,
        p + 3 * CHUNK_BYTES,
      );
    }
    const start = block == 0 ? CHUNK_START : 0;
    const end = block == CHUNK_BYTES - 64 ? CHUNK_END : 0;
    compressChunks4(WORDS, CHAINS, COUNTERS, mode | start | end);
  }
  transposeOut(CHAINS, out, out + 32, out + 64, out + 96);
  transposeOut(CHAINS + 64, out + 16, out + 48, out + 80, out + 112);
}
