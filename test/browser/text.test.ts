// Goal: numbers, addresses and words of the pages are right, without a browser. Method: examples.
import { describe, expect, test } from "vitest";
import { ApiError, ClientError } from "../../src/client/index.js";
import {
  finalityDelays,
  mean,
  percentile,
  transactionsBySecond,
} from "../../src/explorer/text/figures.js";
import { age, amount, counted, duration, rate, shortId } from "../../src/explorer/text/format.js";
import { links, routeOf } from "../../src/explorer/text/routes.js";
import { failureWords, statusWords } from "../../src/explorer/text/words.js";

describe("formats", () => {
  test.each([
    ["0", 2, "0.00"],
    ["123456", 2, "1,234.56"],
    ["-123456789", 2, "-1,234,567.89"],
    ["100", 0, "100"],
    ["1000", 0, "1,000"],
    ["9223372036854775807", 9, "9,223,372,036.854775807"],
    [5n, 3, "0.005"],
  ])("amount %s at scale %i is %s", (units, scale, text) => {
    expect(amount(units, scale)).toBe(text);
  });

  test.each([
    [-5, "0 ms"],
    [85.4, "85 ms"],
    [1_240, "1.24 s"],
    [48_000, "48 s"],
    [180_000, "3 min"],
    [7_200_000, "2 h"],
    [259_200_000, "3 days"],
  ])("%i ms are %s", (spanMs, text) => {
    expect(duration(spanMs)).toBe(text);
  });

  test("ages are whole seconds", () => {
    expect([age(-50), age(999), age(3_900), age(60_500)]).toEqual([
      "now",
      "now",
      "3 s ago",
      "60 s ago",
    ]);
  });

  test("counts, rates and ids", () => {
    expect([counted(1, "key"), counted(1_200, "key")]).toEqual(["1 key", "1,200 keys"]);
    expect([rate(0), rate(1.94), rate(5_123.4)]).toEqual(["0", "1.9", "5,123"]);
    expect([shortId("short"), shortId("a".repeat(20))]).toEqual(["short", "aaaaaaaa…aaaaaa"]);
  });
});

describe("figures", () => {
  const block = (timeMs: number, transactionCount: number, seenMs?: number) => ({
    header: { timeMs, transactionCount },
    seenMs,
  });

  test("transactions are counted by whole seconds of block time, without the present one", () => {
    const blocks = [
      block(9_999, 1),
      block(8_000, 2),
      block(8_999, 3),
      block(6_999, 9),
      block(10_100, 4),
    ];
    expect(transactionsBySecond(blocks, 10_500, 3)).toEqual([0, 5, 1]);
  });

  test("finality counts blocks that were seen to become final only", () => {
    const blocks = [block(1_000, 1, 1_250), block(2_000, 1), block(3_000, 1, 2_990)];
    expect(finalityDelays(blocks)).toEqual([250, 0]);
  });

  test("percentiles and means", () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(values, 0.5), percentile(values, 0.99)]).toEqual([50, 99]);
    expect([percentile([7], 0.99), percentile([], 0.5)]).toEqual([7, undefined]);
    expect([mean([]), mean([1, 2])]).toEqual([0, 1.5]);
  });
});

describe("addresses", () => {
  test("each link leads to its page", () => {
    expect(routeOf("")).toEqual({ page: "live" });
    expect(routeOf(links.live)).toEqual({ page: "live" });
    expect(routeOf(links.block(12))).toEqual({ page: "block", id: "12" });
    expect(routeOf(links.transaction("ab"))).toEqual({ page: "transaction", id: "ab" });
    expect(routeOf(links.account("fa1x"))).toEqual({ page: "account", id: "fa1x" });
    expect(routeOf(links.search("a/b c"))).toEqual({ page: "search", id: "a/b c" });
    expect(routeOf(links.validators)).toEqual({ page: "validators" });
    expect(routeOf(links.assets)).toEqual({ page: "assets" });
  });

  test.each(["#/block", "#/block/1/2", "#/block/", "#/search/%E0%A4%A", "#/toString/1", "#/x"])(
    "%s names no page",
    (hash) => {
      expect(routeOf(hash)).toEqual({ page: "unknown" });
    },
  );
});

describe("words", () => {
  test("each status has its words, and a failure its reason", () => {
    expect(statusWords({ status: "final", outcome: "applied", code: 0 }).tone).toBe("good");
    const failed = statusWords({ status: "final", outcome: "failed", code: 210 });
    expect(failed.title).toBe("Final: failed, nothing moved");
    expect(failed.text).toContain("do not cover the amount");
    const voided = statusWords({ status: "voided", outcome: "void", code: 106 });
    expect(voided.text).toContain("may still be applied");
    for (const status of ["received", "admitted", "expired", "unknown"] as const) {
      expect(statusWords({ status }).text.length).toBeGreaterThan(20);
    }
  });

  test("refusals and failures say what to do", () => {
    const private1 = failureWords(new ApiError("FORBIDDEN", "no"), "Account");
    expect(private1).toEqual(failureWords(new ApiError("UNAUTHENTICATED", "no"), "Account"));
    expect(private1.text).toContain("proof file");
    expect(failureWords(new ApiError("NOT_FOUND", "no"), "Block 3").title).toBe(
      "Block 3: not found",
    );
    const timeout = failureWords(new ClientError("TIMEOUT", "slow"), "Block 3");
    expect(timeout.title).toBe("No answer from the node");
  });
});
