/**
 * Goal: whole validators keep every promise under faults. Method: 200 seeds, each with 20 virtual
 * seconds of faults, then calm until the progress checker holds.
 */

import { expect, test } from "vitest";
import { runSimulator } from "./command.js";

test("200 seeds with 20 virtual seconds of faults", async () => {
  const totals = await runSimulator("--seeds", "200", "--virtual-seconds", "20");
  expect(totals.seeds).toBe(200);
  expect(totals.realSignatureSeeds).toBe(20);
  expect(totals.finalPayments).toBeGreaterThan(5_000);
  for (const [kind, count] of Object.entries(totals.faults)) {
    expect(count, `no seed had the fault ${kind}`).toBeGreaterThan(0);
  }
}, 600_000);
