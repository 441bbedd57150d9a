import type { SignatureCounts } from "../kernels/index.js";
import type { TaskCounts } from "./slab.js";

/** What the counts of a verifier grew by: they are of 32 bits and begin anew after some hours of load. */
export function countsSince(before: SignatureCounts, now: SignatureCounts): SignatureCounts {
  return {
    withTables: (now.withTables - before.withTables) >>> 0,
    inBatches: (now.inBatches - before.inBatches) >>> 0,
    cofactored: (now.cofactored - before.cofactored) >>> 0,
    tablesBuilt: (now.tablesBuilt - before.tablesBuilt) >>> 0,
    tablesReplaced: (now.tablesReplaced - before.tablesReplaced) >>> 0,
  };
}

/** What became of one task: a call of the kernel in a thread, or in the calling thread. */
export interface TaskReport extends TaskCounts {
  readonly signatures: number;
  /** How long its oldest signature waited until the task began. */
  readonly waitMs: number;
  /** Of its signatures, those that an idle thread took over from a busy one. */
  readonly stolen: number;
}

/** Told of every task; it must return quickly. */
export type OnTask = (report: TaskReport) => void;

/** Sums over all tasks of a pool. */
export type CheckStats = { readonly [Name in keyof TaskReport]: number } & {
  readonly tasks: number;
};

/** Adds up what a pool reports, and passes it on. */
export class StatsCollector {
  readonly #sums: { -readonly [Name in keyof CheckStats]: CheckStats[Name] } = {
    tasks: 0,
    signatures: 0,
    waitMs: 0,
    stolen: 0,
    callMs: 0,
    withTables: 0,
    inBatches: 0,
    cofactored: 0,
    tablesBuilt: 0,
    tablesReplaced: 0,
  };
  readonly #onTask: OnTask | undefined;

  constructor(onTask: OnTask | undefined) {
    this.#onTask = onTask;
  }

  get stats(): CheckStats {
    return { ...this.#sums };
  }

  add(report: TaskReport): void {
    const sums = this.#sums;
    sums.tasks++;
    sums.signatures += report.signatures;
    sums.waitMs += report.waitMs;
    sums.stolen += report.stolen;
    sums.callMs += report.callMs;
    sums.withTables += report.withTables;
    sums.inBatches += report.inBatches;
    sums.cofactored += report.cofactored;
    sums.tablesBuilt += report.tablesBuilt;
    sums.tablesReplaced += report.tablesReplaced;
    this.#onTask?.(report);
  }
}
