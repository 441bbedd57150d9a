/** Figures of a run, from the times and the ending of every payment. */

import { Latencies, type Percentiles } from "./latency.js";
import { ENDING, endingName, type Outcomes } from "./outcomes.js";
import { dueMs, type Schedule } from "./schedule.js";

/** A payment that is sent this much after it was due is late: 1 % of them make a run invalid. */
export const LATE_MS = 50;
export const LATE_SHARE_MAX = 0.01;

export interface Second {
  /** Seconds after the start. */
  readonly second: number;
  /** Payments due, sent, refused and final in it. */
  readonly offered: number;
  readonly sent: number;
  readonly refused: number;
  readonly final: number;
  /** Response of the payments that were due in it, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Measurements {
  /** Payments due in the measured part. */
  readonly offered: number;
  /** Of these: applied, by their own answers. */
  readonly final: number;
  /** All payments of the run by how they ended, warm-up included. */
  readonly endings: Readonly<Record<string, number>>;
  /** Payments that became final in the measured part, a second. */
  readonly finalPerSecond: number;
  /** From when it was due until its finality was known here. */
  readonly response: Percentiles;
  /** From when it was sent. */
  readonly service: Percentiles;
  /** From when it was sent until f + 1 validators held it; of a sample. */
  readonly admitted: Percentiles;
  /** How late payments were sent. */
  readonly lateness: Percentiles;
  readonly lateShare: number;
  readonly responseDistribution: readonly (readonly [number, number])[];
  readonly serviceDistribution: readonly (readonly [number, number])[];
  readonly seconds: readonly Second[];
}

interface OpenSecond {
  offered: number;
  sent: number;
  refused: number;
  final: number;
  latencies: Latencies;
}

/** `warmUpS` seconds at the start count in checks and in the series, not in the figures. */
export function measure(schedule: Schedule, outcomes: Outcomes, warmUpS: number): Measurements {
  const { count, rate } = schedule;
  const { sentUs, endedUs, admittedUs, ending, errorNames } = outcomes;
  const [response, service, admitted, lateness] = [
    new Latencies(),
    new Latencies(),
    new Latencies(),
    new Latencies(),
  ];
  const seconds = new Map<number, OpenSecond>();
  const secondAt = (atUs: number): OpenSecond => {
    const at = Math.max(0, Math.floor(atUs / 1e6));
    let second = seconds.get(at);
    if (second === undefined) {
      second = { offered: 0, sent: 0, refused: 0, final: 0, latencies: new Latencies(2) };
      seconds.set(at, second);
    }
    return second;
  };
  const endings = new Map<number, number>();
  const warmUpUs = warmUpS * 1e6;
  const endUs = dueMs(count, rate) * 1_000;
  let [offered, final, finalInTime, late] = [0, 0, 0, 0];
  for (let k = 0; k < count; k++) {
    const dueUs = dueMs(k, rate) * 1_000;
    const [sentAt, endedAt, how] = [sentUs[k] as number, endedUs[k] as number, ending[k] as number];
    endings.set(how, (endings.get(how) ?? 0) + 1);
    secondAt(dueUs).offered++;
    secondAt(sentAt).sent++;
    const isApplied = how === ENDING.applied;
    if (isApplied) secondAt(endedAt).final++;
    else if (how >= ENDING.firstError) secondAt(endedAt).refused++;
    if (isApplied && endedAt >= warmUpUs && endedAt < endUs) finalInTime++;
    if (isApplied) secondAt(dueUs).latencies.record(endedAt - dueUs);
    if (dueUs < warmUpUs) continue;
    offered++;
    lateness.record(sentAt - dueUs);
    if (sentAt - dueUs > LATE_MS * 1_000) late++;
    if ((admittedUs[k] as number) > 0) admitted.record((admittedUs[k] as number) - sentAt);
    if (!isApplied) continue;
    final++;
    response.record(endedAt - dueUs);
    service.record(endedAt - sentAt);
  }
  const last = Math.max(0, ...seconds.keys());
  return {
    offered,
    final,
    endings: Object.fromEntries([...endings].map(([code, n]) => [endingName(code, errorNames), n])),
    finalPerSecond: Math.round((finalInTime * 1e6) / Math.max(1, endUs - warmUpUs)),
    response: response.percentiles(),
    service: service.percentiles(),
    admitted: admitted.percentiles(),
    lateness: lateness.percentiles(),
    lateShare: offered === 0 ? 0 : late / offered,
    responseDistribution: response.distribution(),
    serviceDistribution: service.distribution(),
    seconds: Array.from({ length: last + 1 }, (_, second) => {
      const at = seconds.get(second);
      if (at === undefined) {
        return { second, offered: 0, sent: 0, refused: 0, final: 0, p50: 0, p99: 0, max: 0 };
      }
      const { latencies, ...counts } = at;
      const { p50, p99, max } = latencies.percentiles();
      return { second, ...counts, p50, p99, max };
    }),
  };
}
