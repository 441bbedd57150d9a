import { sha256Block, sha256Start, sha512Block, sha512Start } from "../generated/sha2";

/*
 * SHA-256 and SHA-512 of messages anywhere in memory: `...Begin`, any number of `...Blocks` over whole blocks,
 * then `...End` over the rest. The message is only read; padding happens in a buffer of its own.
 */

const STATE256 = memory.data(32, 16);
const STATE512 = memory.data(64, 16);
const TAIL = memory.data(256, 16);

export function sha256Begin(): void {
  sha256Start(STATE256);
}

export function sha256Blocks(at: usize, length: usize): void {
  for (let end = at + length; at < end; at += 64) sha256Block(STATE256, at);
}

/** Takes the last `length` bytes of a message of `total` bytes and writes the digest to `out`. */
export function sha256End(at: usize, length: usize, total: u64, out: usize): void {
  const whole = length & ~63;
  sha256Blocks(at, whole);
  const rest = length & 63;
  memory.fill(TAIL, 0, 128);
  memory.copy(TAIL, at + whole, rest);
  store<u8>(TAIL + rest, 0x80);
  const padded: usize = rest < 56 ? 64 : 128;
  store<u64>(TAIL + padded - 8, bswap<u64>(total << 3));
  sha256Blocks(TAIL, padded);
  for (let i: usize = 0; i < 32; i += 4) {
    store<u32>(out + i, bswap<u32>(load<u32>(STATE256 + i)));
  }
}

export function sha512Begin(): void {
  sha512Start(STATE512);
}

export function sha512Blocks(at: usize, length: usize): void {
  for (let end = at + length; at < end; at += 128) sha512Block(STATE512, at);
}

/** As `sha256End`, for SHA-512. */
export function sha512End(at: usize, length: usize, total: u64, out: usize): void {
  const whole = length & ~127;
  sha512Blocks(at, whole);
  const rest = length & 127;
  memory.fill(TAIL, 0, 256);
  memory.copy(TAIL, at + whole, rest);
  store<u8>(TAIL + rest, 0x80);
  const padded: usize = rest < 112 ? 128 : 256;
  store<u64>(TAIL + padded - 16, bswap<u64>(total >> 61));
  store<u64>(TAIL + padded - 8, bswap<u64>(total << 3));
  sha512Blocks(TAIL, padded);
  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(out + i, bswap<u64>(load<u64>(STATE512 + i)));
  }
}
