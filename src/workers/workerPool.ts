import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { assert } from "../base/assert.js";
import { FondacoError } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import type { SignatureJob } from "../crypto/interfaces.js";
import {
  type CompiledKernels,
  instantiateKernelsSync,
  type SignatureKernels,
} from "../kernels/index.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import { type CheckStats, countsSince, type OnTask, StatsCollector } from "./checkStats.js";
import { Flight } from "./flight.js";
import { createKeyRouter, type KeyRouter } from "./keyRouter.js";
import { type Request, SignatureQueue } from "./signatureQueue.js";
import { MAX_JOBS, type TaskCounts } from "./slab.js";
import { VerifierThread } from "./verifierThread.js";

export interface WorkerPoolOptions {
  readonly threads: number;
  /** Signatures that may be accepted and unanswered at a time. */
  readonly maxQueue: number;
  /** From `compileKernels`; each thread makes its own instance of it. */
  readonly compiled: CompiledKernels;
  /** Told of every task. */
  readonly onTask?: OnTask;
  /** What each thread runs; a test names a file that cannot start. */
  readonly workerFile?: string;
}

export interface WorkerPool extends VerifierPool {
  /** The live threads, for tests that kill one. */
  readonly workerThreads: readonly Worker[];
  /** Sums over all tasks. */
  readonly stats: CheckStats;
}

/** Fewer signatures of one key are not worth splitting over idle threads. */
const SPLIT_JOBS = 32;
/** Attempts of a task in its thread before the calling one does it: threads that keep dying. */
const MAX_ATTEMPTS = 3;

// The compiled file also when this one runs from `src/` under a test runner: threads run plain JavaScript.
const builtWorkerFile = fileURLToPath(
  new URL("../../dist/workers/verifyWorker.js", import.meta.url),
);

/** A thread, the jobs that wait for it, and its task. */
interface Slot {
  readonly thread: VerifierThread;
  readonly queue: SignatureQueue;
  readonly flight: Flight;
  /** It could not be started: jobs go to others, if there are any, until it lives again. */
  isLost: boolean;
}

/**
 * A pool of worker threads. Each key has its thread, and each thread one task at a time: while it is busy, its
 * jobs gather, so that a task covers some hundred signatures under load and a single one when idle. An idle
 * thread takes from the longest queue of another. When a thread dies its task runs again.
 *
 * @throws {FondacoError} `WORKER_MISSING` when the build has not been run.
 */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  assert(options.threads > 0 && options.maxQueue > 0, "a pool needs threads and a queue");
  if (!existsSync(builtWorkerFile)) {
    throw new FondacoError(
      { code: "WORKER_MISSING" },
      `cannot find ${builtWorkerFile}; run "npm run build" first`,
    );
  }
  return new ThreadPool(options);
}

class ThreadPool implements WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly Slot[];
  readonly #threadOf: KeyRouter;
  readonly #stats: StatsCollector;
  #openJobs = 0;
  #openRequests = 0;
  #willDispatch = false;
  #inline: SignatureKernels | undefined;
  #closing: (() => void) | undefined;
  #isStopped = false;

  constructor(options: WorkerPoolOptions) {
    const { threads, compiled, workerFile = builtWorkerFile } = options;
    this.#options = options;
    this.#stats = new StatsCollector(options.onTask);
    this.#threadOf = createKeyRouter(threads, randomBytes);
    const keyTablesSizeBytes = LIMITS.keyTablesSizeBytesMax / threads;
    this.#slots = Array.from({ length: threads }, () => ({
      thread: new VerifierThread(workerFile, { compiled, keyTablesSizeBytes }),
      queue: new SignatureQueue(),
      flight: new Flight(),
      isLost: false,
    }));
  }

  get workerThreads(): readonly Worker[] {
    return this.#slots.flatMap(({ thread }) => thread.worker ?? []);
  }

  get stats(): CheckStats {
    return this.#stats.stats;
  }

  verify(jobs: readonly SignatureJob[], done: (verdicts: boolean[]) => void): boolean {
    if (this.#closing !== undefined) return false;
    if (this.#openJobs + jobs.length > this.#options.maxQueue) return false;
    const verdicts = new Array<boolean>(jobs.length).fill(false);
    const acceptedMs = performance.now();
    const request: Request = { jobs, verdicts, done, acceptedMs, remaining: jobs.length };
    this.#openRequests++;
    this.#openJobs += jobs.length;
    for (let i = 0; i < jobs.length; i++) {
      const { publicKey, signature } = jobs[i] as SignatureJob;
      // What has a wrong length never travels: its verdict is false already.
      if (publicKey.length !== 32 || signature.length !== 64) request.remaining--;
      else this.#slotOf(publicKey).queue.push(request, i);
    }
    if (request.remaining === 0) queueMicrotask(() => this.#answer(request));
    else if (!this.#willDispatch) {
      // One microtask later, so that all calls of a turn share a task.
      this.#willDispatch = true;
      queueMicrotask(() => {
        this.#willDispatch = false;
        this.#dispatch();
      });
    }
    return true;
  }

  close(done: () => void): void {
    assert(this.#closing === undefined, "the pool is closed twice");
    this.#closing = done;
    if (this.#openRequests === 0) this.#stopThreads();
  }

  #slotOf(publicKey: Uint8Array): Slot {
    const slot = this.#slots[this.#threadOf(publicKey)] as Slot;
    return slot.isLost ? (this.#slots.find(({ isLost }) => !isLost) ?? slot) : slot;
  }

  /** Gives each idle thread a task: of its own jobs, or else of those that wait longest in number. */
  #dispatch(): void {
    let helpers = 0;
    for (const slot of this.#slots) {
      const { flight, queue, thread } = slot;
      if (slot.isLost && thread.worker !== undefined) slot.isLost = false;
      if (flight.isEmpty && queue.length === 0 && !slot.isLost) helpers++;
    }
    for (const slot of this.#slots) {
      const { flight, queue } = slot;
      if (!flight.isEmpty || queue.length === 0) continue;
      flight.load(queue, helpers === 0 ? MAX_JOBS : shareOf(queue.length, helpers + 1));
      this.#fly(slot);
    }
    if (helpers === 0) return;
    for (const slot of this.#slots) {
      // A lost thread takes nothing over: the calling thread would do it.
      if (!slot.flight.isEmpty || slot.isLost) continue;
      const { queue } = this.#slots.reduce((longest, other) =>
        other.queue.length > longest.queue.length ? other : longest,
      );
      if (queue.length === 0) return;
      slot.flight.load(queue, shareOf(queue.length, 2));
      slot.flight.stolen = slot.flight.count;
      this.#fly(slot);
    }
  }

  #fly(slot: Slot): void {
    const { thread, flight } = slot;
    if (flight.attempts === 0) flight.waitMs = performance.now() - flight.oldest.acceptedMs;
    if (thread.worker === undefined) {
      slot.isLost = true;
      setImmediate(() => this.#verifyHere(slot));
      return;
    }
    const failed = () => {
      flight.attempts++;
      if (flight.attempts === MAX_ATTEMPTS) {
        this.#verifyHere(slot);
        return;
      }
      flight.moveToNewSlab();
      this.#fly(slot);
    };
    const { long, writer } = flight;
    if (long !== undefined) {
      thread
        .verifyLong(long)
        .then(({ valid, counts }) => this.#land(slot, () => valid, counts), failed);
      return;
    }
    thread
      .verifySlab(writer.toTask())
      .then(() => this.#land(slot, (i) => writer.verdict(i), writer.counts), failed);
  }

  /** The last resort: accepted jobs are answered even if no thread lives long enough. */
  #verifyHere(slot: Slot): void {
    this.#inline ??= instantiateKernelsSync(this.#options.compiled, {
      keyTablesSizeBytes: 0,
    }).createBatchVerifier(randomBytes);
    const before = this.#inline.counts;
    const startedMs = performance.now();
    const verdicts = this.#inline.verify(slot.flight.jobs);
    const callMs = performance.now() - startedMs;
    const counts = { callMs, ...countsSince(before, this.#inline.counts) };
    // Whatever wrote to the slab before may still do so.
    slot.flight.moveToNewSlab();
    this.#land(slot, (i) => verdicts[i] as boolean, counts);
  }

  #land({ flight }: Slot, verdict: (index: number) => boolean, counts: TaskCounts): void {
    const { count: signatures, waitMs, stolen } = flight;
    const finished = flight.land(verdict);
    // The next task goes out before the answers: callbacks may take their time.
    this.#dispatch();
    for (const request of finished) queueMicrotask(() => this.#answer(request));
    this.#stats.add({ ...counts, signatures, waitMs, stolen });
  }

  #answer(request: Request): void {
    this.#openRequests--;
    this.#openJobs -= request.jobs.length;
    request.done(request.verdicts);
    if (this.#closing !== undefined && this.#openRequests === 0) this.#stopThreads();
  }

  /** May be asked twice, when an answer's callback closes the pool. */
  #stopThreads(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const done = this.#closing as () => void;
    void Promise.all(this.#slots.map(({ thread }) => thread.stop())).then(done);
  }
}

/** How much of a queue one of `takers` threads takes. */
function shareOf(count: number, takers: number): number {
  return Math.max(SPLIT_JOBS, Math.ceil(count / takers));
}
