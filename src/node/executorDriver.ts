import { assert } from "../base/assert.js";
import type {
  ExecutionSummary,
  ExecutorAnswer,
  ExecutorEffect,
  ExecutorEvent,
  ExecutorQuery,
  FinalisedBlock,
} from "../execution/interface.js";
import type { Clock } from "../ports/clock.js";

export interface ExecutorPort {
  step(event: ExecutorEvent): readonly ExecutorEffect[];
}

export interface ExecutorListener {
  executed(summary: ExecutionSummary): void;
  finalised(block: FinalisedBlock): void;
}

/**
 * Runs the executor beside agreement in one thread: one slice, then other events have their turn,
 * so a vote never waits for a block.
 */
export class ExecutorDriver {
  readonly #executor: ExecutorPort;
  readonly #clock: Clock;
  readonly #listener: ExecutorListener;
  readonly #answers = new Map<number, (answer: ExecutorAnswer) => void>();
  #nextQueryId = 1;
  #sliceScheduled = false;

  constructor(executor: ExecutorPort, clock: Clock, listener: ExecutorListener) {
    this.#executor = executor;
    this.#clock = clock;
    this.#listener = listener;
  }

  step(event: ExecutorEvent): void {
    for (const effect of this.#executor.step(event)) this.#carryOut(effect);
  }

  query(query: ExecutorQuery, done: (answer: ExecutorAnswer) => void): void {
    const id = this.#nextQueryId++;
    this.#answers.set(id, done);
    this.step({ kind: "query", id, query });
  }

  #carryOut(effect: ExecutorEffect): void {
    switch (effect.kind) {
      case "executed":
        this.#listener.executed(effect.summary);
        return;
      case "finalised":
        this.#listener.finalised(effect.block);
        return;
      case "answer": {
        const done = this.#answers.get(effect.id);
        assert(done !== undefined, "the executor answered a query twice");
        this.#answers.delete(effect.id);
        done(effect.answer);
        return;
      }
      case "continue":
        this.#scheduleSlice();
        return;
    }
  }

  #scheduleSlice(): void {
    if (this.#sliceScheduled) return;
    this.#sliceScheduled = true;
    this.#clock.soon(() => {
      this.#sliceScheduled = false;
      this.step({ kind: "slice" });
    });
  }
}
