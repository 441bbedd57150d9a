// Goal: medians and ratios of the kernels' bench are of the right figures. Method: figures made by hand,
// on a machine that becomes four times slower between turns.
import { describe, expect, test } from "vitest";
import { makeReport } from "../../../bench/kernels/report.mjs";
import { formatMarkdown, formatTime } from "../../../bench/kernels/tables.mjs";

const MACHINE = {
  cpu: "A processor",
  cores: 2,
  node: "v20.20.2",
  v8: "11.3",
  date: "2026-11-22T10:00:00.000Z",
  commit: null,
};

/** One process: the rival takes `times` as long as ours in each turn. */
function processOf(own: readonly number[], times: number) {
  const contestant = (name: string, isOwn: boolean, cpu: readonly number[]) => ({
    name,
    label: name,
    own: isOwn,
    cpu,
    wall: cpu,
  });
  const rival = own.map((nanos) => nanos * times);
  const cases = [contestant("sha256/node", true, own), contestant("as-sha256", false, rival)];
  const table = {
    id: "sha256/node",
    title: "t",
    unit: "u",
    baseline: "as-sha256",
    notes: [],
    cases,
  };
  return { suite: "sha2", tables: [table], facts: { a: 1 }, missing: ["x"] };
}

const report = makeReport({
  suites: ["sha2"],
  machine: MACHINE,
  runs: 3,
  processes: [
    processOf([100, 400, 400], 2),
    processOf([100, 110, 400], 3),
    processOf([100, 100, 120], 2.5),
  ],
});

describe("the report of the kernels' bench", () => {
  test("has the median over processes of the median over turns, and the spread", () => {
    expect(report.tables[0]?.cases[0]?.nanos).toEqual({
      median: 110,
      min: 100,
      max: 400,
      perProcess: [400, 110, 100],
    });
  });

  test("compares within a turn, so a machine that becomes slower moves no ratio", () => {
    expect(report.ratios).toEqual({ "sha256/node vs as-sha256": 2.5 });
    const spread = report.ratioSpreads["sha256/node vs as-sha256"];
    expect(spread).toMatchObject({ min: 2, max: 3, perProcess: [2, 3, 2.5] });
  });

  test("says once what is missing", () => {
    expect(report.missing).toEqual(["x"]);
  });

  test("makes the README's row of what was measured, and of nothing else", () => {
    const rows = formatMarkdown(report).split("\n").slice(4);
    expect(rows).toEqual([
      "| SHA-256 of a tree node | 110 ns | as-sha256 330 ns | **2.50** (2.00 - 3.00) |  |",
    ]);
  });

  test.each([
    [9.994, "9.99 ns"],
    [43.82, "43.8 ns"],
    [12_630, "12.6 us"],
    [1_275_000, "1.27 ms"],
  ])("writes %d ns as %s", (nanos, words) => {
    expect(formatTime(nanos)).toBe(words);
  });
});
