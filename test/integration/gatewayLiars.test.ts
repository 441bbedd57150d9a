// Goal: the SDK survives nodes that say nothing, something wrong, or leave things out. Method: a server
// of the test's own that plays such a node.
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { connect, type FondacoClient } from "../../src/client/index.js";
import { startHarness, walletOf } from "../support/gatewayHarness.js";

type Message = {
  readonly id: number;
  readonly method: string;
  readonly params: { after?: string };
};

describe("the SDK and a lying node", () => {
  let server: WebSocketServer;
  let hello: Record<string, unknown>;
  let client: FondacoClient | undefined;
  let answer: (message: Message, socket: WebSocket) => void;

  beforeEach(async () => {
    const harness = await startHarness({ listener: "ws" });
    hello = { ...(await harness.socket()).hello };
    await harness.close();
    answer = () => {};
    server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    server.on("connection", (socket) => {
      socket.send(JSON.stringify({ jsonrpc: "2.0", method: "hello", params: hello }));
      socket.on("message", (data) => answer(JSON.parse(String(data)) as Message, socket));
    });
    await new Promise<void>((resolve) => server.once("listening", resolve));
  });
  afterEach(() => {
    client?.close();
    client = undefined;
    for (const socket of server.clients) socket.terminate();
    server.close();
  });

  const open = (options: object = {}) =>
    connect({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      webSocket: WebSocket,
      backoffMinMs: 1,
      backoffMaxMs: 5,
      timeoutMs: 300,
      ...options,
    });

  test("a hello without its fields, or with a short nonce, is no session", async () => {
    const good = hello;
    for (const wrong of [{}, { ...good, nonce: "AAAA" }, { ...good, genesisHash: "xy" }]) {
      hello = wrong;
      await expect(open({ login: walletOf("alice") })).rejects.toMatchObject({ code: "TIMEOUT" });
    }
  });

  test("SDK-1: no answer is a TIMEOUT, an unknown error a PROTOCOL error", async () => {
    client = await open();
    await expect(client.call("node.info", {})).rejects.toMatchObject({ code: "TIMEOUT" });
    answer = ({ id }, socket) =>
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -1, message: "odd" } }));
    await expect(client.call("node.info", {})).rejects.toMatchObject({ code: "PROTOCOL" });
    answer = (_message, socket) => socket.send("not JSON");
    await expect(client.call("node.info", {})).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  test("SDK-3, SUB-2: where items are missing, it opens again after what it has", async () => {
    const place = (height: number) => `${height}.4294967295.4294967295`;
    const header = (height: number) => ({ height, blockId: "00".repeat(32) });
    const opened: string[] = [];
    answer = ({ id, method, params }, socket) => {
      if (method !== "sub.open") {
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: {} }));
        return;
      }
      opened.push(String(params.after));
      const after = params.after === "genesis" ? 0 : Number(String(params.after).split(".")[0]);
      const handle = opened.length;
      const say = (message: object) => socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
      say({ id, result: { handle, cursor: place(after), limit: 512, head: place(9) } });
      const event = (from: number, height: number) => {
        const item = { cursor: place(height), header: { ...fullHeader, ...header(height) } };
        const sent = { handle, prev: place(from), cursor: place(height), items: [item] };
        say({ method: "sub.event", params: sent });
      };
      event(after, after + 1);
      // The first time, one item is left out.
      if (handle === 1) event(after + 2, after + 3);
      else event(after + 1, after + 2);
    };
    client = await open();
    const heights: number[] = [];
    for await (const item of client.subscribe("blocks", { after: "genesis" })) {
      heights.push(item.header.height);
      if (heights.length === 3) break;
    }
    expect(heights).toEqual([1, 2, 3]);
    expect(opened).toEqual(["genesis", place(1)]);
  });
});

const zero = "00".repeat(32);
const fullHeader = {
  parentId: zero,
  epoch: 0,
  view: 1,
  parentView: 0,
  proposer: 0,
  timeMs: 1,
  transactionCount: 0,
  cutRoot: zero,
  parentResult: zero,
  historyRoot: zero,
  flags: 0,
  resultHash: zero,
  encoded: "",
};
