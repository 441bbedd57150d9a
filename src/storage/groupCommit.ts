import type { FlushDone } from "../ports/fileSystem.js";

/** Runs a callback when the current turn has ended, so that one flush serves all of its writes. */
export type Defer = (callback: () => void) => void;

/** Flushes that can wait are this far apart, unless one that cannot comes between. */
export interface Pace {
  readonly pauseMs: number;
  readonly after: (delayMs: number, callback: () => void) => unknown;
}

/**
 * Lets callers share flushes: those of one turn take one; those that come while it is under way
 * wait for the next, because what they wrote may have come too late for it. With a pace, callers
 * that can wait begin none soon after another: under load many of them share one, and when little
 * happens they wait for nothing.
 */
export class GroupCommit {
  readonly #defer: Defer;
  readonly #run: (done: FlushDone) => void;
  readonly #pace: Pace | undefined;
  #waiting: FlushDone[] = [];
  #isUrgent = false;
  #isRunning = false;
  #isScheduled = false;
  #isPausing = false;
  #pauses = 0;

  /** `run` makes durable what was written before it is called. */
  constructor(defer: Defer, run: (done: FlushDone) => void, pace?: Pace) {
    this.#defer = defer;
    this.#run = run;
    this.#pace = pace;
  }

  /** Calls back, in order of the calls, when what was written before is durable. */
  flush(done: FlushDone, canWait = false): void {
    this.#waiting.push(done);
    if (!canWait) this.#isUrgent = true;
    if (this.#isRunning || this.#isScheduled || (canWait && this.#isPausing)) return;
    this.#isScheduled = true;
    this.#defer(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const served = this.#waiting;
    this.#waiting = [];
    this.#isUrgent = false;
    this.#isRunning = true;
    this.#run((error) => {
      for (const done of served) done(error);
      this.#isRunning = false;
      if (this.#waiting.length > 0 && (this.#isUrgent || this.#pace === undefined)) this.#start();
      else this.#pause();
    });
  }

  #pause(): void {
    if (this.#pace === undefined) return;
    this.#isPausing = true;
    const pause = ++this.#pauses;
    this.#pace.after(this.#pace.pauseMs, () => {
      // After a later flush, a later pause counts.
      if (pause !== this.#pauses || this.#isRunning || this.#isScheduled) return;
      this.#isPausing = false;
      if (this.#waiting.length > 0) this.#start();
    });
  }
}
