/**
 * Goal: what a client was told is final survives every validator losing its power at once, and no
 * validator ever votes twice. Method: worlds under load whose machines are all cut at random
 * instants, each keeping a random part of what it had not flushed, 500 cuts in all.
 */

import { expect, test } from "vitest";
import type { FaultPlan } from "./core/faultPlan.js";
import { powerCutPlan, runPowerCuts } from "./powerCuts.js";

const WORLDS = 25;
const CUTS_PER_WORLD = 20;

test("500 power cuts of all validators lose no final payment and no vote", () => {
  let cuts = 0;
  let payments = 0;
  for (let seed = 1; seed <= WORLDS; seed++) {
    const report = runPowerCuts({ seed, cuts: CUTS_PER_WORLD });
    expect(report.failure, `seed ${seed}`).toBeUndefined();
    cuts += report.cuts;
    payments += report.payments.final;
  }
  expect(cuts).toBe(WORLDS * CUTS_PER_WORLD);
  expect(payments).toBeGreaterThan(1_000);
}, 300_000);

test("a vote that is sent before its fdatasync is found by the cuts alone", () => {
  const plan: FaultPlan = powerCutPlan();
  for (let seed = 1; seed <= 40; seed++) {
    const report = runPowerCuts({
      seed,
      cuts: CUTS_PER_WORLD,
      plan,
      nodeFaults: { voteBeforeFlush: true },
      watchDisk: false,
    });
    if (report.failure === undefined) continue;
    expect(report.failure.checker).toBe("unique-votes");
    return;
  }
  expect.fail("no seed found it");
}, 300_000);
