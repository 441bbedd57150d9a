// Goal: the batches of a cut are found backwards along the hash chain, or it is said what is wrong.
import { describe, expect, test } from "vitest";
import { mapKey } from "../../../src/base/bytes.js";
import { lanesOfCut, walkLane } from "../../../src/lanes/laneWalk.js";

const hashOf = (seq: number) => new Uint8Array(32).fill(seq);
const batchOf = (seq: number) => ({ seq, prevKey: mapKey(hashOf(seq - 1)) });
const lane = new Map([1, 2, 3, 4].map((seq) => [mapKey(hashOf(seq)), batchOf(seq)]));
const find = (key: string) => lane.get(key);
const entry = (fromSeq: number, toSeq: number) => ({
  author: 0,
  fromSeq,
  toSeq,
  headHash: hashOf(toSeq),
});

describe("a walk along a lane", () => {
  test("finds batches oldest first, and on what they stand", () => {
    const walk = walkLane(entry(2, 4), find);
    const batches = [batchOf(2), batchOf(3), batchOf(4)];
    expect(walk).toEqual({ kind: "batches", batches, belowKey: mapKey(hashOf(1)) });
  });

  test("names the newest batch that is missing", () => {
    const broken = (key: string) => (key === mapKey(hashOf(2)) ? undefined : find(key));
    expect(walkLane(entry(1, 4), broken)).toEqual({
      kind: "missing",
      seq: 2,
      key: mapKey(hashOf(2)),
      batches: [batchOf(3), batchOf(4)],
    });
  });

  test("refuses a batch with another number than its place", () => {
    const wrong = (key: string) => (key === mapKey(hashOf(3)) ? batchOf(7) : find(key));
    expect(walkLane(entry(2, 4), wrong)).toEqual({ kind: "invalid" });
  });

  test("gives the lanes of a cut that was checked, and stops where one is not whole", () => {
    expect(lanesOfCut([entry(1, 1), entry(3, 4)], find)).toEqual([
      [batchOf(1)],
      [batchOf(3), batchOf(4)],
    ]);
    expect(() => lanesOfCut([entry(3, 5)], find)).toThrow("one hash chain");
  });
});
