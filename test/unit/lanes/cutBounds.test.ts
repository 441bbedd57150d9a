// Goal: a leader cannot pin more of its own lane by a proposal than an honest author has in flight.
import { expect, test } from "vitest";
import { mapKey } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { DEFAULT_PARAMETERS } from "../../../src/cli/network/networkPlan.js";
import { inspectCut } from "../../../src/lanes/cuts.js";
import type { LaneHeads } from "../../../src/types/laneHeads.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";

test("CON-V2: a cut takes at most batchesInFlightMax batches of one lane", () => {
  const head = { seq: 0, headHash: ZERO_HASH, key: mapKey(ZERO_HASH) };
  const heads: LaneHeads = [head, head, head, head];
  const entry = {
    author: 1,
    fromSeq: 1,
    toSeq: LIMITS.batchesInFlightMax + 1,
    headHash: ZERO_HASH,
  };
  // The bound is judged before any lane is looked at: nothing is fetched for such a cut.
  expect(inspectCut([], DEFAULT_PARAMETERS, heads, [entry])).toEqual({
    kind: "invalid",
    reason: `more than ${LIMITS.batchesInFlightMax} batches of lane 1`,
  });
});
