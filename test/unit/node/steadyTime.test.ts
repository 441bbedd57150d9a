import { expect, test } from "vitest";
import { SteadyTime } from "../../../src/node/steadyTime.js";

test("time never goes back, and a clock that was set back is met at half speed", () => {
  let clockMs = 100_000;
  const time = new SteadyTime({
    nowMs: () => clockMs,
    after: () => () => {},
    soon: () => {},
  });
  expect(time.nowMs()).toBe(100_000);
  clockMs += 500;
  expect(time.nowMs()).toBe(100_500);
  clockMs -= 10_000;
  expect(time.nowMs()).toBe(100_500);
  clockMs += 2_000;
  expect(time.nowMs()).toBe(101_500);
  clockMs += 2_000;
  expect(time.nowMs()).toBe(102_500);
  clockMs += 17_000;
  // 9,000 + 21,000 = 111,500 of the clock against 111,000: the clock has caught up.
  expect(time.nowMs()).toBe(111_500);
  clockMs += 60_000;
  expect(time.nowMs()).toBe(171_500);
});
