import { LIMITS } from "../base/limits.js";

/** Failed handshakes of one address before it has to wait. */
const FREE_FAILURES = 3;
const WAIT_MS_MIN = 1_000;
const WAIT_MS_MAX = 60_000;
/** An address that gave no trouble for this long starts afresh. */
const FORGET_AFTER_MS = 10 * 60_000;

interface Trouble {
  failures: number;
  lastMs: number;
  untilMs: number;
}

/**
 * Addresses whose callers could not authenticate: from the fourth failure on they are not listened
 * to for 1 s, 2 s, ... 60 s. Bounded: when the table is full, the entry that failed least recently goes.
 */
export class AddressBlocks {
  readonly #troubles = new Map<string, Trouble>();

  get size(): number {
    return this.#troubles.size;
  }

  failed(address: string, nowMs: number): void {
    let trouble = this.#troubles.get(address);
    this.#troubles.delete(address);
    if (trouble === undefined || nowMs - trouble.lastMs > FORGET_AFTER_MS) {
      trouble = { failures: 0, lastMs: nowMs, untilMs: nowMs };
    }
    trouble.failures++;
    trouble.lastMs = nowMs;
    if (trouble.failures > FREE_FAILURES) {
      const doublings = Math.min(trouble.failures - FREE_FAILURES - 1, 10);
      trouble.untilMs = nowMs + Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** doublings);
    }
    this.#troubles.set(address, trouble);
    if (this.#troubles.size > LIMITS.troubledAddressesMax) {
      const [oldest] = this.#troubles.keys();
      this.#troubles.delete(oldest as string);
    }
  }

  /** Somebody behind it has authenticated. */
  succeeded(address: string): void {
    this.#troubles.delete(address);
  }

  isBlocked(address: string, nowMs: number): boolean {
    const trouble = this.#troubles.get(address);
    // A clock that was set back must not block anybody for longer than the longest wait.
    return (
      trouble !== undefined && nowMs < trouble.untilMs && trouble.untilMs - nowMs <= WAIT_MS_MAX
    );
  }
}
