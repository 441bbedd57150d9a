import { describe, expect, it } from "vitest";
import { dueCount, dueMs, makeSchedule } from "../../../src/load/schedule.js";

const options = { rate: 100, durationS: 5, seed: 7, accounts: 10, nodes: 3 } as const;

describe("schedule of a run", () => {
  it("is the same for the same seed and another for another one", () => {
    const one = makeSchedule({ ...options, workload: "pay-uniform" });
    expect(makeSchedule({ ...options, workload: "pay-uniform" })).toEqual(one);
    expect(makeSchedule({ ...options, seed: 8, workload: "pay-uniform" }).payee).not.toEqual(
      one.payee,
    );
  });

  it("has each payment once, at the node of its payer, in the order of its time", () => {
    const { count, byNode, payer, payee, amount } = makeSchedule({
      ...options,
      workload: "pay-uniform",
    });
    expect(count).toBe(500);
    expect(byNode.flatMap((list) => [...list]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, k) => k),
    );
    byNode.forEach((list, node) => {
      expect([...list]).toEqual([...list].sort((a, b) => a - b));
      for (const k of list) expect((payer[k] as number) % 3).toBe(node);
    });
    for (let k = 0; k < count; k++) {
      expect(payee[k]).not.toBe(payer[k]);
      expect(payee[k]).toBeLessThan(10);
      expect(amount[k]).toBeGreaterThan(0);
    }
  });

  it("pays one account only in pay-hot, which pays nobody", () => {
    const { payer, payee } = makeSchedule({ ...options, workload: "pay-hot" });
    expect(new Set(payee)).toEqual(new Set([0]));
    expect(new Set(payer)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]));
  });

  it("knows what is due when: nothing before the start, everything after the end", () => {
    expect(dueCount(-1, 100, 500)).toBe(0);
    expect(dueCount(0, 100, 500)).toBe(1);
    expect(dueCount(9.9, 100, 500)).toBe(1);
    expect(dueCount(10, 100, 500)).toBe(2);
    expect(dueCount(1e9, 100, 500)).toBe(500);
    for (const k of [0, 1, 250, 499]) expect(dueCount(dueMs(k, 100), 100, 500)).toBe(k + 1);
  });
});
