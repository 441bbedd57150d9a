import type { SignatureJob } from "../crypto/interfaces.js";

/** One call of `verify` that is not answered yet. */
export interface Request {
  readonly jobs: readonly SignatureJob[];
  readonly verdicts: boolean[];
  readonly done: (verdicts: boolean[]) => void;
  /** When it was accepted, on the pool's clock. */
  readonly acceptedMs: number;
  /** Jobs without a verdict. */
  remaining: number;
}

const INITIAL_CAPACITY = 1_024;

/**
 * Jobs that wait for one thread, oldest first: a ring of (request, index of the job in it), so that waiting costs
 * no object a signature. The pool's `maxQueue` bounds it.
 */
export class SignatureQueue {
  #requests: (Request | undefined)[] = new Array(INITIAL_CAPACITY).fill(undefined);
  #indexes = new Uint32Array(INITIAL_CAPACITY);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(request: Request, index: number): void {
    if (this.#length === this.#indexes.length) this.#grow();
    const slot = (this.#head + this.#length) & (this.#indexes.length - 1);
    this.#requests[slot] = request;
    this.#indexes[slot] = index;
    this.#length++;
  }

  /** Request of the oldest job; the queue is not empty. */
  get headRequest(): Request {
    return this.#requests[this.#head] as Request;
  }

  get headIndex(): number {
    return this.#indexes[this.#head] as number;
  }

  dropHead(): void {
    this.#requests[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#indexes.length - 1);
    this.#length--;
  }

  #grow(): void {
    const capacity = this.#indexes.length;
    const requests = new Array<Request | undefined>(2 * capacity).fill(undefined);
    const indexes = new Uint32Array(2 * capacity);
    for (let i = 0; i < capacity; i++) {
      const slot = (this.#head + i) & (capacity - 1);
      requests[i] = this.#requests[slot];
      indexes[i] = this.#indexes[slot] as number;
    }
    this.#requests = requests;
    this.#indexes = indexes;
    this.#head = 0;
  }
}
