/** The end of a world: progress within its bound (SIM-L1 to L3), then a last look at every disk. */

import type { ValidatorNode } from "../../../src/node/validatorNode.js";
import { faultBound, quorumSize } from "../../../src/types/primitives.js";
import type { Payment } from "../core/clients.js";
import { PARAMETERS } from "../core/genesis.js";
import { WORLD_START_MS } from "../core/virtualClock.js";
import { worldHasher } from "../core/worldKernels.js";
import type { World } from "../world.js";
import { CheckFailure } from "./failure.js";
import { checkStateRoot } from "./stateChecks.js";

/** SIM-L1: (f + 2) * (t_leader + t_advance) at the cap of Delta (consensus-check.md 3). */
export function progressBoundMs(validatorCount: number): number {
  const { deltaMs, blockIntervalMs } = PARAMETERS;
  const cap = Math.min(16 * deltaMs, 10_000);
  const leaderMs = blockIntervalMs + 2 * cap;
  const advanceMs = leaderMs + cap + deltaMs / 4;
  return (faultBound(validatorCount) + 2) * (leaderMs + advanceMs);
}

/** Runs on until a new payment through every honest validator is final; answers how long it took. */
export function awaitProgress(world: World): number {
  const startMs = world.scheduler.nowMs;
  const boundMs = progressBoundMs(world.validatorCount);
  const deadlineMs = startMs + boundMs;
  const probes = world.honest.map((index) => world.clients.probe(index, 3_600_000));
  const isDone = (): boolean =>
    probes.every((probe) => probe.position !== undefined) &&
    world.honest.every((index) => world.finals.headOf(index) >= highest(probes)) &&
    openPayment(world) === undefined;
  while (!isDone()) {
    if (world.scheduler.nowMs >= deadlineMs) noProgress(world, probes, boundMs);
    world.runFor(25);
  }
  return world.scheduler.nowMs - startMs;
}

function highest(payments: readonly Payment[]): number {
  return Math.max(...payments.map((payment) => payment.position?.height ?? 0));
}

/** SIM-L2: what an honest validator called admitted ends as final, or expires. */
function openPayment(world: World): Payment | undefined {
  const nowMs = WORLD_START_MS + world.scheduler.nowMs;
  return world.clients.payments.find(
    (payment) =>
      payment.isAdmitted &&
      payment.validUntilMs > nowMs &&
      world.finals.positionOf(payment.txId) === undefined,
  );
}

function noProgress(world: World, probes: readonly Payment[], boundMs: number): never {
  const waiting = probes.filter((probe) => probe.position === undefined).length;
  const open = openPayment(world);
  const heads = world.machines.map((machine) => {
    const chain = machine.node?.status().chain;
    const flags = `${chain?.isSyncing ? " syncing" : ""}${chain?.isVoting ? "" : " not voting"}`;
    return `${machine.index}: height ${chain?.finalizedHeight} view ${chain?.view}${flags}`;
  });
  throw new CheckFailure(
    "progress",
    `${Math.round(boundMs)} ms after the faults ended ${waiting} of ${probes.length} new payments wait` +
      `${open === undefined ? "" : `, admitted payment ${open.name} is open`}` +
      ` (quorum ${quorumSize(world.validatorCount)}; ${heads.join("; ")})`,
  );
}

/** Looks at everything once more, then stops everything and looks at what the disks hold. */
export function checkEnd(world: World): void {
  for (const index of world.honest) {
    const node = nodeOf(world, index);
    if (!node.status().chain.isVoting) {
      throw new CheckFailure("honest-peers", `validator ${index} does not vote any more`);
    }
    world.clients.checkUpToHead(index, node);
    world.checkBalances(index);
  }
  // One more stop of everything: what is on the disks must be enough, and must add up.
  for (const machine of world.machines) machine.powerCut();
  for (const index of world.honest) world.restart(index);
  while (world.honest.some((index) => world.machines[index]?.node === undefined)) world.runFor(1);
  for (const index of world.honest) {
    world.clients.checkUpToHead(index, nodeOf(world, index));
    checkRoot(world, index);
  }
}

function checkRoot(world: World, index: number): void {
  let isChecked = false;
  for (let i = 0; i < 20 && !isChecked; i++) {
    const done = (isDone: boolean): void => {
      isChecked ||= isDone;
    };
    checkStateRoot(index, nodeOf(world, index), worldHasher, done);
    world.runFor(5);
  }
  if (!isChecked) throw new CheckFailure("exception", `validator ${index} answers no queries`);
}

function nodeOf(world: World, index: number): ValidatorNode {
  const node = world.machines[index]?.node;
  if (node === undefined) throw new CheckFailure("exception", `validator ${index} is not up`);
  return node;
}
