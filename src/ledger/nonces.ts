/**
 * Nonces by (account, channel): a window of 1,024 bits around the highest one used (LED-8). The row
 * has a fixed layout (`channelRow`): hi u64, then bit n mod 1,024 for nonce n.
 */

import { LIMITS } from "../base/limits.js";
import { KEYS, TABLES } from "../declarations/tables.js";

const HI_SIZE_BYTES = 8;
const WINDOW = BigInt(LIMITS.nonceWindow);
export const CHANNEL_SIZE_BYTES = HI_SIZE_BYTES + LIMITS.nonceWindow / 8;

export type Freshness = "fresh" | "used" | "outside";

/** A channel in which no nonce was used: 0 to 1,024 are fresh. */
export function newChannel(): Uint8Array {
  return new Uint8Array(CHANNEL_SIZE_BYTES);
}

export function channelKey(account: Uint8Array, channel: number): Uint8Array {
  return KEYS.channel(account, channel);
}

export const CHANNEL_TABLE = TABLES.channel.id;

function hiOf(channel: Uint8Array): bigint {
  return new DataView(channel.buffer, channel.byteOffset).getBigUint64(0, true);
}

/** Fresh iff hi - 1,023 <= nonce <= hi + 1,024 and its bit is unset. */
export function freshness(channel: Uint8Array, nonce: bigint): Freshness {
  const hi = hiOf(channel);
  if (nonce > hi) return nonce - hi <= WINDOW ? "fresh" : "outside";
  if (hi - nonce >= WINDOW) return "outside";
  const slot = Number(nonce % WINDOW);
  const byte = channel[HI_SIZE_BYTES + (slot >> 3)] as number;
  return ((byte >> (slot & 7)) & 1) === 0 ? "fresh" : "used";
}

/** The channel after a fresh nonce was used. */
export function withNonce(channel: Uint8Array, nonce: bigint): Uint8Array {
  const changed = channel.slice();
  const hi = hiOf(channel);
  if (nonce > hi) {
    // Nonces that left the window below give their bits to those that entered above.
    const steps = Number(nonce - hi);
    let slot = Number(hi % WINDOW);
    for (let i = 0; i < steps; i++) {
      slot = (slot + 1) % LIMITS.nonceWindow;
      changed[HI_SIZE_BYTES + (slot >> 3)]! &= ~(1 << (slot & 7));
    }
    new DataView(changed.buffer).setBigUint64(0, nonce, true);
  }
  const slot = Number(nonce % WINDOW);
  changed[HI_SIZE_BYTES + (slot >> 3)]! |= 1 << (slot & 7);
  return changed;
}
