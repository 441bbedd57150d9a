import { assert } from "../base/assert.js";
import type { BatchVerifier, SignatureJob } from "../crypto/interfaces.js";
import type { SignatureCounts } from "../kernels/index.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import { type CheckStats, countsSince, type OnTask, StatsCollector } from "./checkStats.js";

export interface InlinePoolOptions {
  /** Signatures that may wait at a time. */
  readonly maxQueue?: number;
  /** How work is put off: by default to Node's next turn; a simulator passes its own. */
  readonly soon?: (run: () => void) => void;
  /** Without it every turn has a batch of its own. */
  readonly gathering?: Gathering;
  readonly measuring?: Measuring;
}

export interface InlinePool extends VerifierPool {
  /** Sums over all batches; zero without `measuring`. */
  readonly stats: CheckStats;
}

/** What it takes to report on each batch: a simulator has neither. */
export interface Measuring {
  readonly nowMs: () => number;
  /** Counts of the verifier. */
  readonly counts: () => SignatureCounts;
  readonly onTask?: OnTask;
}

/** When a busy pool waits for more signatures: a large batch costs less for each than a small one. */
export interface Gathering {
  /** How long the first of a batch waits for others. */
  readonly delayMs: number;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, run: () => void) => void;
}

/** A run of so many, so long ago, means that more are coming: an idle validator checks at once. */
const BUSY_JOBS = 8;
const BUSY_MS = 100;
/** A batch of so many is checked without waiting on: a larger one costs hardly less for each. */
const FULL_JOBS = 256;

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
): InlinePool {
  const { maxQueue = DEFAULT_MAX_QUEUE, gathering, measuring } = options;
  const { soon = (run) => void setImmediate(run) } = options;
  assert(maxQueue > 0, "the queue must hold something");
  let waiting: Request[] = [];
  let waitingJobs = 0;
  let running = false;
  let closed: (() => void) | undefined;
  /** Whether the batch that gathers waits for more; a run that is not its own finds nothing. */
  let isPatient = false;
  let batch = 0;
  let busyUntilMs = Number.NEGATIVE_INFINITY;
  const collector = new StatsCollector(measuring?.onTask);
  let oldestMs = 0;

  const check = (jobs: readonly SignatureJob[]): boolean[] => {
    if (measuring === undefined || jobs.length === 0) return verifier.verify(jobs);
    const startedMs = measuring.nowMs();
    const before = measuring.counts();
    const verdicts = verifier.verify(jobs);
    collector.add({
      signatures: jobs.length,
      waitMs: startedMs - oldestMs,
      stolen: 0,
      callMs: measuring.nowMs() - startedMs,
      ...countsSince(before, measuring.counts()),
    });
    return verdicts;
  };

  const run = () => {
    const requests = waiting;
    const count = waitingJobs;
    waiting = [];
    waitingJobs = 0;
    batch++;
    running = true;
    const verdicts = check(requests.flatMap((request) => request.jobs));
    if (gathering !== undefined && count >= BUSY_JOBS) busyUntilMs = gathering.nowMs() + BUSY_MS;
    let offset = 0;
    for (const { jobs, done } of requests) {
      done(verdicts.slice(offset, offset + jobs.length));
      offset += jobs.length;
    }
    running = false;
    if (waiting.length === 0) closed?.();
  };

  const schedule = () => {
    const own = batch;
    const runOwn = () => {
      if (batch === own) run();
    };
    const isFirst = waiting.length === 1;
    if (isFirst) {
      oldestMs = measuring?.nowMs() ?? 0;
      isPatient = gathering !== undefined && gathering.nowMs() < busyUntilMs;
      if (isPatient) gathering?.after(gathering.delayMs, runOwn);
      else soon(runOwn);
    }
    if (!isPatient || waitingJobs < FULL_JOBS) return;
    isPatient = false;
    soon(runOwn);
  };

  return {
    get stats() {
      return collector.stats;
    },
    verify(jobs, done) {
      if (closed !== undefined || waitingJobs + jobs.length > maxQueue) return false;
      waiting.push({ jobs, done });
      waitingJobs += jobs.length;
      schedule();
      return true;
    },
    close(done) {
      assert(closed === undefined, "the pool is closed twice");
      closed = done;
      if (waiting.length === 0 && !running) soon(done);
    },
  };
}
