// Goal: who sends bodies slowly on many connections fills up no memory, and takes room from others
// only as long as it goes on. Method: a bare connection that never ends its body, then others.
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Harness, startHarness } from "../support/gatewayHarness.js";

const MAX = 400_000;
const INFO = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "node.info" });
const large = INFO + " ".repeat(MAX / 2);

describe.each(["uws", "ws"] as const)("bodies over %s", (listener) => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await startHarness({ listener, limits: { httpBodiesSizeBytesMax: MAX } });
  });
  afterEach(() => harness.close());

  /** A request whose body stops one byte before its end; the gateway has read what there is. */
  async function startSlowly(sizeBytes: number) {
    const { host, port } = harness.gateway;
    const socket = connect({ host, port });
    await once(socket, "connect");
    const text =
      `POST /rpc HTTP/1.1\r\nhost: ${host}:${port}\r\ncontent-type: application/json\r\n` +
      `content-length: ${sizeBytes + 1}\r\n\r\n${" ".repeat(sizeBytes)}`;
    await new Promise<void>((resolve) => socket.write(text, () => resolve()));
    // What is asked after the last byte left is answered after it was read: the next large body
    // would else take the room, and this one be refused.
    for (let i = 0; i < 3; i++) await (await harness.post(INFO)).json();
    return socket;
  }

  /** Status of a request of `body`, asked again until it is `status`. */
  async function untilStatus(body: string, status: number) {
    for (;;) {
      const response = await harness.post(body).catch(() => undefined);
      if (response?.status === status) return response;
    }
  }

  test("GAT-2: above the limit of all bodies a request is OVERLOADED, and small ones pass", async () => {
    const slow = await startSlowly(MAX - 50_000);
    const refused = await untilStatus(large, 503);
    expect(await refused.json()).toMatchObject({
      error: { data: { name: "OVERLOADED", retry: "after" } },
    });
    expect((await harness.post(INFO)).status).toBe(200);
    slow.destroy();
    expect((await untilStatus(large, 200)).status).toBe(200);
  });

  test("GAT-2: while slow bodies take all room, small ones that come in one piece are answered", async () => {
    const slow = await startSlowly(MAX);
    await untilStatus(INFO + " ".repeat(20_000), 503);
    for (let i = 0; i < 3; i++) expect((await harness.post(INFO)).status).toBe(200);
    slow.destroy();
  });

  test("what was answered takes no room", async () => {
    for (let i = 0; i < 5; i++) expect((await harness.post(large)).status).toBe(200);
    expect(harness.errors).toEqual([]);
  });
});
