// Goal: subscriptions lose and repeat nothing, whatever the connection does, and a slow reader holds
// up nobody. Method: bare sockets and the SDK against a fake node that makes blocks on demand.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { BlockItem } from "../../src/api/index.js";
import { connect, type FondacoClient } from "../../src/client/index.js";
import { textOf } from "../support/fakeNetwork.js";
import {
  type EventParams,
  type Frame,
  type Harness,
  type RawSocket,
  startHarness,
  walletOf,
} from "../support/gatewayHarness.js";
import { payment } from "../support/payments.js";

const eventsOf = (socket: RawSocket, handle: number): readonly EventParams[] =>
  socket.events.get(handle) ?? [];

const open = (socket: RawSocket, params: object) =>
  socket.call<{ handle: number; cursor: string; limit: number; head: string }>("sub.open", params);

describe.each(["uws", "ws"] as const)("subscriptions over %s", (listener) => {
  let harness: Harness;
  const clients: FondacoClient[] = [];

  beforeEach(async () => {
    harness = await startHarness({ listener, limits: { beatMs: 50 } });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await harness.close();
    expect(harness.errors).toEqual([]);
  });

  function makeBlocks(count: number): void {
    for (let i = 0; i < count; i++) harness.node.finalise();
  }

  /** Makes a block with one payment of each account named. */
  function makePayments(nonce: bigint): void {
    const all = [payment("alice", "bob", { nonce }), payment("carol", "alice", { nonce })];
    harness.node.submit(
      all.map(({ bytes }) => bytes),
      () => {},
    );
    harness.node.finalise();
  }

  test("SUB-1, SUB-2: from genesis each block comes once, in order, and the cursors form a chain", async () => {
    makeBlocks(250);
    const socket = await harness.socket();
    const { handle, cursor } = await open(socket, { topic: "blocks", after: "genesis" });
    makeBlocks(3);
    const isLast = (frame: Frame) =>
      eventsOf(socket, handle).some(({ items }) => items.at(-1)?.header?.height === 254) &&
      frame.method === "sub.event";
    await socket.until(isLast);
    const events = eventsOf(socket, handle);
    let prev = cursor;
    for (const event of events) {
      expect(event.prev).toBe(prev);
      prev = event.cursor;
      expect(event.items.length).toBeLessThanOrEqual(200);
    }
    const heights = events.flatMap(({ items }) => items.map((item) => item.header?.height));
    expect(heights).toEqual(Array.from({ length: 254 }, (_, i) => i + 1));
  });

  test("a cursor may lie within a block, and is exclusive", async () => {
    makePayments(1n);
    const socket = await harness.socket();
    await socket.login("alice");
    const first = await open(socket, { topic: "txs", after: "genesis", limit: 1 });
    const one = await socket.until(({ params }) => params?.handle === first.handle);
    const [item] = (one.params as unknown as EventParams).items;
    expect(eventsOf(socket, first.handle)).toHaveLength(1);
    const second = await open(socket, { topic: "txs", after: item?.cursor });
    const rest = await socket.until(({ params }) => params?.handle === second.handle);
    const ids = [one, rest].flatMap(({ params }) =>
      ((params?.items ?? []) as { txId: string }[]).map(({ txId }) => txId),
    );
    expect(ids).toEqual([
      payment("alice", "bob", { nonce: 1n }).txId,
      payment("carol", "alice", { nonce: 1n }).txId,
    ]);
  });

  test("topic account tells the changes of one account's balances", async () => {
    makePayments(1n);
    const socket = await harness.socket();
    await socket.login("alice");
    const { handle } = await open(socket, {
      topic: "account",
      after: "genesis",
      accounts: [textOf("alice")],
    });
    const { params } = await socket.until(({ params: p }) => p?.handle === handle);
    const items = params?.items as { event: { name: string; fields: { balance: string } } }[];
    expect(items.map(({ event }) => [event.name, event.fields.balance])).toEqual([
      ["payment.sent", "98750"],
      ["payment.received", "100000"],
    ]);
  });

  test("SUB-3: credits are absolute: nothing above the limit, an old ack changes nothing", async () => {
    makeBlocks(30);
    const socket = await harness.socket();
    const { handle } = await open(socket, { topic: "blocks", after: "genesis", limit: 10 });
    const sum = () =>
      eventsOf(socket, handle).reduce((count, { items }) => count + items.length, 0);
    await socket.until(() => sum() === 10);
    expect(await socket.call("sub.ack", { handle, limit: 4 })).toEqual({ limit: 10, sent: 10 });
    expect(await socket.call("sub.ack", { handle, limit: 12 })).toMatchObject({ limit: 12 });
    await socket.until(() => sum() === 12);
    const { items } = await socket.call<{ items: { sent: number; lagBlocks: number }[] }>(
      "sub.list",
    );
    expect(items).toMatchObject([{ sent: 12, lagBlocks: 19 }]);
  });

  test("SUB-4: beats come without events, and tell where a filtered subscription stands", async () => {
    const socket = await harness.socket();
    await socket.login("bob");
    const { handle, cursor } = await open(socket, { topic: "txs", after: "head" });
    makeBlocks(2);
    await socket.until(({ method }) => method === "beat");
    const told = await socket.until(({ params }) => params?.handle === handle);
    expect(told.params).toMatchObject({ prev: cursor, items: [] });
    expect(told.params?.cursor).toBe(`${harness.node.head().height}.4294967295.4294967295`);
  });

  test("a cursor that is no longer kept, or ahead, is refused by name", async () => {
    makeBlocks(9);
    harness.node.lowest = 5;
    const socket = await harness.socket();
    const old = await socket.frame("sub.open", { topic: "blocks", after: "2.0.0" });
    expect(old.error?.data).toMatchObject({
      name: "CURSOR_EXPIRED",
      retry: "resync",
      oldestCursor: "4.4294967295.4294967295",
    });
    const from = await open(socket, {
      topic: "blocks",
      after: String(old.error?.data.oldestCursor),
    });
    const event = await socket.until(({ params }) => params?.handle === from.handle);
    expect((event.params as { items: BlockItem[] } | undefined)?.items[0]?.header.height).toBe(5);
    const ahead = await socket.frame("sub.open", { topic: "blocks", after: "99.0.0" });
    expect(ahead.error?.data).toMatchObject({ name: "NOT_FOUND", headHeight: 10 });
  });

  test("SUB-5: a subscription whose blocks are pruned while it waits is ended by name", async () => {
    makeBlocks(9);
    const socket = await harness.socket();
    const { handle } = await open(socket, { topic: "blocks", after: "genesis", limit: 1 });
    await socket.until(({ params }) => params?.handle === handle);
    harness.node.lowest = 8;
    await socket.call("sub.ack", { handle, limit: 50 });
    const closed = await socket.until(({ method }) => method === "sub.closed");
    expect(closed.params).toMatchObject({
      handle,
      cursor: "1.4294967295.4294967295",
      error: { data: { name: "CURSOR_EXPIRED" } },
    });
  });

  test("a socket holds a bounded number of subscriptions", async () => {
    const small = await startHarness({ listener, limits: { subscriptionsPerSocketMax: 2 } });
    const socket = await small.socket();
    await open(socket, { topic: "blocks", after: "head" });
    await open(socket, { topic: "blocks", after: "head" });
    const third = await socket.frame("sub.open", { topic: "blocks", after: "head" });
    expect(third.error?.data).toMatchObject({ name: "TOO_MANY", max: 2 });
    await small.close();
  });

  test("GAT-1: a reader that does not read holds up nobody, and misses nothing", async () => {
    // 100 x 150 headers are more than the operating system keeps for a socket.
    const subscriptions = 100;
    makeBlocks(150);
    const slow = await harness.socket();
    slow.raw.pause();
    for (let i = 0; i < subscriptions; i++) {
      const params = { topic: "blocks", after: "genesis", limit: 100_000 };
      slow.send(JSON.stringify({ jsonrpc: "2.0", id: `s${i}`, method: "sub.open", params }));
    }
    const quick = await harness.socket();
    const { handle } = await open(quick, { topic: "blocks", after: "head" });
    makeBlocks(20);
    const heightsOf = (socket: RawSocket, own: number) =>
      eventsOf(socket, own).flatMap(({ items }) => items.map((item) => item.header?.height));
    await quick.until(() => heightsOf(quick, handle).length === 20);
    expect(heightsOf(quick, handle)).toEqual(Array.from({ length: 20 }, (_, i) => 152 + i));
    expect(harness.node.blocksRead).toBeLessThan(subscriptions * 171);
    slow.raw.resume();
    for (let i = 0; i < subscriptions; i++) {
      const { result } = await slow.until((frame) => frame.id === `s${i}`);
      const own = Number(result?.handle);
      await slow.until(() => heightsOf(slow, own).at(-1) === 171);
      expect(heightsOf(slow, own)).toEqual(Array.from({ length: 171 }, (_, n) => n + 1));
    }
    expect(harness.node.blocksRead).toBeGreaterThanOrEqual(subscriptions * 171);
  });

  test("SDK-3: the SDK goes on through dropped connections without gap or repetition", async () => {
    const sockets: WebSocket[] = [];
    class Watched extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    const client = await connect({
      url: harness.gateway.wsUrl,
      webSocket: Watched,
      login: walletOf("alice"),
      backoffMinMs: 1,
      backoffMaxMs: 5,
    });
    clients.push(client);
    const subscription = client.subscribe("txs", { after: "genesis", window: 8 });
    const seen: string[] = [];
    const expected: string[] = [];
    for (let nonce = 1n; nonce <= 40n; nonce++) {
      makePayments(nonce);
      for (const [from, to] of [
        ["alice", "bob"],
        ["carol", "alice"],
      ] as const) {
        expected.push(payment(from, to, { nonce }).txId);
      }
      if (nonce % 7n === 0n) sockets.at(-1)?.terminate();
      const { value, done } = await subscription.next();
      expect(done).toBe(false);
      seen.push((value as { txId: string }).txId);
    }
    for await (const item of subscription) {
      seen.push(item.txId);
      if (seen.length === expected.length) break;
    }
    expect(seen).toEqual(expected);
    expect(sockets.length).toBeGreaterThan(4);
    // Where it stopped, another one goes on.
    makePayments(41n);
    const rest = client.subscribe("txs", { after: subscription.cursor });
    const { value } = await rest.next();
    expect((value as { txId: string }).txId).toBe(payment("alice", "bob", { nonce: 41n }).txId);
    rest.close();
  });

  test("the SDK's subscription ends with its signal, and with an error of the node", async () => {
    const client = await connect({ url: harness.gateway.httpUrl, webSocket: WebSocket });
    clients.push(client);
    const stop = new AbortController();
    const blocks = client.subscribe("blocks", { after: "head", signal: stop.signal });
    const waiting = blocks.next();
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(await blocks.next()).toEqual({ done: true, value: undefined });
    const forbidden = client.subscribe("txs", { after: "head" });
    await expect(forbidden.next()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
