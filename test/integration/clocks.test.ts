// Goal: a validator whose clock is wrong stops nobody's payments and is named. Method: four real
// validators, one of them on a clock that the test sets from 10 s behind to 10 s ahead; each time
// payments go through all others, and all statuses are read. It begins behind and is then set
// forward, because time that was set back goes on at half speed for as long as it takes (NODE-1).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/node/adapters/systemClock.js";
import type { Clock } from "../../src/ports/clock.js";
import { InProcessNetwork } from "../support/inProcessNetwork.js";
import { until } from "../support/processNetwork.js";

const WRONG = 3;
const RIGHT = [0, 1, 2];
/** A payment may meet one view of the wrong leader, which times out; the machine may be busy. */
const PAYMENT_MS_MAX = 20_000;

let offsetMs = -10_000;
const wrongClock: Clock = { ...systemClock, nowMs: () => Date.now() + offsetMs };

let network: InProcessNetwork;
let paymentsOf: ((count: number) => Promise<number>)[];

beforeAll(async () => {
  network = await InProcessNetwork.start({
    mode: "open",
    loadAccounts: 8,
    clockOf: (validator) => (validator === WRONG ? wrongClock : systemClock),
  });
  paymentsOf = await Promise.all(
    [0, 1, 2, 3].map(async (validator) => {
      const client = await network.connect(validator);
      const from = network.loadWallet(validator);
      const to = network.loadWallet(4 + validator).account;
      /** Pays one after another; answers the longest time that one took. */
      return async (count: number) => {
        let longestMs = 0;
        for (let i = 0; i < count; i++) {
          const startedMs = performance.now();
          const { outcome } = await client.pay({ from, to, asset: "EUR", amount: 1n });
          expect(outcome).toBe("applied");
          longestMs = Math.max(longestMs, performance.now() - startedMs);
        }
        return longestMs;
      };
    }),
  );
}, 120_000);
afterAll(() => network.close(), 60_000);

function clockWarnings(validator: number): string[] {
  return network
    .validator(validator)
    .node.status()
    .warnings.filter(({ code }) => code === "CLOCK_OFF")
    .map(({ message }) => message);
}

async function untilNamed(expected: (messages: string[]) => boolean, what: string): Promise<void> {
  await until(
    async () => [...RIGHT, WRONG].map(clockWarnings),
    (all) => all.every(expected),
    90_000,
    what,
  );
}

async function expectPaymentsOfOthers(): Promise<void> {
  const longest = await Promise.all(RIGHT.map((validator) => paymentsOf[validator]?.(5) ?? 0));
  for (const ms of longest) expect(ms).toBeLessThan(PAYMENT_MS_MAX);
}

describe("NODE-8: one clock of four is wrong", () => {
  test.each([
    [-10_000, "behind"],
    [-2_000, "behind"],
    [0, undefined],
    [2_000, "ahead of"],
    [10_000, "ahead of"],
  ])(
    "%i ms off: payments go on, and every status names it",
    async (wrongMs, direction) => {
      offsetMs = wrongMs;
      await expectPaymentsOfOthers();
      const seconds = Math.abs(wrongMs) / 1_000;
      await untilNamed((messages) => {
        const [only] = messages;
        if (direction === undefined) return only === undefined;
        if (messages.length !== 1 || only === undefined) return false;
        const said = /validator 3 \(giudecca\) is (\d+\.\d) s (ahead of|behind) the others/.exec(
          only,
        );
        return said?.[2] === direction && Math.abs(Number(said[1]) - seconds) < 0.9;
      }, `CLOCK_OFF at ${wrongMs} ms`);
      await expectPaymentsOfOthers();
      if (direction === undefined) {
        // In step again: it votes, and what its own clients pay becomes final.
        expect(network.validator(WRONG).node.status().chain.isVoting).toBe(true);
        expect(await paymentsOf[WRONG]?.(3)).toBeLessThan(60_000);
      }
      expect(network.failures).toEqual([]);
    },
    240_000,
  );

  test("NODE-1: set back by 10 s it stops nobody, and goes on itself", async () => {
    offsetMs = 0;
    await expectPaymentsOfOthers();
    expect(await paymentsOf[WRONG]?.(1)).toBeLessThan(60_000);
    expect(network.failures).toEqual([]);
  }, 240_000);
});
