export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly perProcess: readonly number[];
}

export interface CaseReport {
  readonly name: string;
  readonly label: string;
  readonly own: boolean;
  readonly nanos: Spread;
  readonly wallNanos: number;
  /** Null where the baseline could not be loaded. */
  readonly timesBaseline: Spread | null;
  /** Nanoseconds a unit by process and turn. */
  readonly turnsNanos: readonly (readonly number[])[];
}

/** What `--json` writes. */
export interface KernelsReport {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly v8: string;
    readonly date: string;
    readonly commit: string | null;
  };
  readonly runs: number;
  readonly facts: Record<string, unknown>;
  readonly missing: readonly string[];
  /** Medians over processes, above 1 where Fondaco is faster. */
  readonly ratios: Record<string, number>;
  readonly ratioSpreads: Record<string, Spread>;
  readonly tables: readonly {
    readonly id: string;
    readonly title: string;
    readonly unit: string;
    readonly baseline: string;
    readonly cases: readonly CaseReport[];
  }[];
}

export function makeReport(measured: {
  readonly machine: KernelsReport["machine"];
  readonly runs: number;
  readonly suites: readonly string[];
  readonly processes: readonly unknown[];
}): KernelsReport;
