/** Goal: a failing seed can be looked at again. Method: run seeds twice and compare fingerprints. */

import { expect, test } from "vitest";
import { World } from "./world.js";

test("the same seed twice gives the same trace hash, another seed another", () => {
  const hashes = new Set<string>();
  for (const seed of [1, 2, 3, 9]) {
    const runs = [0, 1].map(() => new World({ seed, faultMs: 8_000 }).run());
    expect(runs[0], `replay differs, seed ${seed}`).toEqual(runs[1]);
    hashes.add(runs[0]!.traceHash);
  }
  expect(hashes.size).toBe(4);
}, 60_000);
