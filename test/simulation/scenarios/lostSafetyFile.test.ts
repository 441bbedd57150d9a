/**
 * Goal: a validator that lost its safety file never signs again, since it may have signed the
 * contrary (consensus.md 1.10); the others go on. Method: stop one, remove the file, start it.
 */

import { expect, test } from "vitest";
import { World } from "../world.js";

const CALM = { kinds: new Set<never>(), byzantine: new Map(), paceMs: 1_000 };

test("without its safety file a validator reads and does not vote", () => {
  const world = new World({ seed: 5, faultMs: 0, validatorCount: 4, plan: CALM, broken: 2 });
  world.begin();
  world.runFor(5_000);
  world.crash(2);
  world.machines[2]?.disk.loseSafetyFile();
  const before = { views: world.votes.viewsOf(2), height: world.finals.height };
  expect(before.views).toBeGreaterThan(5);
  world.restart(2);
  world.runFor(10_000);

  expect(world.votes.viewsOf(2)).toBe(before.views);
  expect(world.finals.height).toBeGreaterThan(before.height + 10);
  const status = world.machines[2]?.node?.status();
  expect(status?.chain.isVoting).toBe(false);
  expect(status?.warnings.map(({ code }) => code)).toContain("SAFETY_LOST");
  expect(world.finals.headOf(2)).toBeGreaterThan(before.height + 10);
});

test("NODE-4: nor with one of which no segment is sound, at that start and at the next", () => {
  const world = new World({ seed: 7, faultMs: 0, validatorCount: 4, plan: CALM, broken: 2 });
  world.begin();
  world.runFor(5_000);
  world.crash(2);
  world.machines[2]?.disk.spoilSafetyFile();
  const views = world.votes.viewsOf(2);
  expect(views).toBeGreaterThan(5);
  for (let start = 0; start < 3; start++) {
    world.restart(2);
    world.runFor(3_000);
    expect(world.votes.viewsOf(2)).toBe(views);
    const status = world.machines[2]?.node?.status();
    expect(status?.chain.isVoting).toBe(false);
    expect(status?.warnings.map(({ code }) => code)).toContain("SAFETY_LOST");
    world.crash(2);
  }
});

test("NODE-4: nor with an old copy of it, also when all that it lacks is long final", () => {
  const world = new World({ seed: 8, faultMs: 0, validatorCount: 4, plan: CALM, broken: 2 });
  const { disk } = world.machines[2] as (typeof world.machines)[number];
  world.begin();
  world.runFor(3_000);
  world.crash(2);
  const copies = disk.copySafetyFile();
  world.restart(2);
  world.runFor(3_000);
  world.crash(2);
  disk.restoreSafetyFile(copies);
  world.restart(2);
  world.runFor(3_000);
  const views = world.votes.viewsOf(2);
  for (let start = 0; start < 3; start++) {
    const status = world.machines[2]?.node?.status();
    expect(status?.chain.isVoting).toBe(false);
    expect(status?.chain.stoppedReason).toBe("SAFETY_RECORD_INCOMPLETE");
    expect(world.votes.viewsOf(2)).toBe(views);
    world.crash(2);
    world.restart(2);
    world.runFor(3_000);
  }
});

test("a power cut before the first vote is no lost safety file", () => {
  const world = new World({ seed: 6, faultMs: 0, validatorCount: 4, plan: CALM });
  world.begin();
  for (let i = 0; i < 20; i++) {
    world.runFor(20 + 5 * i);
    for (const { index } of world.machines) world.powerCut(index);
    for (const { index } of world.machines) world.restart(index);
  }
  world.runFor(5_000);
  expect(world.finals.height).toBeGreaterThan(5);
});
