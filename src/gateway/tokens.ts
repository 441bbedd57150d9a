/** Tokens by which `/rpc` knows who logged in on a socket. In memory only: a restart ends them. */

import { bytesFromText, bytesToText } from "../api/index.js";
import { mapKey } from "../base/bytes.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { Clock } from "../ports/clock.js";
import type { Entropy } from "../ports/entropy.js";
import type { Principal } from "./rights.js";

const TOKEN_SIZE_BYTES = 32;

interface Entry {
  readonly principal: Principal;
  readonly expiresMs: number;
}

/** Keys of one account's tokens in `#entries`, oldest first. */
type Held = Set<string>;

/**
 * Bounded for each account and in all. An account that logs in again and again loses its own oldest
 * tokens; where all accounts together have too many, one that holds most loses its oldest.
 */
export class LoginTokens {
  /** By the token's hash, oldest first; so what is in memory is not what lets anyone in. */
  readonly #entries = new Map<string, Entry>();
  readonly #byAccount = new Map<string, Held>();

  constructor(
    readonly clock: Clock,
    readonly entropy: Entropy,
    readonly hasher: Hasher,
    readonly tokensMax: number,
    readonly tokensPerAccountMax: number,
    readonly lifetimeMs: number,
  ) {}

  issue(principal: Principal): { readonly token: string; readonly expiresMs: number } {
    const nowMs = this.clock.nowMs();
    for (const [key, { expiresMs }] of this.#entries) {
      if (expiresMs > nowMs) break;
      this.#remove(key);
    }
    const account = accountOf(principal);
    const own = this.#byAccount.get(account);
    if (own !== undefined && own.size >= this.tokensPerAccountMax) this.#removeOldest(own);
    if (this.#entries.size >= this.tokensMax) this.#removeOldest(this.#largest());
    const token = this.entropy.randomBytes(TOKEN_SIZE_BYTES);
    const expiresMs = nowMs + this.lifetimeMs;
    const key = mapKey(this.hasher.sha256(token));
    this.#entries.set(key, { principal, expiresMs });
    const held = this.#byAccount.get(account);
    if (held === undefined) this.#byAccount.set(account, new Set([key]));
    else held.add(key);
    return { token: bytesToText(token), expiresMs };
  }

  /** Tokens of the account that holds most; of several, the one that logged in first. */
  #largest(): Held {
    let largest: Held = new Set();
    for (const held of this.#byAccount.values()) if (held.size > largest.size) largest = held;
    return largest;
  }

  #removeOldest(held: Held): void {
    for (const key of held) {
      this.#remove(key);
      return;
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const account = accountOf(entry.principal);
    const held = this.#byAccount.get(account);
    held?.delete(key);
    if (held?.size === 0) this.#byAccount.delete(account);
  }

  /** Who holds a token, or undefined if it was never issued here or has expired. */
  find(text: string): Principal | undefined {
    const token = text.length > 64 ? undefined : bytesFromText(text);
    if (token === undefined || token.length !== TOKEN_SIZE_BYTES) return undefined;
    const entry = this.#entries.get(mapKey(this.hasher.sha256(token)));
    return entry !== undefined && entry.expiresMs > this.clock.nowMs()
      ? entry.principal
      : undefined;
  }
}

function accountOf(principal: Principal): string {
  return principal.kind === "account" ? mapKey(principal.account) : "";
}
