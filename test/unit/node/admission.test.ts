// Goal: the queue of clients' transactions follows what the chain finishes, within its bounds.
import { describe, expect, test } from "vitest";
import { Admission } from "../../../src/node/admission.js";

describe("NODE-6: admission", () => {
  test("begins at its least and grows with the rate of finality", () => {
    const admission = new Admission(1_500, 100, 10_000);
    expect(admission.countLimit).toBe(100);
    for (let ms = 0; ms <= 20_000; ms += 100) admission.onFinal(200, ms);
    // 2,000 a second for 1.5 s.
    expect(admission.countLimit).toBeGreaterThan(2_800);
    expect(admission.countLimit).toBeLessThan(3_200);
  });

  test("never exceeds its maximum nor falls below its minimum", () => {
    const admission = new Admission(1_500, 100, 1_000);
    for (let ms = 0; ms <= 20_000; ms += 10) admission.onFinal(1_000, ms);
    expect(admission.countLimit).toBe(1_000);
    for (let ms = 20_000; ms <= 200_000; ms += 1_000) admission.onFinal(1, ms);
    expect(admission.countLimit).toBe(100);
  });

  test("tells a refused client a time between 50 ms and 2 s", () => {
    const admission = new Admission(1_500, 100, 10_000);
    expect(admission.retryAfterMs).toBe(250);
    for (let ms = 0; ms <= 20_000; ms += 100) admission.onFinal(500, ms);
    expect(admission.retryAfterMs).toBeGreaterThanOrEqual(50);
    for (let ms = 20_000; ms <= 400_000; ms += 10_000) admission.onFinal(1, ms);
    expect(admission.retryAfterMs).toBe(2_000);
  });
});
