/** Virtual time for storage tests: callbacks run in order of their time, when the test says so. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { assert } from "../../src/base/assert.js";
import type { Random } from "./simulatedFileSystem.js";

export class VirtualTime {
  #nowMs = 0;
  #order = 0;
  #queue: { readonly atMs: number; readonly order: number; readonly callback: () => void }[] = [];

  readonly schedule = (delayMs: number, callback: () => void): void => {
    this.#queue.push({ atMs: this.#nowMs + delayMs, order: this.#order++, callback });
    this.#queue.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  };

  /** Runs after the callback that is running, before any other time. */
  readonly defer = (callback: () => void): void => this.schedule(0, callback);

  /** Runs the next callback; false if there is none. */
  step(): boolean {
    const next = this.#queue.shift();
    if (next === undefined) return false;
    this.#nowMs = next.atMs;
    next.callback();
    return true;
  }

  run(): void {
    while (this.step()) {
      // Each step may schedule more.
    }
  }

  runUntil(isDone: () => boolean): void {
    while (!isDone()) assert(this.step(), "nothing is left to wait for");
  }
}

/** Lets real input and output go on until `isDone`. */
export async function untilDone(isDone: () => boolean): Promise<void> {
  while (!isDone()) await nextTurn();
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
