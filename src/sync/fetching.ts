import type { PeerMessage } from "../types/message.js";
import type { ValidatorIndex } from "../types/primitives.js";

interface Wanted {
  attempts: number;
  nextMs: number;
  wantedMs: number;
}

const WANTED_MAX = 1_024;

/**
 * Asks for what is missing (CON-R-Q): one peer at a time, the likeliest first, the next one when no
 * answer helped within the period. Who wants something says so again at every step; what nobody
 * wants any more is forgotten. So a request can neither be lost nor run on by itself.
 */
export class Fetching {
  readonly #wanted = new Map<string, Wanted>();
  readonly #connected = new Set<ValidatorIndex>();

  constructor(
    readonly periodMs: number,
    readonly emit: (to: ValidatorIndex, message: PeerMessage) => void,
  ) {}

  connected(peer: ValidatorIndex): void {
    this.#connected.add(peer);
  }

  disconnected(peer: ValidatorIndex): void {
    this.#connected.delete(peer);
  }

  want(
    key: string,
    first: readonly ValidatorIndex[],
    message: () => PeerMessage,
    nowMs: number,
  ): void {
    let wanted = this.#wanted.get(key);
    if (wanted === undefined) {
      this.#forget(nowMs);
      if (this.#wanted.size >= WANTED_MAX) return;
      wanted = { attempts: 0, nextMs: nowMs, wantedMs: nowMs };
      this.#wanted.set(key, wanted);
    }
    wanted.wantedMs = nowMs;
    if (nowMs < wanted.nextMs) return;
    const candidates = new Set(first.filter((peer) => this.#connected.has(peer)));
    for (const peer of this.#connected) candidates.add(peer);
    const peers = [...candidates];
    const peer = peers[wanted.attempts % peers.length];
    if (peer === undefined) return;
    wanted.attempts++;
    wanted.nextMs = nowMs + this.periodMs;
    this.emit(peer, message());
  }

  #forget(nowMs: number): void {
    for (const [key, { wantedMs }] of this.#wanted) {
      if (wantedMs + 2 * this.periodMs < nowMs) this.#wanted.delete(key);
    }
  }

  /** When something that is still wanted may be asked of the next peer. */
  nextMs(nowMs: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { nextMs, wantedMs } of this.#wanted.values()) {
      if (wantedMs + this.periodMs >= nowMs && nextMs > nowMs && nextMs < next) next = nextMs;
    }
    return next;
  }
}
