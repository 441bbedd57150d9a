// Goal: a wrong clock is named, and only that one. Method: statuses with offsets of every shape.
import { describe, expect, test } from "vitest";
import { clockWarnings } from "../../../src/node/clockWatch.js";
import type { ChainStatus } from "../../../src/validator/interface.js";

const NOW_MS = 1_000_000;

function statusWith(offsetsMs: readonly (number | undefined)[], heardMs = NOW_MS): ChainStatus {
  return {
    epoch: 0,
    view: 1,
    leader: 0,
    finalizedView: 0,
    finalizedHeight: 0,
    finalizedHash: new Uint8Array(32),
    executedHeight: 0,
    isSyncing: false,
    isVoting: true,
    stoppedReason: undefined,
    ownBatchesInFlight: 0,
    unsealedTransactions: 0,
    peers: offsetsMs.map((clockOffsetMs, i) => ({
      validator: i + 1,
      isConnected: true,
      view: 1,
      finalizedHeight: 0,
      clockOffsetMs,
      lastHeardMs: heardMs,
    })),
  };
}

const named = (offsetsMs: readonly (number | undefined)[], heardMs?: number) =>
  clockWarnings(statusWith(offsetsMs, heardMs), NOW_MS, 0, (index) => `validator ${index}`).map(
    ({ message }) => message.replace(/: set.*/, ""),
  );

describe("NODE-8: clock watch", () => {
  test("is silent while all agree", () => {
    expect(named([3, -8, 20])).toEqual([]);
    expect(named([600, -300, 200])).toEqual([]);
  });

  test("names a peer that is ahead or behind", () => {
    expect(named([5, 2_000, -5])).toEqual([
      "the clock of validator 2 is 2.0 s ahead of the others",
    ]);
    expect(named([5, -5, -10_000])).toEqual([
      "the clock of validator 3 is 10.0 s behind the others",
    ]);
  });

  test("names the own clock when all others differ from it alike", () => {
    expect(named([-10_000, -10_003, -9_990])).toEqual([
      "the clock of validator 0 is 10.0 s ahead of the others",
    ]);
  });

  test("says nothing by too few or too old offsets", () => {
    expect(named([10_000])).toEqual([]);
    expect(named([undefined, 10_000, undefined])).toEqual([]);
    expect(named([0, 10_000, 0], NOW_MS - 600_000)).toEqual([]);
  });
});
