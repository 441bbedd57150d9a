import { afterAll, describe, expect, it } from "vitest";
import { loadAccountSeed } from "../../src/cli/network/networkPlan.js";
import { type GeneratorOptions, generate } from "../../src/load/generator.js";
import { ENDING } from "../../src/load/outcomes.js";
import { type LoadOptions, runLoad } from "../../src/load/runLoad.js";
import { InProcessNetwork } from "../support/inProcessNetwork.js";

const networks: InProcessNetwork[] = [];

async function start(mode: "open" | "scoped"): Promise<InProcessNetwork> {
  const network = await InProcessNetwork.start({ mode, loadAccounts: 24 });
  networks.push(network);
  return network;
}

function options(network: InProcessNetwork, changes: Partial<LoadOptions> = {}): LoadOptions {
  const { loadAccounts, loadSeed } = network.plan;
  return {
    nodes: network.validators.map((_, i) => network.url(i)),
    accounts: loadAccounts.map((accountId, i) => ({
      accountId,
      keySeed: loadAccountSeed(loadSeed, i),
    })),
    rate: 60,
    durationS: 2,
    warmUpS: 0,
    workload: "pay-uniform",
    seed: 1,
    connectionsPerNode: 2,
    tickMs: 5,
    admittedSample: 4,
    generate,
    command: "test",
    softwareVersion: "0.0.0-test",
    remark: () => {},
    progress: () => {},
    ...changes,
  };
}

afterAll(async () => {
  for (const network of networks) {
    await network.close();
    expect(network.failures).toEqual([]);
  }
});

/** Checks of correctness; how late a busy test machine was says nothing of it. */
function failures(result: Awaited<ReturnType<typeof runLoad>>): string[] {
  return result.checks
    .filter(({ ok, name }) => !ok && !name.includes("late"))
    .map(({ name, detail }) => `${name}: ${detail}`);
}

describe("a run against four real validators", () => {
  it("pays everything once, in the open mode by all receipts", { timeout: 90_000 }, async () => {
    const network = await start("open");
    const result = await runLoad(options(network));
    expect(failures(result)).toEqual([]);
    expect(result.endings).toEqual({ APPLIED: 120 });
    expect(result.response.count).toBe(120);
    expect(result.service.p50).toBeGreaterThan(0);
    expect(result.response.p50).toBeGreaterThanOrEqual(result.service.p50 * 0.99);
    expect(result.admitted.count).toBeGreaterThan(0);
    expect(result.seconds.reduce((sum, { offered }) => sum + offered, 0)).toBe(120);
    for (const { flushMs } of result.nodes) expect(flushMs.count).toBeGreaterThan(0);
    expect(result.network.validators).toBe(4);

    const hot = await runLoad(options(network, { workload: "pay-hot", seed: 2 }));
    expect(failures(hot)).toEqual([]);
    expect(hot.endings).toEqual({ APPLIED: 120 });

    // A generator that says of a payment that it was refused, although it was paid.
    const lying = await runLoad(
      options(network, {
        seed: 3,
        generate: async (given: GeneratorOptions, progress) => {
          const answer = await generate(given, progress);
          given.ending[3] = ENDING.firstError;
          return { ...answer, errorNames: ["OVERLOADED"] };
        },
      }),
    );
    expect(lying.isValid).toBe(false);
    expect(failures(lying)).toEqual([
      expect.stringMatching(/^each id counted once on every node: 0 lost, 0 repeated, 4 applied/),
    ]);

    // One that got no answer: how the payment ended is asked afterwards.
    const forgetful = await runLoad(
      options(network, {
        seed: 4,
        generate: async (given: GeneratorOptions, progress) => {
          const answer = await generate(given, progress);
          given.ending[3] = ENDING.open;
          return answer;
        },
      }),
    );
    expect(failures(forgetful)).toEqual([]);
    expect(forgetful.endings).toEqual({ APPLIED: 120 });
  });

  it("reads by logins and by ids where nodes show no receipts", { timeout: 90_000 }, async () => {
    const network = await start("scoped");
    const result = await runLoad(options(network, { rate: 40 }));
    expect(failures(result)).toEqual([]);
    expect(result.endings).toEqual({ APPLIED: 80 });
  });
});
