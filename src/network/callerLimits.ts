import { LIMITS } from "../base/limits.js";
import { TokenBucket } from "./tokenBucket.js";
import type { HandshakeRate } from "./tuning.js";

/** A listener of both families names an IPv4 caller otherwise than who dials there. */
function plain(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}

/** Handshakes of one kind of callers: their rate, and those that are under way. */
class Share {
  readonly #rate: TokenBucket;
  #pending = 0;

  constructor({ perSecond, burst }: HandshakeRate, nowMs: number) {
    this.#rate = new TokenBucket(perSecond, burst, nowMs);
  }

  begin(nowMs: number): (() => void) | undefined {
    if (this.#pending >= LIMITS.pendingHandshakesMax || !this.#rate.take(1, nowMs))
      return undefined;
    this.#pending++;
    return () => {
      this.#pending--;
    };
  }
}

/**
 * Handshakes that callers begin, over all addresses together: each costs this process about a
 * millisecond, whoever pays for it, and a socket until it ends. Addresses at which a validator has
 * shown its key, as caller or called, have a share of their own, so that a flood of strangers from
 * everywhere, who speak or say nothing, keeps none of them out.
 */
export class CallerLimits {
  readonly #strangers: Share;
  readonly #known: Share;
  /** Oldest first. */
  readonly #knownAddresses = new Set<string>();

  constructor(rate: HandshakeRate, nowMs: number) {
    this.#strangers = new Share(rate, nowMs);
    this.#known = new Share(rate, nowMs);
  }

  /**
   * Begins the handshake of a caller from this address; undefined where it may not begin now. The
   * result is called once, when the caller has shown a key or is gone.
   */
  begin(address: string, nowMs: number): (() => void) | undefined {
    const share = this.#knownAddresses.has(plain(address)) ? this.#known : this.#strangers;
    return share.begin(nowMs);
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
