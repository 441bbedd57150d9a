// Goal: the queue of clients' transactions follows what the chain finishes in time, within bounds.
import { describe, expect, test } from "vitest";
import { Admission } from "../../../src/node/admission.js";

const BLOCK_MS = 100;

/** A chain that ends `perBlock` of the oldest each block, after a latency; clients offer more. */
function run(
  admission: Admission,
  blocks: number,
  load: { perBlock: number; offered: number; latencyMs: number; fromMs?: number },
) {
  const queue: number[] = [];
  const delays: number[] = [];
  let ended = 0;
  const fromMs = load.fromMs ?? 0;
  for (let nowMs = fromMs; nowMs < fromMs + blocks * BLOCK_MS; nowMs += BLOCK_MS) {
    const room = Math.max(0, admission.countLimit - queue.length);
    for (let i = 0; i < Math.min(room, load.offered); i++) queue.push(nowMs);
    const due = queue.filter((takenMs) => takenMs <= nowMs - load.latencyMs).length;
    const taken = queue.splice(0, Math.min(load.perBlock, due));
    if (taken.length === 0) continue;
    admission.onOwnBlock(load.latencyMs / 2);
    ended += taken.length;
    const own = taken.map((takenMs) => nowMs - takenMs);
    delays.push(...own);
    const meanMs = own.reduce((sum, ms) => sum + ms, 0) / own.length;
    admission.onFinal(taken.length, meanMs, queue.length, nowMs);
  }
  return { ended, delays, meanMs: delays.slice(-500).reduce((sum, ms) => sum + ms, 0) / 500 };
}

describe("NODE-6: admission", () => {
  test("a new validator takes a whole tx.submitMany", () => {
    expect(new Admission(500).countLimit).toBe(1_024);
  });

  test.each([5, 60, 400, 1_500])(
    "offered three times what the chain ends (%i a block), the wait stays about the target and the chain busy",
    (perBlock) => {
      const admission = new Admission(500);
      run(admission, 100, { perBlock, offered: 3 * perBlock, latencyMs: 200 });
      const fromMs = 10_000;
      const { meanMs, ended } = run(admission, 200, {
        perBlock,
        offered: 3 * perBlock,
        latencyMs: 200,
        fromMs,
      });
      // 64 transactions always wait at the least: that is more than the target on the slowest.
      expect(meanMs).toBeLessThan(Math.max(650, (64 / perBlock) * BLOCK_MS * 1.1));
      expect(ended).toBeGreaterThan(0.95 * 200 * perBlock);
    },
  );

  test.each([500, 600, 900])("a network that alone takes %i ms is kept busy", (latencyMs) => {
    const admission = new Admission(500);
    const load = { perBlock: 400, offered: 1_200, latencyMs };
    run(admission, 200, load);
    const { meanMs, ended } = run(admission, 200, { ...load, fromMs: 20_000 });
    expect(ended).toBeGreaterThan(0.9 * 200 * load.perBlock);
    expect(meanMs).toBeLessThan(2 * latencyMs);
  });

  test("a load below what the chain ends is never held back", () => {
    const admission = new Admission(500);
    run(admission, 200, { perBlock: 100, offered: 60, latencyMs: 200 });
    expect(admission.countLimit).toBeGreaterThanOrEqual(1_024);
  });

  test("after an overload an idle validator opens again", () => {
    const admission = new Admission(500);
    run(admission, 200, { perBlock: 20, offered: 200, latencyMs: 200 });
    expect(admission.countLimit).toBeLessThan(200);
    run(admission, 100, { perBlock: 100, offered: 5, latencyMs: 100, fromMs: 30_000 });
    expect(admission.countLimit).toBeGreaterThanOrEqual(1_024);
  });

  test("never exceeds its maximum nor falls below its least", () => {
    const admission = new Admission(500, 2_000);
    for (let ms = 0; ms <= 20_000; ms += 10) admission.onFinal(1_000, 50, 1_000, ms);
    expect(admission.countLimit).toBe(2_000);
    for (let ms = 20_000; ms <= 200_000; ms += 100) admission.onFinal(1, 60_000, 1, ms);
    expect(admission.countLimit).toBe(64);
  });

  test("tells a refused client a time between 50 ms and 2 s", () => {
    const admission = new Admission(500);
    expect(admission.retryAfterMs).toBe(250);
    for (let ms = 0; ms <= 20_000; ms += 100) admission.onFinal(2_000, 100, 10, ms);
    expect(admission.retryAfterMs).toBe(50);
    for (let ms = 20_000; ms <= 400_000; ms += 10_000) admission.onFinal(1, 100, 0, ms);
    expect(admission.retryAfterMs).toBe(2_000);
  });
});
