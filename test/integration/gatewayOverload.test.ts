// Goal: a node that is full refuses cheaply, by name and with a time, and is bounded in all it holds.
import { describe, expect, test } from "vitest";
import { startHarness } from "../support/gatewayHarness.js";
import { payment } from "../support/payments.js";

const FULL = { code: "OVERLOADED", message: "full", retryAfterMs: 70 } as const;
const refusedBy = (frame: { readonly error?: { readonly data: unknown } }) => frame.error?.data;

describe.each(["uws", "ws"] as const)("overload over %s", (listener) => {
  test("GAT-10: a full node refuses many transactions as one request, before it reads them", async () => {
    const harness = await startHarness({ listener, mode: "open" });
    const socket = await harness.socket();
    harness.node.refusal = FULL;
    const expected = { name: "OVERLOADED", retry: "after", retryAfterMs: 70 };
    const params = { txs: [payment("alice", "bob").text], wait: "final" };
    expect(refusedBy(await socket.frame("tx.submitMany", params))).toMatchObject(expected);
    // What is not written as usual is parsed first, and answered alike.
    socket.send(JSON.stringify({ id: 77, method: "tx.submitMany", params, jsonrpc: "2.0" }));
    const other = await socket.until(({ id }) => id === 77);
    expect(refusedBy(other)).toMatchObject(expected);
    // It is not even looked whether it is JSON.
    socket.send('{"jsonrpc":"2.0","id":78,"method":"tx.submitMany","params":{"txs":[');
    expect(refusedBy(await socket.until(({ id }) => id === 78))).toMatchObject(expected);
    expect(harness.node.submitCalls).toBe(0);
    // Only of many: one by itself may be known, and then it is a duplicate.
    await socket.frame("tx.submit", { tx: payment("alice", "bob").text });
    expect(harness.node.submitCalls).toBe(1);
    expect(await socket.call("node.info")).toHaveProperty("networkName");
    harness.node.refusal = undefined;
    harness.node.isAutomatic = true;
    expect(await socket.call("tx.submitMany", params)).toMatchObject({
      items: [{ outcome: "applied", duplicate: false }],
    });
    await harness.close();
  });

  test("GAT-2: texts of requests that wait for their answers are bounded together", async () => {
    const limits = { requestsSizeBytesMax: 3_000 };
    const harness = await startHarness({ listener, mode: "open", limits });
    const socket = await harness.socket();
    const many = (from: bigint) =>
      Array.from(
        { length: 5 },
        (_, i) => payment("alice", "bob", { nonce: from + BigInt(i) }).text,
      );
    const first = socket.frame("tx.submitMany", { txs: many(1n) });
    await expect.poll(() => harness.node.watching).toBe(5);
    const refused = await (await harness.socket()).frame("tx.submitMany", { txs: many(6n) });
    expect(refusedBy(refused)).toMatchObject({ name: "OVERLOADED", retry: "after" });
    expect(await socket.call("node.info")).toHaveProperty("networkName");
    harness.node.finalise();
    expect((await first).result).toBeDefined();
    const second = socket.frame("tx.submitMany", { txs: many(6n), wait: "none" });
    expect((await second).result).toMatchObject({
      items: [{ status: "received" }, {}, {}, {}, {}],
    });
    await harness.close();
  });
});

test("GAT-2: messages that never end are bounded together; a socket that holds most is closed (ws)", async () => {
  const limits = { messagesSizeBytesMax: 300_000 };
  const harness = await startHarness({ listener: "ws", mode: "open", limits });
  const calm = await harness.socket();
  // Whole messages count for nothing, however many they are.
  for (let i = 0; i < 8; i++) await calm.frame("node.info", { filler: "x".repeat(100_000) });
  const [first, second] = [await harness.socket(), await harness.socket()];
  const part = Buffer.alloc(200_000, "x");
  first.raw.send(part, { fin: false });
  second.raw.send(part, { fin: false });
  const ends = await Promise.race([first.closed, second.closed]);
  expect(ends.code).toBe(1006);
  expect(await calm.call("node.info")).toHaveProperty("networkName");
  await harness.close();
});

test("GAT-2: who holds unfinished messages, with pings between, locks nobody out (ws)", async () => {
  const limits = { messagesSizeBytesMax: 300_000 };
  const harness = await startHarness({ listener: "ws", mode: "open", limits });
  const [calm, holder] = [await harness.socket(), await harness.socket()];
  const part = Buffer.alloc(140_000, "x");
  const ponged = new Promise((resolve) => holder.raw.once("pong", resolve));
  holder.raw.send(part, { fin: false });
  holder.raw.ping("now");
  await ponged;
  holder.raw.send(part, { fin: false });
  const pongedAgain = new Promise((resolve) => holder.raw.once("pong", resolve));
  holder.raw.ping("then");
  await pongedAgain;
  await calm.frame("node.info", { filler: "x".repeat(100_000) });
  expect((await holder.closed).code).toBe(1006);
  expect(await calm.call("node.info")).toHaveProperty("networkName");
  await harness.close();
});
