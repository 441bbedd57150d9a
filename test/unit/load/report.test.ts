import { describe, expect, it } from "vitest";
import { chart, roundTicks } from "../../../src/load/charts.js";
import { measure } from "../../../src/load/measurements.js";
import { ENDING, outcomeArrays } from "../../../src/load/outcomes.js";
import { reportOf } from "../../../src/load/report.js";
import type { LoadResult } from "../../../src/load/runLoad.js";
import { dueMs, makeSchedule } from "../../../src/load/schedule.js";
import { summaryOf } from "../../../src/load/summary.js";

function result(isValid: boolean): LoadResult {
  const schedule = makeSchedule({
    rate: 50,
    durationS: 3,
    workload: "pay-hot",
    seed: 1,
    accounts: 5,
    nodes: 1,
  });
  const arrays = outcomeArrays(schedule.count);
  for (let k = 0; k < schedule.count; k++) {
    arrays.sentUs[k] = dueMs(k, 50) * 1_000;
    arrays.endedUs[k] = (arrays.sentUs[k] as number) + 200_000 + k * 100;
    arrays.ending[k] = k % 10 === 0 ? ENDING.firstError : ENDING.applied;
  }
  const measurements = measure(
    schedule,
    {
      ...arrays,
      errorNames: ["OVERLOADED"],
      overloaded: 15,
      overloadedWithoutRetry: 0,
      retryAfterMsSum: 1_500,
      lostSockets: 0,
    },
    0,
  );
  return {
    ...measurements,
    schemaVersion: 1,
    isValid,
    checks: [{ name: "balances conserved", ok: isValid, detail: "<sums> & more" }],
    command: "fondaco bench load --rate 50 </script><script>",
    startedAt: "2026-01-01T00:00:00.000Z",
    softwareVersion: "0.1.0",
    machine: {
      system: "Linux",
      cpu: "a CPU",
      cores: 2,
      memoryGiB: 24,
      node: "v20",
      loadBefore: 0.5,
    },
    network: { name: "n", genesisHash: "00", validators: 4, fromHeight: 0, toHeight: 9 },
    workload: "pay-hot",
    rate: 50,
    durationS: 3,
    warmUpS: 0,
    seed: 1,
    accounts: 5,
    channel: 3,
    payments: schedule.count,
    overloaded: { count: 15, retryAfterMsMean: 100 },
    generator: { cpuCores: 0.1, rssMiB: 90 },
    nodes: [
      {
        url: "http://127.0.0.1:1",
        softwareVersion: "0.1.0",
        flushMs: { count: 9, p50: 1.5, p99: 7.25 },
        rssMaxMiB: 100,
        cpuCores: 0.4,
        cpuUsPerPayment: 90,
        samples: [
          {
            second: 1,
            height: 1,
            pending: 5,
            pendingMax: 100,
            batchesInFlight: 1,
            rssMiB: 90,
            cpuS: 1,
          },
          {
            second: 2,
            height: 2,
            pending: 7,
            pendingMax: 100,
            batchesInFlight: 1,
            rssMiB: 100,
            cpuS: 2,
          },
        ],
      },
    ],
  };
}

describe("report", () => {
  it("is one page that asks nothing of any network and runs no script", () => {
    const page = reportOf(result(true));
    expect(page).not.toMatch(/(src|href)=/);
    expect(page).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)/);
    expect(page.match(/<script/g)).toEqual(["<script"]);
    expect(page.match(/<svg/g)).toHaveLength(5);
    expect(page).toContain("VALID");
  });

  it("prints flushes beside the figure, every percentile, and the whole result as data", () => {
    const given = result(true);
    const page = reportOf(given);
    expect(page).toContain("1.5 / 7.3 ms");
    expect(page).toContain(String(given.response.p999.toFixed(1)));
    const data = /<script type="application\/json" id="result">(.*)<\/script>/.exec(page)?.[1];
    expect(JSON.parse(data as string)).toEqual(JSON.parse(JSON.stringify(given)));
  });

  it("says that an invalid run is invalid, and which check failed", () => {
    const page = reportOf(result(false));
    expect(page).toContain('badge invalid">INVALID');
    expect(page).toContain("FAILED: balances conserved");
    expect(page).toContain("&lt;sums&gt; &amp; more");
    const words = summaryOf(result(false));
    expect(words).toContain("INVALID: ");
    expect(words).toContain("FAILED balances conserved: <sums> & more");
    expect(words).toContain("fsync p50/p99 ms of each node: 1.5/7.3");
    expect(words).toContain("OVERLOADED: 15, retryAfterMs 100 on average");
  });
});

describe("charts", () => {
  it("places ticks at round values that cover the range", () => {
    expect(roundTicks(0, 10)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(roundTicks(0, 4_700)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(roundTicks(3, 3)).toEqual([3]);
  });

  it("says in words that there is nothing to show", () => {
    const empty = chart({ title: "A < B", xLabel: "x", yLabel: "y", lines: [] });
    expect(empty).toBe("<p>A &lt; B: nothing to show.</p>");
  });

  it("keeps every point inside the picture", () => {
    const points = Array.from({ length: 50 }, (_, i) => [i, 10 ** (i % 5)] as const);
    const svg = chart({
      title: "t",
      xLabel: "x",
      yLabel: "y",
      isLogarithmic: true,
      lines: [{ name: "l", colour: "#000", points }],
    });
    const drawn = /points="([^"]+)"/.exec(svg)?.[1]?.split(" ") ?? [];
    expect(drawn).toHaveLength(50);
    for (const point of drawn) {
      const [x, y] = point.split(",").map(Number) as [number, number];
      expect(x >= 0 && x <= 760 && y >= 0 && y <= 260).toBe(true);
    }
  });
});
