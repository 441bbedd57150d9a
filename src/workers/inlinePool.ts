import { assert } from "../base/assert.js";
import type { BatchVerifier, SignatureJob } from "../crypto/interfaces.js";
import type { VerifierPool } from "../ports/verifierPool.js";

export interface InlinePoolOptions {
  /** Signatures that may wait at a time. */
  readonly maxQueue?: number;
  /** How work is put off: by default to Node's next turn; a simulator passes its own. */
  readonly soon?: (run: () => void) => void;
}

const DEFAULT_MAX_QUEUE = 16_384;

interface Request {
  readonly jobs: readonly SignatureJob[];
  readonly done: (verdicts: boolean[]) => void;
}

/**
 * A pool that works in the calling thread, one turn later, so that all requests of a turn become one
 * batch. For one-core machines, tests and simulations.
 */
export function createInlinePool(
  verifier: BatchVerifier,
  options: InlinePoolOptions = {},
): VerifierPool {
  const { maxQueue = DEFAULT_MAX_QUEUE, soon = (run) => void setImmediate(run) } = options;
  assert(maxQueue > 0, "the queue must hold something");
  let waiting: Request[] = [];
  let waitingJobs = 0;
  let running = false;
  let closed: (() => void) | undefined;

  const run = () => {
    const requests = waiting;
    waiting = [];
    waitingJobs = 0;
    running = true;
    const verdicts = verifier.verify(requests.flatMap((request) => request.jobs));
    let offset = 0;
    for (const { jobs, done } of requests) {
      done(verdicts.slice(offset, offset + jobs.length));
      offset += jobs.length;
    }
    running = false;
    if (waiting.length === 0) closed?.();
  };

  return {
    verify(jobs, done) {
      if (closed !== undefined || waitingJobs + jobs.length > maxQueue) return false;
      waiting.push({ jobs, done });
      waitingJobs += jobs.length;
      if (waiting.length === 1) soon(run);
      return true;
    },
    close(done) {
      assert(closed === undefined, "the pool is closed twice");
      closed = done;
      if (waiting.length === 0 && !running) soon(done);
    },
  };
}
