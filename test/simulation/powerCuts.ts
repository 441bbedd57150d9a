/** Worlds whose validators all lose their power, again and again, under load. */

import type { NodeFaults } from "../../src/node/faults.js";
import { CheckFailure } from "./checkers/failure.js";
import type { FaultPlan } from "./core/faultPlan.js";
import { Random } from "./core/random.js";
import type { WorldReport } from "./report.js";
import { World, type WorldOptions } from "./world.js";

export interface PowerCutOptions {
  readonly seed: number;
  /** How often all validators are cut. */
  readonly cuts: number;
  readonly nodeFaults?: NodeFaults;
  /** Whether the disks are watched for votes that are sent too early (default true). */
  readonly watchDisk?: boolean;
  readonly log?: WorldOptions["log"];
}

/** No faults but the cuts themselves. */
function onlyPowerCuts(): FaultPlan {
  return {
    kinds: new Set(["powerCutAll"]),
    byzantine: new Map(),
    paceMs: Number.POSITIVE_INFINITY,
  };
}

/**
 * Cuts all validators at random instants. Each cut comes when at least one payment became final
 * since the one before it, so that every cut has something to lose.
 */
export function runPowerCuts(options: PowerCutOptions): WorldReport & { readonly cuts: number } {
  const random = Random.of(options.seed, "power cuts");
  let cuts = 0;
  const world = new World({
    seed: options.seed,
    faultMs: 0,
    validatorCount: 4,
    paymentEveryMs: 60,
    plan: onlyPowerCuts(),
    ...(options.nodeFaults === undefined ? {} : { nodeFaults: options.nodeFaults }),
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.watchDisk === undefined ? {} : { watchDisk: options.watchDisk }),
  });
  const report = world.runScript(() => {
    for (const machine of world.machines) machine.disk.setFlushDelay(1, random.pick([3, 15, 60]));
    while (cuts < options.cuts) {
      awaitPayments(world, world.finals.effective + 1);
      world.runFor(random.unit() * 600);
      for (const { index } of world.machines) world.powerCut(index);
      world.counted("powerCutAll");
      cuts++;
      world.runFor(random.unit() * 200);
      for (const { index } of world.machines) world.restartAfter(index, random.unit() * 400);
    }
  });
  return { ...report, cuts };
}

function awaitPayments(world: World, effective: number): void {
  const deadlineMs = world.scheduler.nowMs + 60_000;
  while (world.finals.effective < effective) {
    if (world.scheduler.nowMs > deadlineMs) {
      throw new CheckFailure("progress", "no payment became final for a minute between two cuts");
    }
    world.runFor(20);
  }
}
