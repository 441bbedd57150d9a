import { sha256Block, sha256Start, sha512Block, sha512Start } from "../generated/sha2";

/*
 * SHA-256 and SHA-512 over the module's input buffer: `...Begin`, any number of `...Blocks` over whole
 * blocks, then `...End` over the rest. The buffer has 256 bytes of slack behind it for the padding.
 */

const STATE256 = memory.data(32, 16);
const STATE512 = memory.data(64, 16);

export function sha256Begin(): void {
  sha256Start(STATE256);
}

export function sha256Blocks(at: usize, length: usize): void {
  for (let end = at + length; at < end; at += 64) sha256Block(STATE256, at);
}

/** Pads behind the last `length` bytes of a message of `total` bytes and writes the digest to `out`. */
export function sha256End(at: usize, length: usize, total: u64, out: usize): void {
  const padded = (length + 9 + 63) & ~63;
  memory.fill(at + length, 0, padded - length);
  store<u8>(at + length, 0x80);
  store<u64>(at + padded - 8, bswap<u64>(total << 3));
  sha256Blocks(at, padded);
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

/** As `sha256End`; the padding writes up to 144 bytes behind the message. */
export function sha512End(at: usize, length: usize, total: u64, out: usize): void {
  const padded = (length + 17 + 127) & ~127;
  memory.fill(at + length, 0, padded - length);
  store<u8>(at + length, 0x80);
  store<u64>(at + padded - 16, bswap<u64>(total >> 61));
  store<u64>(at + padded - 8, bswap<u64>(total << 3));
  sha512Blocks(at, padded);
  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(out + i, bswap<u64>(load<u64>(STATE512 + i)));
  }
}
