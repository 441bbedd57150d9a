import { LIMITS } from "../base/limits.js";
import { TokenBucket } from "./tokenBucket.js";
import type { HandshakeRate } from "./tuning.js";

/** A listener of both families names an IPv4 caller otherwise than who dials there. */
function plain(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}

/**
 * Handshakes that callers begin, over all addresses together: each costs this process about a
 * millisecond, whoever pays for it. Addresses at which a validator has shown its key, as caller or
 * called, have a rate of their own, so that a flood of strangers from everywhere keeps none of them out.
 */
export class CallerLimits {
  readonly #strangers: TokenBucket;
  readonly #known: TokenBucket;
  /** Oldest first. */
  readonly #knownAddresses = new Set<string>();

  constructor({ perSecond, burst }: HandshakeRate, nowMs: number) {
    this.#strangers = new TokenBucket(perSecond, burst, nowMs);
    this.#known = new TokenBucket(perSecond, burst, nowMs);
  }

  /** Whether a caller from this address may begin a handshake now. */
  take(address: string, nowMs: number): boolean {
    const bucket = this.#knownAddresses.has(plain(address)) ? this.#known : this.#strangers;
    return bucket.take(1, nowMs);
  }

  /** A validator has shown its key there. */
  succeeded(address: string): void {
    this.#knownAddresses.delete(plain(address));
    this.#knownAddresses.add(plain(address));
    if (this.#knownAddresses.size <= LIMITS.knownAddressesMax) return;
    const [oldest] = this.#knownAddresses;
    this.#knownAddresses.delete(oldest as string);
  }
}
