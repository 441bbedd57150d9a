import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import { assert } from "../base/assert.js";
import { FondacoError } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import type { BatchVerifier, SignatureJob } from "../crypto/interfaces.js";
import { type CompiledKernels, instantiateKernelsSync } from "../kernels/index.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import { SLAB_BYTES, SlabWriter, slabBytesFor, type VerifyTask } from "./slab.js";
import type { VerifyWorkerData } from "./verifyWorker.js";

export interface WorkerPoolOptions {
  readonly threads: number;
  /** Signatures that may be accepted and unanswered at a time. */
  readonly maxQueue: number;
  /** From `compileKernels`; each thread makes its own instance of it. */
  readonly compiled: CompiledKernels;
  /** What each thread runs; a test names a file that cannot start. */
  readonly workerFile?: string;
}

export interface WorkerPool extends VerifierPool {
  /** The live threads, for metrics and for tests that kill one. */
  readonly workerThreads: readonly Worker[];
  /** Tasks that threads have done, and the signatures in them: how well batches fill. */
  readonly completed: { readonly tasks: number; readonly signatures: number };
}

/** Fewer signatures are not worth splitting over several idle threads. */
const SPLIT_JOBS = 32;
/** Attempts of a task in the pool before the calling thread does it: threads that keep dying. */
const MAX_ATTEMPTS = 3;
/** Restarts without a task done in between; after them the calling thread does what is left. */
const MAX_RESTARTS = 3;

// The compiled file also when this one runs from `src/` under a test runner: threads run plain JavaScript.
const workerFile = fileURLToPath(new URL("../../dist/workers/verifyWorker.js", import.meta.url));

interface Request {
  readonly jobs: readonly SignatureJob[];
  readonly verdicts: boolean[];
  readonly done: (verdicts: boolean[]) => void;
  /** Next job to be sent, and jobs not yet answered. */
  next: number;
  remaining: number;
}

/** One task: which job of which request lies where in the slab. */
interface Flight {
  readonly writer: SlabWriter;
  readonly sources: { readonly request: Request; readonly index: number }[];
}

/**
 * A pool of worker threads. Each thread has one task at a time: while all are busy, jobs gather, so that a
 * task covers some hundred signatures under load and a single one when idle. When a thread dies its task
 * runs again on another.
 *
 * @throws {FondacoError} `WORKER_MISSING` when the build has not been run.
 */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  assert(options.threads > 0 && options.maxQueue > 0, "a pool needs threads and a queue");
  if (!existsSync(workerFile)) {
    throw new FondacoError(
      { code: "WORKER_MISSING" },
      `cannot find ${workerFile}; run "npm run build" first`,
    );
  }
  return new PiscinaPool(options);
}

class PiscinaPool implements WorkerPool {
  readonly #options: WorkerPoolOptions;
  #piscina: Piscina;
  #queue: Request[] = [];
  #queueHead = 0;
  #queuedJobs = 0;
  #openJobs = 0;
  #openRequests = 0;
  #freeSlabs: SharedArrayBuffer[];
  #idleThreads: number;
  #inline: BatchVerifier | undefined;
  #closing: (() => void) | undefined;
  #stopped = false;
  /** Restarts of the whole pool since a task last succeeded. */
  #restarts = 0;
  readonly #completed = { tasks: 0, signatures: 0 };

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#idleThreads = options.threads;
    this.#freeSlabs = Array.from(
      { length: options.threads },
      () => new SharedArrayBuffer(SLAB_BYTES),
    );
    this.#piscina = this.#startThreads();
  }

  get workerThreads(): readonly Worker[] {
    return this.#piscina.threads;
  }

  get completed(): { tasks: number; signatures: number } {
    return { ...this.#completed };
  }

  verify(jobs: readonly SignatureJob[], done: (verdicts: boolean[]) => void): boolean {
    if (this.#closing !== undefined) return false;
    if (this.#openJobs + jobs.length > this.#options.maxQueue) return false;
    const verdicts = new Array<boolean>(jobs.length).fill(false);
    const request: Request = { jobs, verdicts, done, next: 0, remaining: jobs.length };
    this.#openRequests++;
    this.#openJobs += jobs.length;
    if (jobs.length === 0) {
      queueMicrotask(() => this.#answer(request));
      return true;
    }
    this.#queue.push(request);
    this.#queuedJobs += jobs.length;
    // One microtask later, so that all calls of a turn share a task.
    queueMicrotask(() => this.#dispatch());
    return true;
  }

  close(done: () => void): void {
    assert(this.#closing === undefined, "the pool is closed twice");
    this.#closing = done;
    if (this.#openRequests === 0) this.#stopThreads();
  }

  #startThreads(): Piscina {
    const piscina = new Piscina({
      filename: this.#options.workerFile ?? workerFile,
      name: "verifySlab",
      minThreads: this.#options.threads,
      maxThreads: this.#options.threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: {
        compiled: this.#options.compiled,
        keyTablesSizeBytes: LIMITS.keyTablesSizeBytesMax / this.#options.threads,
      } satisfies VerifyWorkerData,
    });
    // Piscina replaces a thread that dies, unless it died while starting.
    piscina.on("error", () => this.#restartIfShort(piscina));
    piscina.on("workerDestroy", () => this.#restartIfShort(piscina));
    return piscina;
  }

  /** Starts anew when threads are missing for good; the tasks of the old pool fail and run again. */
  #restartIfShort(piscina: Piscina): void {
    queueMicrotask(() => {
      if (this.#stopped || piscina !== this.#piscina) return;
      if (piscina.threads.length === this.#options.threads || this.#restarts >= MAX_RESTARTS)
        return;
      this.#restarts++;
      this.#piscina = this.#startThreads();
      void piscina.destroy();
    });
  }

  #dispatch(): void {
    while (this.#idleThreads > 0 && this.#queuedJobs > 0) {
      const share = Math.max(SPLIT_JOBS, Math.ceil(this.#queuedJobs / this.#idleThreads));
      const flight = this.#load(share);
      if (flight === undefined) continue;
      this.#idleThreads--;
      this.#fly(flight, 1);
    }
  }

  /** Moves up to `share` queued jobs into a slab; undefined when they were all answered by their form. */
  #load(share: number): Flight | undefined {
    let writer = new SlabWriter(this.#freeSlabs.pop() ?? new SharedArrayBuffer(SLAB_BYTES));
    const sources: Flight["sources"] = [];
    while (this.#queuedJobs > 0 && writer.count < share) {
      const request = this.#queue[this.#queueHead] as Request;
      const index = request.next;
      const job = request.jobs[index] as SignatureJob;
      const wellFormed = job.publicKey.length === 32 && job.signature.length === 64;
      if (wellFormed && !writer.hasRoomFor(job)) {
        if (writer.count > 0) break;
        // A message larger than a slab has one of its own for this one task.
        this.#freeSlabs.push(writer.slab);
        writer = new SlabWriter(new SharedArrayBuffer(slabBytesFor(job)));
      }
      this.#advance(request);
      if (wellFormed) {
        writer.push(job);
        sources.push({ request, index });
      } else this.#settle(request, index, false);
    }
    if (writer.count > 0) return { writer, sources };
    this.#freeSlabs.push(writer.slab);
    return undefined;
  }

  #advance(request: Request): void {
    request.next++;
    this.#queuedJobs--;
    if (request.next < request.jobs.length) return;
    this.#queueHead++;
    if (this.#queueHead < 1024 && this.#queueHead < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#queueHead);
    this.#queueHead = 0;
  }

  #fly(flight: Flight, attempt: number): void {
    if (this.#piscina.threads.length === 0) {
      setImmediate(() => this.#verifyHere(flight));
      return;
    }
    const { slab, count } = flight.writer;
    const task: VerifyTask = { slab, count };
    this.#piscina.run(task).then(
      () => {
        this.#restarts = 0;
        this.#completed.tasks++;
        this.#completed.signatures += count;
        this.#land(flight, (i) => flight.writer.verdict(i));
      },
      () => {
        if (attempt < MAX_ATTEMPTS) this.#fly(flight, attempt + 1);
        else this.#verifyHere(flight);
      },
    );
  }

  /** The last resort: accepted jobs are answered even if no thread lives long enough. */
  #verifyHere(flight: Flight): void {
    this.#inline ??= instantiateKernelsSync(this.#options.compiled, {
      keyTablesSizeBytes: 0,
    }).createBatchVerifier(randomBytes);
    const jobs = flight.sources.map(({ request, index }) => request.jobs[index] as SignatureJob);
    const verdicts = this.#inline.verify(jobs);
    this.#land(flight, (i) => verdicts[i] as boolean);
  }

  #land(flight: Flight, verdict: (index: number) => boolean): void {
    flight.sources.forEach(({ request, index }, i) => {
      request.verdicts[index] = verdict(i);
    });
    if (flight.writer.slab.byteLength === SLAB_BYTES) this.#freeSlabs.push(flight.writer.slab);
    this.#idleThreads++;
    // The next task goes out before the answers: callbacks may take their time.
    this.#dispatch();
    for (const { request, index } of flight.sources) {
      this.#settle(request, index, request.verdicts[index] as boolean);
    }
  }

  #settle(request: Request, index: number, valid: boolean): void {
    request.verdicts[index] = valid;
    request.remaining--;
    if (request.remaining === 0) queueMicrotask(() => this.#answer(request));
  }

  #answer(request: Request): void {
    this.#openRequests--;
    this.#openJobs -= request.jobs.length;
    request.done(request.verdicts);
    if (this.#closing !== undefined && this.#openRequests === 0) this.#stopThreads();
  }

  /** May be asked twice, when an answer's callback closes the pool. */
  #stopThreads(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const done = this.#closing as () => void;
    void this.#piscina.destroy().then(done);
  }
}
