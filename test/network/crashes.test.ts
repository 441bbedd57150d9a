// Goal: a payment that was reported final is there for good. Method: four real processes under
// load; one is killed by SIGKILL and started again, then all four at once; afterwards every payment
// that a client was told is final stands at its place on every validator.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FondacoClient, Wallet } from "../../src/client/index.js";
import { ProcessNetwork, until } from "../support/processNetwork.js";

interface Paid {
  readonly txId: string;
  readonly height: number;
  readonly index: number;
}

let network: ProcessNetwork;
const paid: Paid[] = [];

beforeAll(async () => {
  network = new ProcessNetwork();
  await network.startAll();
}, 120_000);
afterAll(() => network.close(), 60_000);

/** Pays one after another until stopped; what became final is noted. Lost links are no failure. */
async function payOn(client: FondacoClient, from: Wallet, to: Wallet, stop: AbortSignal) {
  while (!stop.aborted) {
    try {
      const { txId, height, index } = await client.pay({
        from,
        to: to.account,
        asset: "EUR",
        amount: 1n,
        signal: stop,
        validForMs: 60_000,
      });
      if (height !== undefined && index !== undefined) paid.push({ txId, height, index });
    } catch (error) {
      if (stop.aborted) return;
      const { code } = error as { code?: string };
      // The node restarts: the SDK reconnects, and the next payment is a new one.
      if (code === "CONNECTION_LOST" || code === "TIMEOUT") continue;
      if (["OVERLOADED", "NOT_READY", "WAIT_TIMEOUT"].includes(code ?? "")) continue;
      throw error;
    }
  }
}

async function startLoad(): Promise<() => Promise<void>> {
  const wallets = network.wallets();
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  for (let i = 0; i < network.validators; i++) {
    const from = wallets[i] as Wallet;
    const client = await network.connect(i, from);
    running.push(payOn(client, from, wallets[i + 4] as Wallet, stop.signal));
  }
  return async () => {
    stop.abort(new Error("the load ends"));
    await Promise.all(running);
  };
}

const allHeights = () => Promise.all(network.urls.map((_, i) => network.height(i)));

async function expectEverythingThere(): Promise<void> {
  const highest = Math.max(...paid.map(({ height }) => height));
  await until(allHeights, (heights) => heights.every((h) => h >= highest), 30_000, "catching up");
  for (let i = 0; i < network.validators; i++) {
    for (let at = 0; at < paid.length; at += 500) {
      const part = paid.slice(at, at + 500);
      const { items } = await network.call<{ items: Record<string, unknown>[] }>(i, "tx.status", {
        txIds: part.map(({ txId }) => txId),
      });
      const places = items.map(({ status, height, index }) => ({ status, height, index }));
      expect(places).toEqual(part.map(({ height, index }) => ({ status: "final", height, index })));
    }
  }
  const common = Math.min(...(await allHeights()));
  for (const height of [1, Math.ceil(common / 2), common]) {
    const results = await Promise.all(network.urls.map((_, i) => network.resultHash(i, height)));
    expect(new Set(results).size, `results at height ${height}`).toBe(1);
  }
}

describe("NODE-2, NODE-3, NODE-4: a network of four processes", () => {
  test("goes on without one validator, which catches up when it is back", async () => {
    const stopLoad = await startLoad();
    await until(
      async () => paid.length,
      (count) => count >= 20,
      30_000,
      "first payments",
    );
    await network.kill(2);
    const before = paid.length;
    await until(
      async () => paid.length,
      (count) => count >= before + 20,
      60_000,
      "payments without one",
    );
    await network.start(2);
    const [height] = await allHeights();
    await until(
      () => network.height(2),
      (h) => h >= (height as number),
      30_000,
      "the restarted one",
    );
    await stopLoad();
    await expectEverythingThere();
  }, 180_000);

  test("keeps every final payment when all four are killed at once, and goes on", async () => {
    const stopLoad = await startLoad();
    const before = paid.length;
    await until(
      async () => paid.length,
      (count) => count >= before + 40,
      30_000,
      "payments",
    );
    await Promise.all(network.urls.map((_, i) => network.kill(i)));
    const known = paid.length;
    await network.startAll();
    await until(
      async () => paid.length,
      (count) => count >= known + 20,
      60_000,
      "payments after the restart",
    );
    await stopLoad();
    await expectEverythingThere();
  }, 180_000);

  test("starts again after an orderly stop with the same state", async () => {
    await Promise.all(network.urls.map((_, i) => network.kill(i, "SIGTERM")));
    await network.startAll();
    await expectEverythingThere();
    await until(
      async () =>
        (await network.call<{ peers: { isConnected: boolean }[] }>(0, "node.status", {})).peers,
      (peers) => peers.every(({ isConnected }) => isConnected),
      30_000,
      "links",
    );
  }, 120_000);
});
