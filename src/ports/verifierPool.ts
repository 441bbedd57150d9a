import type { SignatureJob } from "../crypto/interfaces.js";

/**
 * Checks signatures (Ed25519 by ZIP-215) beside the event loop. It is bounded: when it is full it says so
 * at once, and the caller waits or answers `OVERLOADED`. What it has accepted it always answers.
 */
export interface VerifierPool {
  /**
   * Accepts `jobs` and later calls `done` once with one verdict a job, in order; never from within this
   * call. Bytes of the jobs must not change until then. Calls may be answered in another order.
   *
   * Returns false, without ever calling `done`, when the queue has no room for these jobs or the pool is
   * closing. A call with more jobs than the whole queue holds is therefore never accepted.
   */
  verify(jobs: readonly SignatureJob[], done: (verdicts: boolean[]) => void): boolean;
  /** Accepts nothing more, answers what it has accepted, frees its threads, then calls `done` once. */
  close(done: () => void): void;
}
