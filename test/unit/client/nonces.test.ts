// Goal: nonces in flight never leave the window in which they are fresh. Method: take many, release some.
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.js";
import { NonceChannel, randomChannel } from "../../../src/client/index.js";

describe("a nonce channel", () => {
  test("gives each nonce once, and waits while the oldest is too far behind", async () => {
    const channel = new NonceChannel(3, 10n);
    const oldest = await channel.take();
    let taken = 1;
    let newest = oldest.nonce;
    const takeAll = (async () => {
      for (let i = 0; i < 2_000; i++) {
        const next = await channel.take();
        taken++;
        newest = next.nonce;
        next.release();
      }
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(newest - oldest.nonce).toBeLessThan(BigInt(LIMITS.nonceWindow));
    const stopped = taken;
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(stopped);
    oldest.release();
    oldest.release();
    await takeAll;
    expect(newest).toBe(2_010n);
  });

  test("random channels stay below what an account may open", () => {
    const channels = Array.from({ length: 500 }, randomChannel);
    expect(Math.max(...channels)).toBeLessThan(LIMITS.channelsPerAccountMax);
    expect(new Set(channels).size).toBeGreaterThan(20);
  });
});
