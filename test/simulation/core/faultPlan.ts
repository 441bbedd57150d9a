/**
 * Which faults a world suffers, and when. A plan is drawn from the seed; it starts and ends faults
 * by itself until the faulty time is over, then `World.heal` takes all of them away.
 */

import type { LinkQuality } from "./network.js";
import type { Random } from "./random.js";

export const FAULT_KINDS = [
  "delay",
  "loss",
  "duplication",
  "partition",
  "oneWayPartition",
  "flapping",
  "crash",
  "crashAll",
  "powerCut",
  "powerCutAll",
  "slowFlush",
  "clock",
  "equivocatingLeader",
  "silentLeader",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const BYZANTINE_KINDS: readonly FaultKind[] = ["equivocatingLeader", "silentLeader"];

/** What a plan may do to a world. */
export interface FaultTarget {
  readonly validatorCount: number;
  readonly quality: LinkQuality;
  count(kind: FaultKind): void;
  after(delayMs: number, action: () => void): void;
  block(from: number, to: number): void;
  unblock(from: number, to: number): void;
  isUp(validator: number): boolean;
  crash(validator: number): void;
  powerCut(validator: number): void;
  restart(validator: number): void;
  setFlushDelay(validator: number, msMin: number, msMax: number): void;
  setClock(validator: number, offsetMs: number): void;
  /** Whether faults may still begin. */
  isFaulty(): boolean;
}

export interface FaultPlan {
  readonly kinds: ReadonlySet<FaultKind>;
  /** Validators that lie, at most f. */
  readonly byzantine: ReadonlyMap<number, "equivocatingLeader" | "silentLeader">;
  /** Mean time between two events of one kind. */
  readonly paceMs: number;
}

/** Draws a plan: each kind is in it with a probability, so that pairs and crowds both occur. */
export function drawPlan(random: Random, validatorCount: number, faultsMax: number): FaultPlan {
  const density = random.pick([0.15, 0.35, 0.6]);
  const kinds = new Set<FaultKind>(FAULT_KINDS.filter(() => random.chance(density)));
  const byzantine = new Map<number, "equivocatingLeader" | "silentLeader">();
  for (const kind of ["equivocatingLeader", "silentLeader"] as const) {
    if (!kinds.has(kind)) continue;
    if (byzantine.size >= faultsMax) {
      kinds.delete(kind);
      continue;
    }
    const free = Array.from({ length: validatorCount }, (_, i) => i).filter(
      (i) => !byzantine.has(i),
    );
    byzantine.set(random.pick(free), kind);
  }
  return { kinds, byzantine, paceMs: random.pick([3_000, 6_000, 12_000]) };
}

/** Begins the plan's faults; they go on by themselves. */
export function startFaults(plan: FaultPlan, target: FaultTarget, random: Random): void {
  const { kinds } = plan;
  const { quality } = target;
  if (kinds.has("delay")) {
    target.count("delay");
    quality.delayMsMax = random.pick([40, 120, 400]);
    quality.stallChance = 0.005;
    quality.stallMsMax = random.pick([200, 1_500]);
  }
  if (kinds.has("loss")) {
    target.count("loss");
    quality.lossChance = random.pick([0.01, 0.05, 0.15]);
  }
  if (kinds.has("duplication")) {
    target.count("duplication");
    quality.duplicateChance = random.pick([0.02, 0.2]);
  }
  if (kinds.has("slowFlush")) {
    for (let i = 0; i < target.validatorCount; i++) {
      if (!random.chance(0.5)) continue;
      target.count("slowFlush");
      target.setFlushDelay(i, 1, random.pick([30, 100, 400]));
    }
  }
  for (const kind of EPISODES.keys()) {
    if (kinds.has(kind)) next(kind, plan, target, random);
  }
}

function next(kind: FaultKind, plan: FaultPlan, target: FaultTarget, random: Random): void {
  target.after(plan.paceMs * (0.3 + 1.4 * random.unit()), () => {
    if (!target.isFaulty()) return;
    target.count(kind);
    EPISODES.get(kind)?.(target, random);
    next(kind, plan, target, random);
  });
}

type Episode = (target: FaultTarget, random: Random) => void;

function down(target: FaultTarget, random: Random, validators: readonly number[], cut: boolean) {
  for (const validator of validators) {
    if (!target.isUp(validator)) continue;
    if (cut) target.powerCut(validator);
    else target.crash(validator);
    const downMs = random.chance(0.7) ? random.between(20, 1_500) : random.between(1_500, 8_000);
    target.after(downMs, () => target.restart(validator));
  }
}

function all(target: FaultTarget): number[] {
  return Array.from({ length: target.validatorCount }, (_, i) => i);
}

function twoSides(target: FaultTarget, random: Random): [number[], number[]] {
  const left: number[] = [];
  const right: number[] = [];
  for (const validator of all(target)) (random.chance(0.5) ? left : right).push(validator);
  if (left.length === 0) left.push(right.pop() as number);
  if (right.length === 0) right.push(left.pop() as number);
  return [left, right];
}

function pairs(left: readonly number[], right: readonly number[]): [number, number][] {
  return left.flatMap((a) => right.map((b): [number, number] => [a, b]));
}

const EPISODES = new Map<FaultKind, Episode>([
  [
    "partition",
    (target, random) => {
      const [left, right] = twoSides(target, random);
      const links = pairs(left, right);
      for (const [a, b] of links) {
        target.block(a, b);
        target.block(b, a);
      }
      target.after(random.between(300, 6_000), () => {
        for (const [a, b] of links) {
          target.unblock(a, b);
          target.unblock(b, a);
        }
      });
    },
  ],
  [
    "oneWayPartition",
    (target, random) => {
      const [left, right] = twoSides(target, random);
      const links = pairs(left, right).filter(() => random.chance(0.7));
      for (const [a, b] of links) target.block(a, b);
      target.after(random.between(300, 6_000), () => {
        for (const [a, b] of links) target.unblock(a, b);
      });
    },
  ],
  [
    "flapping",
    (target, random) => {
      const a = random.below(target.validatorCount);
      const b = (a + 1 + random.below(target.validatorCount - 1)) % target.validatorCount;
      const flap = (times: number): void => {
        target.block(a, b);
        target.block(b, a);
        target.after(random.between(50, 400), () => {
          target.unblock(a, b);
          target.unblock(b, a);
          if (times > 0) target.after(random.between(50, 400), () => flap(times - 1));
        });
      };
      flap(random.between(2, 8));
    },
  ],
  ["crash", (target, random) => down(target, random, [random.below(target.validatorCount)], false)],
  ["crashAll", (target, random) => down(target, random, all(target), false)],
  [
    "powerCut",
    (target, random) => down(target, random, [random.below(target.validatorCount)], true),
  ],
  ["powerCutAll", (target, random) => down(target, random, all(target), true)],
  [
    "clock",
    (target, random) => {
      const validator = random.below(target.validatorCount);
      target.setClock(validator, random.between(-10_000, 10_000));
      target.after(random.between(500, 8_000), () =>
        target.setClock(validator, random.between(-50, 50)),
      );
    },
  ],
]);
