/**
 * Whether a run was correct: what senders were told, what each node's blocks hold, and what the
 * balances say, must agree exactly. A figure of a run that fails here is void.
 */

import { ENDING, endingName } from "./outcomes.js";
import type { Schedule } from "./schedule.js";

/** Where a node's final blocks have a payment. */
export interface NodeLedger {
  readonly node: string;
  /** Applied occurrences of payment k in this node's blocks: 1 or 0 where all is well. */
  readonly applied: Uint8Array;
  /** Occurrences with the outcome "failed". */
  readonly failed: Uint8Array;
  /** Place of its effect, 0 where there is none. */
  readonly heights: Uint32Array;
  readonly indices: Uint32Array;
  /** `blockId resultHash` of each height of the run. */
  readonly headers: ReadonlyMap<number, string>;
}

/** Minor units: `balances[account][asset]`. */
export type Balances = readonly (readonly bigint[])[];

export interface AccountingInput {
  readonly schedule: Schedule;
  readonly ending: Uint8Array;
  readonly errorNames: readonly string[];
  readonly overloadedWithoutRetry: number;
  readonly nodes: readonly NodeLedger[];
  readonly balancesBefore: Balances;
  readonly balancesAfter: Balances;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Endings after which a payment must be in no block: the node said that it took nothing. */
const REFUSALS = new Set([
  "OVERLOADED",
  "NOT_READY",
  "BAD_SIGNATURE",
  "MALFORMED_TX",
  "TOO_LARGE",
  "WRONG_CHAIN",
  "INVALID_TX",
  "EXPIRED",
]);

export function checkAccounting(input: AccountingInput): Check[] {
  return [
    checkEnded(input),
    checkCounted(input),
    checkPlaces(input),
    checkConserved(input),
    checkBalances(input),
    checkHeaders(input),
    {
      name: "each OVERLOADED says when to come back",
      ok: input.overloadedWithoutRetry === 0,
      detail: `${input.overloadedWithoutRetry} without retryAfterMs`,
    },
  ];
}

function checkEnded({ schedule, ending }: AccountingInput): Check {
  let open = 0;
  for (let k = 0; k < schedule.count; k++) if (ending[k] === ENDING.open) open++;
  return {
    name: "each payment ended: final, expired or refused",
    ok: open === 0,
    detail: `${open} of ${schedule.count} are open`,
  };
}

/** Told applied: once on each node. Told refused or expired: on none. */
function checkCounted({ schedule, ending, errorNames, nodes }: AccountingInput): Check {
  let [lost, repeated, unasked] = [0, 0, 0];
  let first = "";
  for (let k = 0; k < schedule.count; k++) {
    const how = ending[k] as number;
    const name = endingName(how, errorNames);
    const mustBe = how === ENDING.applied ? 1 : 0;
    const isKnown = how === ENDING.applied || how === ENDING.expired || REFUSALS.has(name);
    const isFailed = name.startsWith("failed:");
    for (const { node, applied, failed } of nodes) {
      const found = applied[k] as number;
      if (isFailed && (found !== 0 || failed[k] !== 1)) lost++;
      if (found > 1) repeated++;
      else if (isKnown && found < mustBe) lost++;
      else if (isKnown && found > mustBe) unasked++;
      else continue;
      if (first === "") first = `; first: payment ${k} (${name}) is ${found} times on ${node}`;
    }
  }
  return {
    name: "each id counted once on every node",
    ok: lost + repeated + unasked === 0 && nodes.length > 0,
    detail: `${lost} lost, ${repeated} repeated, ${unasked} applied though refused${first}`,
  };
}

/** One place a payment, one payment a place, and the same ones on all nodes. */
function checkPlaces({ schedule, nodes }: AccountingInput): Check {
  const [reference] = nodes;
  let [different, shared] = [0, 0];
  const taken = new Set<string>();
  for (let k = 0; k < schedule.count && reference !== undefined; k++) {
    const [height, index] = [reference.heights[k] as number, reference.indices[k] as number];
    if (nodes.some((node) => node.heights[k] !== height || node.indices[k] !== index)) different++;
    if (height === 0) continue;
    const place = `${height}.${index}`;
    if (taken.has(place)) shared++;
    taken.add(place);
  }
  return {
    name: "each payment has one place, the same on all nodes",
    ok: different + shared === 0,
    detail: `${different} at different places, ${shared} at a place that another has`,
  };
}

function sumsOf(balances: Balances): bigint[] {
  const sums: bigint[] = [];
  for (const account of balances) {
    account.forEach((amount, asset) => {
      sums[asset] = (sums[asset] ?? 0n) + amount;
    });
  }
  return sums;
}

function checkConserved({ balancesBefore, balancesAfter }: AccountingInput): Check {
  const [before, after] = [sumsOf(balancesBefore), sumsOf(balancesAfter)];
  return {
    name: "balances conserved",
    ok: before.length === after.length && before.every((sum, asset) => sum === after[asset]),
    detail: `sums by asset before ${before.join(", ")}; after ${after.join(", ")}`,
  };
}

/** The balance of every account is the one before, less what it paid, plus what it was paid. */
function checkBalances(input: AccountingInput): Check {
  const { schedule, nodes, balancesBefore, balancesAfter } = input;
  const expected = balancesBefore.map((account) => [...account]);
  const applied = nodes[0]?.applied;
  for (let k = 0; k < schedule.count; k++) {
    if (applied?.[k] === undefined || applied[k] === 0) continue;
    const asset = schedule.asset[k] as number;
    const amount = BigInt(schedule.amount[k] as number) * BigInt(applied[k] as number);
    const payer = expected[schedule.payer[k] as number] as bigint[];
    const payee = expected[schedule.payee[k] as number] as bigint[];
    payer[asset] = (payer[asset] ?? 0n) - amount;
    payee[asset] = (payee[asset] ?? 0n) + amount;
  }
  let wrong = 0;
  let first = "";
  expected.forEach((account, i) => {
    account.forEach((amount, asset) => {
      const found = balancesAfter[i]?.[asset];
      if (found === amount) return;
      wrong++;
      if (first === "")
        first = `; first: account ${i} has ${found} of asset ${asset}, not ${amount}`;
    });
  });
  return {
    name: "each balance is what its payments make it",
    ok: wrong === 0,
    detail: `${wrong} of ${expected.length * 4} differ${first}`,
  };
}

/** The result hash binds the state root: equal headers are equal states. */
function checkHeaders({ nodes }: AccountingInput): Check {
  const [reference, ...others] = nodes;
  let different = 0;
  for (const [height, header] of reference?.headers ?? []) {
    if (others.some(({ headers }) => headers.get(height) !== header)) different++;
  }
  const heights = reference?.headers.size ?? 0;
  return {
    name: "equal state at equal height on all nodes",
    ok: different === 0 && heights > 0,
    detail: `${different} of ${heights} heights differ`,
  };
}
