// Goal: the ring of bits is the rule of the specification. Method: a set of used nonces as oracle.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freshness, newChannel, withNonce } from "../../../src/ledger/nonces.js";

describe("nonce window", () => {
  test("LED-8: fresh iff hi - 1,023 <= nonce <= hi + 1,024 and unused", () => {
    const step = fc.oneof(fc.integer({ min: -1_100, max: 1_100 }), fc.integer({ min: -5, max: 5 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.bigInt(0n, 2n ** 63n), (steps, start) => {
        let channel = newChannel();
        let hi = 0n;
        const used = new Set<bigint>();
        // Far starts are reached in hops of 1,024, as a client would.
        if (start < 100_000n) {
          while (hi + 1_024n <= start) {
            hi += 1_024n;
            channel = withNonce(channel, hi);
            used.add(hi);
          }
        }
        for (const change of steps) {
          const nonce = hi + BigInt(change);
          if (nonce < 0n) continue;
          const isInside = nonce >= hi - 1_023n && nonce <= hi + 1_024n;
          const expected = !isInside ? "outside" : used.has(nonce) ? "used" : "fresh";
          expect(freshness(channel, nonce)).toBe(expected);
          if (expected !== "fresh") continue;
          channel = withNonce(channel, nonce);
          used.add(nonce);
          if (nonce > hi) hi = nonce;
        }
      }),
      { numRuns: 100 },
    );
  });

  test("LED-8: a new channel takes 0 to 1,024", () => {
    const channel = newChannel();
    expect(freshness(channel, 0n)).toBe("fresh");
    expect(freshness(channel, 1_024n)).toBe("fresh");
    expect(freshness(channel, 1_025n)).toBe("outside");
    expect(freshness(withNonce(channel, 0n), 0n)).toBe("used");
  });
});
