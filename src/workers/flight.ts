import type { SignatureJob } from "../crypto/interfaces.js";
import { LONG_MESSAGE_BYTES } from "../kernels/index.js";
import type { Request, SignatureQueue } from "./signatureQueue.js";
import { MAX_JOBS, SlabWriter } from "./slab.js";

/** The task of one thread: the jobs in its slab, and to which requests they belong. One at a time, used again. */
export class Flight {
  readonly #requests: (Request | undefined)[] = new Array(MAX_JOBS).fill(undefined);
  readonly #indexes = new Uint32Array(MAX_JOBS);
  #writer = new SlabWriter();
  #count = 0;
  /** The job whose message is too long for a slab: it goes alone, and as it is. */
  #long: SignatureJob | undefined;
  stolen = 0;
  attempts = 0;
  waitMs = 0;

  get count(): number {
    return this.#count;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get writer(): SlabWriter {
    return this.#writer;
  }

  get long(): SignatureJob | undefined {
    return this.#long;
  }

  /** Takes up to `share` jobs from the head of `queue`, as many as fit. */
  load(queue: SignatureQueue, share: number): void {
    while (queue.length > 0 && this.#count < share) {
      const request = queue.headRequest;
      const index = queue.headIndex;
      const job = request.jobs[index] as SignatureJob;
      if (job.message.length > LONG_MESSAGE_BYTES) {
        if (this.#count > 0) return;
        this.#long = job;
        share = 1;
      } else if (this.#writer.hasRoomFor(job)) this.#writer.push(job);
      else return;
      queue.dropHead();
      this.#requests[this.#count] = request;
      this.#indexes[this.#count] = index;
      this.#count++;
    }
  }

  /** The oldest request in it. */
  get oldest(): Request {
    return this.#requests[0] as Request;
  }

  /**
   * Puts the same jobs into another slab: the thread that died may have been stopped in the midst of a write,
   * and must not meet a slab that is in use again.
   */
  moveToNewSlab(): void {
    this.#writer = new SlabWriter();
    if (this.#long !== undefined) return;
    for (let i = 0; i < this.#count; i++) {
      const request = this.#requests[i] as Request;
      this.#writer.push(request.jobs[this.#indexes[i] as number] as SignatureJob);
    }
  }

  get jobs(): SignatureJob[] {
    const jobs: SignatureJob[] = [];
    for (let i = 0; i < this.#count; i++) {
      const request = this.#requests[i] as Request;
      jobs.push(request.jobs[this.#indexes[i] as number] as SignatureJob);
    }
    return jobs;
  }

  /** Gives each job its verdict and is empty then; returns the requests that have all theirs. */
  land(verdict: (index: number) => boolean): Request[] {
    const finished: Request[] = [];
    for (let i = 0; i < this.#count; i++) {
      const request = this.#requests[i] as Request;
      this.#requests[i] = undefined;
      request.verdicts[this.#indexes[i] as number] = verdict(i);
      if (--request.remaining === 0) finished.push(request);
    }
    this.#writer.clear();
    this.#count = 0;
    this.#long = undefined;
    this.stolen = 0;
    this.attempts = 0;
    return finished;
  }
}
