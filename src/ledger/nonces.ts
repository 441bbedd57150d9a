/**
 * Nonces by (account, channel): a window of 1,024 bits around the highest one used (LED-8). The row
 * has a fixed layout (`channelRow`): hi u64, then bit n mod 1,024 for nonce n.
 */

import { LIMITS } from "../base/limits.js";
import { safeU64At, setSafe64At } from "../base/words.js";
import { TABLES } from "../declarations/tables.js";
import { writeAccountKey } from "./scratchKeys.js";

const HI_SIZE_BYTES = 8;
const WINDOW = LIMITS.nonceWindow;
export const CHANNEL_SIZE_BYTES = HI_SIZE_BYTES + WINDOW / 8;

export type Freshness = "fresh" | "used" | "outside";

/** A channel in which no nonce was used: 0 to 1,024 are fresh. */
export function newChannel(): Uint8Array {
  return new Uint8Array(CHANNEL_SIZE_BYTES);
}

const keyScratch = new Uint8Array(36);

/** Key of a channel's row, for looking it up: written anew by the next call. */
export function channelKey(account: Uint8Array, channel: number): Uint8Array {
  return writeAccountKey(keyScratch, account, channel);
}

export const CHANNEL_TABLE = TABLES.channel.id;

function viewOf(channel: Uint8Array): DataView {
  return new DataView(channel.buffer, channel.byteOffset);
}

/** How far `nonce` is above the highest one used: exact wherever it is within some windows. */
function distance(channel: Uint8Array, nonce: bigint): number {
  const hi = safeU64At(channel, 0);
  const number = Number(nonce);
  if (hi <= Number.MAX_SAFE_INTEGER && number <= Number.MAX_SAFE_INTEGER) return number - hi;
  return Number(nonce - viewOf(channel).getBigUint64(0, true));
}

function slotOf(nonce: bigint): number {
  return Number(BigInt.asUintN(32, nonce)) % WINDOW;
}

/** Fresh iff hi - 1,023 <= nonce <= hi + 1,024 and its bit is unset. */
export function freshness(channel: Uint8Array, nonce: bigint): Freshness {
  const above = distance(channel, nonce);
  if (above > 0) return above <= WINDOW ? "fresh" : "outside";
  if (above <= -WINDOW) return "outside";
  const slot = slotOf(nonce);
  const byte = channel[HI_SIZE_BYTES + (slot >> 3)] as number;
  return ((byte >> (slot & 7)) & 1) === 0 ? "fresh" : "used";
}

/** The channel after a fresh nonce was used: written into `changed`, which has its size. */
export function withNonce(
  channel: Uint8Array,
  nonce: bigint,
  changed: Uint8Array = new Uint8Array(CHANNEL_SIZE_BYTES),
): Uint8Array {
  changed.set(channel);
  const above = distance(channel, nonce);
  const slot = slotOf(nonce);
  if (above > 0) {
    // Nonces that left the window below give their bits to those that entered above.
    for (let i = 1; i < above; i++) {
      const entered = (slot - i + WINDOW) % WINDOW;
      changed[HI_SIZE_BYTES + (entered >> 3)]! &= ~(1 << (entered & 7));
    }
    if (nonce <= Number.MAX_SAFE_INTEGER) setSafe64At(changed, 0, Number(nonce));
    else viewOf(changed).setBigUint64(0, nonce, true);
  }
  changed[HI_SIZE_BYTES + (slot >> 3)]! |= 1 << (slot & 7);
  return changed;
}
