/** Who pays whom and when: fixed before the run, the same for the same seed. */

import { assert } from "../base/assert.js";

export const WORKLOADS = ["pay-uniform", "pay-hot"] as const;
export type Workload = (typeof WORKLOADS)[number];

export interface ScheduleOptions {
  /** Payments a second. */
  readonly rate: number;
  /** Seconds, warm-up included. */
  readonly durationS: number;
  readonly workload: Workload;
  readonly seed: number;
  readonly accounts: number;
  readonly nodes: number;
}

/** Payment `k` is due `k / rate` seconds after the start. Arrays run over all payments. */
export interface Schedule {
  readonly rate: number;
  readonly count: number;
  readonly payer: Uint32Array;
  readonly payee: Uint32Array;
  /** Minor units. */
  readonly amount: Uint32Array;
  /** Number of the asset among those that the run uses. */
  readonly asset: Uint8Array;
  /** Payments of each node, in the order of their times. An account sticks to one node. */
  readonly byNode: readonly Uint32Array[];
}

/** Accounts that receive everything in `pay-hot`: one balance each asset that every payment changes. */
const HOT_PAYEES = 1;
const ASSETS = 4;
const AMOUNT_MAX = 100;

/** Numbers in [0, 1) from a seed: mulberry32, for choosing who pays whom, never for secrets. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function makeSchedule(options: ScheduleOptions): Schedule {
  const { rate, durationS, workload, seed, accounts, nodes } = options;
  const count = Math.round(rate * durationS);
  assert(count > 0 && nodes > 0, "a run has payments and nodes");
  assert(accounts > HOT_PAYEES + 1, "a run has at least three accounts");
  const payer = new Uint32Array(count);
  const payee = new Uint32Array(count);
  const amount = new Uint32Array(count);
  const asset = new Uint8Array(count);
  const random = randomFrom(seed);
  const firstPayer = workload === "pay-hot" ? HOT_PAYEES : 0;
  const payers = accounts - firstPayer;
  const lists: number[][] = Array.from({ length: nodes }, () => []);
  for (let k = 0; k < count; k++) {
    // In turn, so that no account runs ahead of its window of nonces.
    const from = firstPayer + (k % payers);
    const other = Math.floor(random() * (accounts - 1));
    payer[k] = from;
    payee[k] =
      workload === "pay-hot" ? Math.floor(random() * HOT_PAYEES) : other < from ? other : other + 1;
    amount[k] = 1 + Math.floor(random() * AMOUNT_MAX);
    asset[k] = Math.floor(random() * ASSETS);
    (lists[from % nodes] as number[]).push(k);
  }
  const byNode = lists.map((list) => Uint32Array.from(list));
  return { rate, count, payer, payee, amount, asset, byNode };
}

/** Milliseconds after the start at which payment `k` is due. */
export function dueMs(k: number, rate: number): number {
  return (k * 1_000) / rate;
}

/** Payments that are due `elapsedMs` after the start: the first so many. */
export function dueCount(elapsedMs: number, rate: number, count: number): number {
  if (elapsedMs < 0) return 0;
  return Math.min(count, Math.floor((elapsedMs * rate) / 1_000) + 1);
}
