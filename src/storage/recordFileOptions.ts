import type { Defer, Pace } from "./groupCommit.js";
import type { RecordFilePlace } from "./segmentChain.js";

export interface RecordFileOptions extends RecordFilePlace {
  /** `queueMicrotask` in a process; the simulator's own in simulation. */
  readonly defer: Defer;
  /** For flushes that can wait; without it none does. */
  readonly pace?: Pace;
}

/** Outcome of opening: what was recovered is durable when this is given. */
export type Opened<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Error };

/** Where a record lies: the start of the record in its segment, and the size of its body. */
export interface Location {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}
