import type { FlushDone } from "../ports/fileSystem.js";

/** Runs a callback when the current turn has ended, so that one flush serves all of its writes. */
export type Defer = (callback: () => void) => void;

/**
 * Lets callers share flushes: those of one turn take one; those that come while it is under way
 * wait for the next, because what they wrote may have come too late for it.
 */
export class GroupCommit {
  readonly #defer: Defer;
  readonly #run: (done: FlushDone) => void;
  #waiting: FlushDone[] = [];
  #isRunning = false;
  #isScheduled = false;

  /** `run` makes durable what was written before it is called. */
  constructor(defer: Defer, run: (done: FlushDone) => void) {
    this.#defer = defer;
    this.#run = run;
  }

  /** Calls back, in order of the calls, when what was written before is durable. */
  flush(done: FlushDone): void {
    this.#waiting.push(done);
    if (this.#isRunning || this.#isScheduled) return;
    this.#isScheduled = true;
    this.#defer(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const served = this.#waiting;
    this.#waiting = [];
    this.#isRunning = true;
    this.#run((error) => {
      for (const done of served) done(error);
      this.#isRunning = false;
      if (this.#waiting.length > 0) this.#start();
    });
  }
}
