import type { Defer } from "./groupCommit.js";
import type { RecordFilePlace } from "./segmentChain.js";

export interface RecordFileOptions extends RecordFilePlace {
  /** `queueMicrotask` in a process; the simulator's own in simulation. */
  readonly defer: Defer;
}

/** Outcome of opening: what was recovered is durable when this is given. */
export type Opened<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Error };
