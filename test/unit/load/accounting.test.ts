import { describe, expect, it } from "vitest";
import {
  type AccountingInput,
  checkAccounting,
  type NodeLedger,
} from "../../../src/load/accounting.js";
import { ENDING } from "../../../src/load/outcomes.js";
import { makeSchedule } from "../../../src/load/schedule.js";

const accounts = 6;
const schedule = makeSchedule({
  rate: 20,
  durationS: 2,
  workload: "pay-uniform",
  seed: 3,
  accounts,
  nodes: 2,
});

function ledger(node: string): NodeLedger {
  return {
    node,
    applied: new Uint8Array(schedule.count).fill(1),
    failed: new Uint8Array(schedule.count),
    heights: Uint32Array.from({ length: schedule.count }, (_, k) => 1 + Math.floor(k / 10)),
    indices: Uint32Array.from({ length: schedule.count }, (_, k) => 1 + (k % 10)),
    headers: new Map([
      [1, "a r"],
      [2, "b s"],
    ]),
  };
}

/** A run in which everything is right. */
function run(): AccountingInput & { readonly balancesAfter: bigint[][] } {
  const before = Array.from({ length: accounts }, () => [1_000n, 1_000n, 1_000n, 1_000n]);
  const after = before.map((row) => [...row]);
  for (let k = 0; k < schedule.count; k++) {
    const [asset, amount] = [schedule.asset[k] as number, BigInt(schedule.amount[k] as number)];
    const payer = after[schedule.payer[k] as number] as bigint[];
    const payee = after[schedule.payee[k] as number] as bigint[];
    payer[asset] = (payer[asset] as bigint) - amount;
    payee[asset] = (payee[asset] as bigint) + amount;
  }
  return {
    schedule,
    ending: new Uint8Array(schedule.count).fill(ENDING.applied),
    errorNames: ["OVERLOADED"],
    overloadedWithoutRetry: 0,
    nodes: [ledger("n0"), ledger("n1")],
    balancesBefore: before,
    balancesAfter: after,
  };
}

function failures(input: AccountingInput): string[] {
  return checkAccounting(input)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name);
}

describe("accounting of a run", () => {
  it("finds nothing where all is right", () => {
    expect(failures(run())).toEqual([]);
  });

  it("finds a payment that one node lost", () => {
    const input = run();
    (input.nodes[1] as NodeLedger).applied[5] = 0;
    expect(failures(input)).toContain("each id counted once on every node");
  });

  it("finds a payment that was applied twice, also where the sums hide it", () => {
    const input = run();
    for (const { applied } of input.nodes) applied[5] = 2;
    expect(failures(input)).toEqual([
      "each id counted once on every node",
      "each balance is what its payments make it",
    ]);
  });

  it("finds a refused payment that took effect", () => {
    const input = run();
    input.ending[7] = ENDING.firstError;
    expect(failures(input)).toEqual(["each id counted once on every node"]);
  });

  it("finds an expired payment that took effect", () => {
    const input = run();
    input.ending[7] = ENDING.expired;
    expect(failures(input)).toEqual(["each id counted once on every node"]);
  });

  it("finds a payment that never ended", () => {
    const input = run();
    input.ending[0] = ENDING.open;
    expect(failures(input)).toEqual(["each payment ended: final, expired or refused"]);
  });

  it("finds nodes that have a payment at different places, and two payments at one", () => {
    const name = "each payment has one place, the same on all nodes";
    const different = run();
    (different.nodes[1] as NodeLedger).indices[3] = 99;
    expect(failures(different)).toEqual([name]);
    const shared = run();
    for (const { indices } of shared.nodes) indices[3] = indices[4] as number;
    expect(failures(shared)).toEqual([name]);
  });

  it("finds money that was made", () => {
    const input = run();
    (input.balancesAfter[2] as bigint[])[1]! += 1n;
    expect(failures(input)).toEqual([
      "balances conserved",
      "each balance is what its payments make it",
    ]);
  });

  it("finds money that went to somebody else", () => {
    const input = run();
    (input.balancesAfter[2] as bigint[])[1]! += 1n;
    (input.balancesAfter[3] as bigint[])[1]! -= 1n;
    expect(failures(input)).toEqual(["each balance is what its payments make it"]);
  });

  it("finds states that differ at one height", () => {
    const input = run();
    const [first, second] = input.nodes as [NodeLedger, NodeLedger];
    const other = { ...second, headers: new Map([...second.headers, [2, "b other"]]) };
    expect(failures({ ...input, nodes: [first, other] })).toEqual([
      "equal state at equal height on all nodes",
    ]);
  });

  it("finds an overload without a time to come back", () => {
    expect(failures({ ...run(), overloadedWithoutRetry: 1 })).toEqual([
      "each OVERLOADED says when to come back",
    ]);
  });

  it("finds that nothing was compared", () => {
    expect(failures({ ...run(), nodes: [] })).toContain("each id counted once on every node");
  });
});
