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

export class LoginTokens {
  /** By the token's hash, oldest first; so what is in memory is not what lets anyone in. */
  readonly #entries = new Map<string, Entry>();

  constructor(
    readonly clock: Clock,
    readonly entropy: Entropy,
    readonly hasher: Hasher,
    readonly tokensMax: number,
    readonly lifetimeMs: number,
  ) {}

  issue(principal: Principal): { readonly token: string; readonly expiresMs: number } {
    const nowMs = this.clock.nowMs();
    for (const [key, { expiresMs }] of this.#entries) {
      if (expiresMs > nowMs && this.#entries.size < this.tokensMax) break;
      this.#entries.delete(key);
    }
    const token = this.entropy.randomBytes(TOKEN_SIZE_BYTES);
    const expiresMs = nowMs + this.lifetimeMs;
    this.#entries.set(mapKey(this.hasher.sha256(token)), { principal, expiresMs });
    return { token: bytesToText(token), expiresMs };
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
