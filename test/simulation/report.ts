/** What a world counted, and sums over many worlds. */

import type { CheckerName } from "./checkers/failure.js";
import { FAULT_KINDS, type FaultKind } from "./core/faultPlan.js";

export interface WorldFailure {
  readonly checker: CheckerName;
  readonly atMs: number;
  readonly detail: string;
}

export interface WorldReport {
  readonly seed: number;
  readonly validatorCount: number;
  readonly signatures: string;
  readonly kinds: readonly FaultKind[];
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly virtualMs: number;
  readonly events: number;
  readonly messages: number;
  readonly views: number;
  readonly blocks: number;
  readonly payments: { readonly final: number; readonly failed: number; readonly expired: number };
  readonly restarts: number;
  /** From the end of the faults until the progress checker was content. */
  readonly healedMs: number | undefined;
  readonly traceHash: string;
  readonly failure: WorldFailure | undefined;
}

export function noFaults(): Record<FaultKind, number> {
  return Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
}

export interface Totals {
  seeds: number;
  realSignatureSeeds: number;
  virtualMs: number;
  events: number;
  messages: number;
  views: number;
  blocks: number;
  finalPayments: number;
  failedPayments: number;
  expiredPayments: number;
  restarts: number;
  healedMsMax: number;
  faults: Record<FaultKind, number>;
  failures: { readonly seed: number; readonly checker: CheckerName; readonly detail: string }[];
}

export function emptyTotals(): Totals {
  return {
    seeds: 0,
    realSignatureSeeds: 0,
    virtualMs: 0,
    events: 0,
    messages: 0,
    views: 0,
    blocks: 0,
    finalPayments: 0,
    failedPayments: 0,
    expiredPayments: 0,
    restarts: 0,
    healedMsMax: 0,
    faults: noFaults(),
    failures: [],
  };
}

export function addReport(totals: Totals, report: WorldReport): void {
  totals.seeds++;
  if (report.signatures === "ed25519") totals.realSignatureSeeds++;
  totals.virtualMs += report.virtualMs;
  totals.events += report.events;
  totals.messages += report.messages;
  totals.views += report.views;
  totals.blocks += report.blocks;
  totals.finalPayments += report.payments.final;
  totals.failedPayments += report.payments.failed;
  totals.expiredPayments += report.payments.expired;
  totals.restarts += report.restarts;
  totals.healedMsMax = Math.max(totals.healedMsMax, report.healedMs ?? 0);
  for (const kind of FAULT_KINDS) totals.faults[kind] += report.faults[kind];
  if (report.failure !== undefined) {
    const { checker, detail } = report.failure;
    totals.failures.push({ seed: report.seed, checker, detail });
  }
}

export function addTotals(totals: Totals, other: Totals): void {
  totals.seeds += other.seeds;
  totals.realSignatureSeeds += other.realSignatureSeeds;
  totals.virtualMs += other.virtualMs;
  totals.events += other.events;
  totals.messages += other.messages;
  totals.views += other.views;
  totals.blocks += other.blocks;
  totals.finalPayments += other.finalPayments;
  totals.failedPayments += other.failedPayments;
  totals.expiredPayments += other.expiredPayments;
  totals.restarts += other.restarts;
  totals.healedMsMax = Math.max(totals.healedMsMax, other.healedMsMax);
  for (const kind of FAULT_KINDS) totals.faults[kind] += other.faults[kind];
  totals.failures.push(...other.failures);
}

export function totalsText(totals: Totals): string {
  const faults = FAULT_KINDS.filter((kind) => totals.faults[kind] > 0)
    .map((kind) => `${kind} ${totals.faults[kind]}`)
    .join(", ");
  return [
    `seeds ${totals.seeds} (signatures: ${totals.seeds - totals.realSignatureSeeds} as keyed hashes, ${totals.realSignatureSeeds} real)`,
    `virtual time ${Math.round(totals.virtualMs / 1000)} s, events ${totals.events}, messages ${totals.messages}`,
    `views ${totals.views}, final blocks ${totals.blocks}, restarts ${totals.restarts}`,
    `payments: ${totals.finalPayments} final, ${totals.failedPayments} failed for lack of money, ${totals.expiredPayments} expired`,
    `faults: ${faults === "" ? "none" : faults}`,
    `slowest recovery after the faults: ${Math.round(totals.healedMsMax)} ms`,
    `failures ${totals.failures.length}`,
  ].join("\n");
}
