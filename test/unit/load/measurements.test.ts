import { describe, expect, it } from "vitest";
import { Latencies } from "../../../src/load/latency.js";
import { measure } from "../../../src/load/measurements.js";
import { ENDING, outcomeArrays } from "../../../src/load/outcomes.js";
import { dueMs, makeSchedule } from "../../../src/load/schedule.js";

const schedule = makeSchedule({
  rate: 100,
  durationS: 4,
  workload: "pay-uniform",
  seed: 1,
  accounts: 5,
  nodes: 1,
});

/** Every payment sent `lateMs` after it was due and final `serviceMs` after that. */
function outcomes(lateMs: number, serviceMs: number) {
  const arrays = outcomeArrays(schedule.count);
  for (let k = 0; k < schedule.count; k++) {
    arrays.sentUs[k] = (dueMs(k, schedule.rate) + lateMs) * 1_000;
    arrays.endedUs[k] = (arrays.sentUs[k] as number) + serviceMs * 1_000;
    arrays.ending[k] = ENDING.applied;
  }
  return {
    ...arrays,
    errorNames: ["OVERLOADED"],
    overloaded: 0,
    overloadedWithoutRetry: 0,
    retryAfterMsSum: 0,
    lostSockets: 0,
  };
}

describe("latencies", () => {
  it("answers percentiles of all values within a thousandth", () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1_000; ms++) latencies.record(ms * 1_000);
    const { count, p50, p90, p99, p999, max } = latencies.percentiles();
    expect(count).toBe(1_000);
    expect(Math.abs(p50 - 500)).toBeLessThan(1);
    expect(Math.abs(p90 - 900)).toBeLessThan(1);
    expect(Math.abs(p99 - 990)).toBeLessThan(1);
    expect(Math.abs(p999 - 999)).toBeLessThan(1.1);
    expect(Math.abs(max - 1_000)).toBeLessThan(1.1);
    expect(latencies.distribution().at(-1)?.[0]).toBe(100);
  });

  it("answers zeros where nothing was recorded", () => {
    expect(new Latencies().percentiles()).toMatchObject({ count: 0, p50: 0, max: 0 });
    expect(new Latencies().distribution()).toEqual([]);
  });
});

describe("measurements", () => {
  it("counts the response from when a payment was due and the service from when it was sent", () => {
    const { response, service, lateness, lateShare } = measure(schedule, outcomes(30, 100), 0);
    expect(response.p50).toBeCloseTo(130, 0);
    expect(service.p50).toBeCloseTo(100, 0);
    expect(lateness.p99).toBeCloseTo(30, 0);
    expect(lateShare).toBe(0);
  });

  it("names the share that was sent too late", () => {
    expect(measure(schedule, outcomes(51, 1), 0).lateShare).toBe(1);
  });

  it("leaves the warm-up out of the figures and not out of the endings", () => {
    const { offered, final, endings, finalPerSecond } = measure(schedule, outcomes(0, 0), 1);
    expect([offered, final]).toEqual([300, 300]);
    expect(endings).toEqual({ APPLIED: 400 });
    expect(finalPerSecond).toBe(100);
  });

  it("counts no refusal as throughput, and no payment that became final after the end", () => {
    const some = outcomes(0, 0);
    for (let k = 0; k < 200; k++) some.ending[k] = ENDING.firstError;
    expect(measure(schedule, some, 0)).toMatchObject({
      finalPerSecond: 50,
      endings: { OVERLOADED: 200, APPLIED: 200 },
    });
    expect(measure(schedule, outcomes(0, 10_000), 0).finalPerSecond).toBe(0);
  });

  it("tells each second what was offered, sent, refused and final", () => {
    const { seconds } = measure(schedule, outcomes(0, 500), 0);
    expect(seconds.map(({ offered }) => offered)).toEqual([100, 100, 100, 100, 0]);
    expect(seconds.map(({ final }) => final)).toEqual([50, 100, 100, 100, 50]);
    expect(seconds[0]?.p50).toBeGreaterThan(490);
  });
});
