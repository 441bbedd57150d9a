/** Local time and one-shot timers. Simulated in tests; nothing else may read a clock. */
export interface Clock {
  /** Unix time in milliseconds, as this machine believes. May jump. */
  nowMs(): number;
  /** Calls back once after `delayMs`; the result cancels. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back after other events had their turn. */
  soon(callback: () => void): void;
}
