/** Latencies as HDR histograms: percentiles are of all values, never of averages. */

import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** Milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** One hour in microseconds: more than any wait. */
const HIGHEST_US = 3_600_000_000;

export class Latencies {
  readonly #histogram: RecordableHistogram;

  /** Three figures keep 0.1 % of each value; two take a tenth of the memory. */
  constructor(figures: 2 | 3 = 3) {
    this.#histogram = createHistogram({ lowest: 1, highest: HIGHEST_US, figures });
  }

  record(latencyUs: number): void {
    this.#histogram.record(Math.min(HIGHEST_US, Math.max(1, Math.round(latencyUs))));
  }

  percentiles(): Percentiles {
    const { count } = this.#histogram;
    const at = (percent: number) =>
      count === 0 ? 0 : roundMs(this.#histogram.percentile(percent) / 1_000);
    return {
      count,
      p50: at(50),
      p90: at(90),
      p95: at(95),
      p99: at(99),
      p999: at(99.9),
      max: count === 0 ? 0 : roundMs(this.#histogram.max / 1_000),
    };
  }

  /** Steps of the distribution: [percent, milliseconds]. */
  distribution(): [number, number][] {
    if (this.#histogram.count === 0) return [];
    return [...this.#histogram.percentiles].map(([percent, us]) => [
      Number(percent),
      roundMs(Number(us) / 1_000),
    ]);
  }
}

export function roundMs(valueMs: number): number {
  return Math.round(valueMs * 100) / 100;
}
