/**
 * Goal: whole validators keep every promise under faults. Method: 200 seeds, each with 20 virtual
 * seconds of faults, then calm until the progress checker holds. Run as `npm run sim` runs them, so
 * that a failing seed is replayed by the command that this prints.
 */

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { repositoryPath } from "../support/data.js";
import type { Totals } from "./report.js";

test("200 seeds with 20 virtual seconds of faults", () => {
  const args = ["--seeds", "200", "--virtual-seconds", "20", "--json"];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [repositoryPath("scripts", "sim.mjs"), ...args],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const line = stdout.trim().split("\n").at(-1) ?? "";
  expect(line.startsWith("{"), stderr).toBe(true);
  const totals = JSON.parse(line) as Totals;
  const replays = totals.failures.map(
    ({ seed, checker, detail }) =>
      `${checker}: ${detail}\n  npm run sim -- --seeds 1 --from ${seed} --virtual-seconds 20 --verbose`,
  );
  expect(replays).toEqual([]);
  expect(totals.seeds).toBe(200);
  expect(totals.realSignatureSeeds).toBe(20);
  expect(totals.finalPayments).toBeGreaterThan(5_000);
  for (const [kind, count] of Object.entries(totals.faults)) {
    expect(count, `no seed had the fault ${kind}`).toBeGreaterThan(0);
  }
}, 600_000);
