/**
 * Goal: what a client was told is final survives every validator losing its power at once, and no
 * validator ever votes twice. Method: worlds under load whose machines are all cut at random
 * instants, each keeping a random part of what it had not flushed, 500 cuts in all.
 */

import { expect, test } from "vitest";
import { runSimulator } from "./command.js";
import { runPowerCuts } from "./powerCuts.js";

test("500 power cuts of all validators lose no final payment and no vote", async () => {
  const totals = await runSimulator("--seeds", "50", "--power-cuts", "10");
  expect(totals.faults.powerCutAll).toBe(500);
  expect(totals.finalPayments).toBeGreaterThan(5_000);
}, 600_000);

test("a vote that is sent before its fdatasync is found by the cuts alone", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { failure } = runPowerCuts({
      seed,
      cuts: 20,
      nodeFaults: { voteBeforeFlush: true },
      watchDisk: false,
    });
    if (failure === undefined) continue;
    // Two votes of one kind; or the validator itself meets its lost vote in a certificate first.
    if (failure.checker !== "unique-votes")
      expect(failure.detail).toContain("SAFETY_RECORD_INCOMPLETE");
    return;
  }
  expect.fail("no seed found it");
}, 300_000);
