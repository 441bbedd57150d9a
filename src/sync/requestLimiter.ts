import type { ValidatorIndex } from "../types/primitives.js";

const BURST = 64;
const PER_SECOND = 32;

/** A token bucket a peer: answering costs more than asking, so asking is bounded (SYN-5). */
export class RequestLimiter {
  readonly #tokens: number[];
  readonly #atMs: number[];

  constructor(validatorCount: number) {
    this.#tokens = new Array<number>(validatorCount).fill(BURST);
    this.#atMs = new Array<number>(validatorCount).fill(0);
  }

  /** Whether a request of `peer` is answered. */
  take(peer: ValidatorIndex, nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - (this.#atMs[peer] ?? 0));
    const tokens = Math.min(BURST, (this.#tokens[peer] ?? 0) + (elapsedMs * PER_SECOND) / 1000);
    this.#atMs[peer] = nowMs;
    this.#tokens[peer] = tokens >= 1 ? tokens - 1 : tokens;
    return tokens >= 1;
  }
}
