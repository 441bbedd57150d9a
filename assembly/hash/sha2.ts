import { sha256Block, sha256Start, sha512Block, sha512Start } from "../generated/sha2";

/* One-shot SHA-256 and SHA-512 of a message anywhere in memory, which is only read. */

const STATE256 = memory.data(32, 16);
const STATE512 = memory.data(64, 16);
/** The last bytes of a message with their padding. */
const TAIL = memory.data(256, 16);

/** The digest that the words of `state` are. */
export function storeDigest256(state: usize, out: usize): void {
  for (let i: usize = 0; i < 32; i += 4) {
    store<u32>(out + i, bswap<u32>(load<u32>(state + i)));
  }
}

/** Writes the 32-byte digest of `length` bytes at `message` to `out`. */
export function sha256(message: usize, length: usize, out: usize): void {
  sha256Start(STATE256);
  const whole = length & ~63;
  for (let end = message + whole; message < end; message += 64) sha256Block(STATE256, message);
  const rest = length & 63;
  memory.fill(TAIL, 0, 128);
  memory.copy(TAIL, message, rest);
  store<u8>(TAIL + rest, 0x80);
  const padded: usize = rest < 56 ? 64 : 128;
  store<u64>(TAIL + padded - 8, bswap<u64>((<u64>length) << 3));
  for (let block = TAIL; block < TAIL + padded; block += 64) sha256Block(STATE256, block);
  storeDigest256(STATE256, out);
}

/** Writes the 64-byte digest of `length` bytes at `message` to `out`. */
export function sha512(message: usize, length: usize, out: usize): void {
  sha512Start(STATE512);
  const whole = length & ~127;
  for (let end = message + whole; message < end; message += 128) sha512Block(STATE512, message);
  const rest = length & 127;
  memory.fill(TAIL, 0, 256);
  memory.copy(TAIL, message, rest);
  store<u8>(TAIL + rest, 0x80);
  const padded: usize = rest < 112 ? 128 : 256;
  store<u64>(TAIL + padded - 8, bswap<u64>((<u64>length) << 3));
  for (let block = TAIL; block < TAIL + padded; block += 128) sha512Block(STATE512, block);
  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(out + i, bswap<u64>(load<u64>(STATE512 + i)));
  }
}
