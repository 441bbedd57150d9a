// Goal: the SDK pays, waits, repeats and reconnects so that one payment has one effect. Method: the
// SDK over real sockets against the fake node, which fails on purpose.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { toHex } from "../../src/base/bytes.js";
import {
  type ConnectOptions,
  connect,
  draft,
  type FondacoClient,
  operation,
  seal,
  signDraft,
  signerFrom,
  walletFrom,
} from "../../src/client/index.js";
import { NO_REFERENCE } from "../../src/declarations/fields.js";
import { genesisHash, idOf, seedOf, textOf } from "../support/fakeNetwork.js";
import { type Harness, startHarness, walletOf } from "../support/gatewayHarness.js";
import { payment } from "../support/payments.js";

describe.each(["uws", "ws"] as const)("the SDK over %s", (listener) => {
  let harness: Harness;
  const clients: FondacoClient[] = [];

  async function connected(options: Partial<ConnectOptions> = {}): Promise<FondacoClient> {
    const client = await connect({
      url: harness.gateway.httpUrl,
      webSocket: WebSocket,
      login: walletOf("alice"),
      backoffMinMs: 1,
      backoffMaxMs: 5,
      timeoutMs: 5_000,
      ...options,
    });
    clients.push(client);
    return client;
  }

  beforeEach(async () => {
    harness = await startHarness({ listener });
    harness.node.isAutomatic = true;
    // The fake network's time is its own; payments of the SDK are valid by the machine's.
    harness.node.nowMs = Date.now();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await harness.close();
    expect(harness.errors).toEqual([]);
  });

  test("pays, and tells what happened", async () => {
    const client = await connected();
    const result = await client.pay({
      from: walletOf("alice"),
      to: textOf("bob"),
      asset: "EUR",
      amount: "12.5",
      reference: "invoice 7",
      receipt: "full",
    });
    expect(result).toMatchObject({ status: "final", outcome: "applied", index: 1 });
    expect(result.events?.[0]?.fields).toMatchObject({
      amount: "1250",
      reference: { kind: "text", value: "invoice 7" },
    });
    const again = await client.submit(result.transaction);
    expect(again).toMatchObject({ txId: result.txId, height: result.height, duplicate: true });
  });

  test("many payments at once use a nonce each", async () => {
    const client = await connected();
    const results = await Promise.all(
      Array.from({ length: 30 }, () =>
        client.pay({ from: walletOf("alice"), to: textOf("bob"), asset: "EUR", amount: 1n }),
      ),
    );
    expect(new Set(results.map(({ txId }) => txId)).size).toBe(30);
    expect(results.every(({ outcome }) => outcome === "applied")).toBe(true);
  });

  test("SDK-4: a nonce that another process took is replaced by a new one", async () => {
    const client = await connected();
    const from = walletOf("alice");
    const request = { from, to: textOf("bob"), asset: "EUR", amount: 1n };
    await client.pay(request);
    const { channel } = await client.nonceChannel(textOf("alice"));
    const other = payment("alice", "carol", {
      channel,
      nonce: 50n,
      validUntilMs: Date.now() + 60_000,
    });
    await client.submit(other.bytes);
    const result = await client.pay(request);
    expect(result).toMatchObject({ status: "final", outcome: "applied" });
  });

  test("SDK-2: a payment without effect is an error that says why", async () => {
    const client = await connected();
    const request = { from: walletOf("alice"), to: textOf("bob"), asset: "EUR" };
    await expect(client.pay({ ...request, amount: "999999" })).rejects.toMatchObject({
      code: "NOT_APPLIED",
      detail: { codeName: "INSUFFICIENT_BALANCE", mayStillApply: false },
    });
    const stranger = walletFrom(idOf("alice"), seedOf("bob"));
    await expect(client.pay({ ...request, from: stranger, amount: 1n })).rejects.toMatchObject({
      code: "NOT_APPLIED",
      detail: { codeName: "NOT_AUTHORISED", mayStillApply: true },
    });
    await expect(client.pay({ ...request, amount: "1.234" })).rejects.toMatchObject({
      code: "BAD_ARGUMENT",
    });
    await expect(client.pay({ ...request, asset: "XYZ", amount: 1n })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("an overloaded node is asked again after the time it names", async () => {
    const client = await connected();
    harness.node.refusal = { code: "OVERLOADED", message: "Full.", retryAfterMs: 5 };
    const { bytes } = payment("alice", "bob", { validUntilMs: Date.now() + 60_000 });
    const submitted = client.submit(bytes);
    await expect.poll(() => harness.node.submitCalls).toBeGreaterThan(2);
    harness.node.refusal = undefined;
    expect(await submitted).toMatchObject({ status: "final", outcome: "applied" });
  });

  test("SDK-1: a connection that is lost while waiting does not lose the payment", async () => {
    harness.node.isAutomatic = false;
    const sockets: WebSocket[] = [];
    class Watched extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    const client = await connected({ webSocket: Watched });
    const { bytes, txId } = payment("alice", "bob", { validUntilMs: Date.now() + 60_000 });
    const submitted = client.submit(bytes);
    for (let i = 1; i <= 3; i++) {
      await expect.poll(() => harness.node.watching).toBe(1);
      const calls = harness.node.submitCalls;
      sockets.at(-1)?.terminate();
      await expect.poll(() => harness.node.submitCalls).toBe(calls + 1);
    }
    harness.node.finalise();
    expect(await submitted).toMatchObject({ txId, status: "final", outcome: "applied" });
    const account = await client.call("account.get", { account: textOf("alice") });
    expect(account.balances[0]?.available).toBe("98750");
  });

  test("a wait that the caller bounds ends, and a signal ends it at once", async () => {
    harness.node.isAutomatic = false;
    const client = await connected();
    const { bytes } = payment("alice", "bob", { validUntilMs: Date.now() + 60_000 });
    await expect(client.submit(bytes, { timeoutMs: 20 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    const stop = new AbortController();
    const submitted = client.submit(bytes, { signal: stop.signal });
    stop.abort(new Error("changed my mind"));
    await expect(submitted).rejects.toThrow("changed my mind");
  });

  test("several parties sign offline; the order of signatures does not matter", async () => {
    const client = await connected();
    const made = draft({
      genesisHash: client.genesisHash,
      parties: [idOf("alice"), idOf("pair")],
      operations: [
        operation("transfer", {
          by: 0,
          to: idOf("pair"),
          asset: 0,
          amount: 5n,
          code: 0,
          reference: NO_REFERENCE,
          paymentId: undefined,
        }),
      ],
      channel: 3,
      nonce: 1n,
      validUntilMs: Date.now() + 60_000,
    });
    const witnesses = [
      signDraft(made, idOf("pair"), signerFrom(seedOf("pair-2"))),
      signDraft(made, idOf("alice"), signerFrom(toHex(seedOf("alice")))),
      signDraft(made, idOf("pair"), signerFrom(seedOf("pair-1"))),
    ];
    const bytes = seal(made, witnesses);
    expect(seal(made, witnesses.slice().reverse())).toEqual(bytes);
    expect(await client.submit(bytes)).toMatchObject({
      txId: toHex(made.txId),
      outcome: "applied",
    });
  });

  test("SDK-5: another network, a wrong key and a silent port are refused by name", async () => {
    await expect(connected({ genesisHash: "00".repeat(32) })).rejects.toMatchObject({
      code: "WRONG_CHAIN",
    });
    const stranger = walletFrom(idOf("alice"), seedOf("bob"));
    await expect(connected({ login: stranger })).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
      cause: { code: "UNAUTHENTICATED" },
    });
    const { port } = harness.gateway;
    await harness.close();
    await expect(connected({ url: `ws://127.0.0.1:${port}`, timeoutMs: 50 })).rejects.toMatchObject(
      { code: "TIMEOUT" },
    );
    harness = await startHarness({ listener });
  });

  test("SDK-5: after a lost connection, a node of another network than the first one is refused", async () => {
    const other = await startHarness({ listener });
    const identity = other.node.identity();
    other.node.identity = () => ({ ...identity, genesisHash: new Uint8Array(32).fill(7) });
    const client = await connected({ url: [harness.gateway.httpUrl, other.gateway.httpUrl] });
    expect(toHex(client.genesisHash)).toBe(toHex(genesisHash));
    await harness.close();
    await expect(client.call("node.info", {})).rejects.toMatchObject({ code: "WRONG_CHAIN" });
    await other.close();
    harness = await startHarness({ listener });
  });

  test("the genesis hash that was asked for is accepted, and calls are typed", async () => {
    const client = await connected({ genesisHash: toHex(genesisHash) });
    const { items } = await client.call("chain.validators", {});
    expect(items).toHaveLength(4);
    await expect(client.call("tx.get", { txId: "cd".repeat(32) })).rejects.toMatchObject({
      name: "ApiError",
      code: "NOT_FOUND",
      retry: "never",
    });
    client.close();
    await expect(client.call("node.info", {})).rejects.toMatchObject({
      code: "CONNECTION_CLOSED",
    });
  });
});
