/**
 * Goal: a validator whose log is gone while its checkpoint is there says so, and what to do, instead
 * of failing somewhere later. Method: stop one, remove the log, start it.
 */

import { expect, test } from "vitest";
import { World } from "../world.js";

const CALM = { kinds: new Set<never>(), byzantine: new Map(), paceMs: 1_000 };

test("without the log below it a checkpoint is refused by name", () => {
  const world = new World({ seed: 8, faultMs: 0, validatorCount: 4, plan: CALM, broken: 2 });
  world.begin();
  world.runFor(20_000);
  world.crash(2);
  world.machines[2]?.disk.loseLog();
  expect(() => {
    world.restart(2);
    world.runFor(1_000);
  }).toThrow(/the log in .* is gone.*move the checkpoint away/);
});
