// Goal: whatever arrives gets its named error, the connection survives unless the protocol itself was
// broken, and the node never fails by a bug. Method: one table of faults on both listeners, then a
// short fuzz of requests and of bytes.
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { METHOD_NAMES } from "../../src/api/index.js";
import { LIMITS } from "../../src/base/limits.js";
import { START_MS, textOf } from "../support/fakeNetwork.js";
import { type Harness, type RawSocket, startHarness } from "../support/gatewayHarness.js";
import { payment } from "../support/payments.js";

const request = (method: string, params?: unknown) => ({ jsonrpc: "2.0", id: 1, method, params });
const hash = "ab".repeat(32);

/** Text, and the name and path of the error that answers it. */
const FAULTS: readonly (readonly [string, string, string?])[] = [
  ["{", "PARSE_ERROR"],
  ["", "PARSE_ERROR"],
  ['"text"', "INVALID_REQUEST"],
  ["null", "INVALID_REQUEST"],
  ["[]", "INVALID_REQUEST"],
  ["{}", "INVALID_REQUEST"],
  [JSON.stringify({ id: 1, method: "chain.head" }), "INVALID_REQUEST"],
  [JSON.stringify({ jsonrpc: "1.0", id: 1, method: "chain.head" }), "INVALID_REQUEST"],
  [JSON.stringify({ ...request("chain.head"), id: { a: 1 } }), "INVALID_REQUEST"],
  [JSON.stringify({ ...request("chain.head"), id: "x".repeat(200) }), "INVALID_REQUEST"],
  [JSON.stringify({ ...request("chain.head"), extra: 1 }), "INVALID_REQUEST"],
  [JSON.stringify(request("chain.tail")), "METHOD_NOT_FOUND"],
  [JSON.stringify(request("__proto__")), "METHOD_NOT_FOUND"],
  [JSON.stringify(request("chain.head", [])), "INVALID_PARAMS", "/"],
  [JSON.stringify(request("chain.head", { unknown: 1 })), "INVALID_PARAMS", "/"],
  [JSON.stringify(request("chain.block", { height: "7" })), "INVALID_PARAMS", "/height"],
  [JSON.stringify(request("chain.block", { height: -1 })), "INVALID_PARAMS", "/height"],
  [JSON.stringify(request("chain.block", { height: 1.5 })), "INVALID_PARAMS", "/height"],
  [JSON.stringify(request("chain.block", {})), "INVALID_PARAMS", "/"],
  [JSON.stringify(request("chain.block", { height: 1, blockId: hash })), "INVALID_PARAMS", "/"],
  [JSON.stringify(request("chain.block", { height: 1, include: ["all"] })), "INVALID_PARAMS"],
  [JSON.stringify(request("chain.block", { blockId: hash.toUpperCase() })), "INVALID_PARAMS"],
  [JSON.stringify(request("chain.block", { height: 99 })), "NOT_FOUND"],
  [JSON.stringify(request("chain.block", { blockId: hash })), "NOT_FOUND"],
  [JSON.stringify(request("chain.certificate", { height: 99 })), "NOT_FOUND"],
  [JSON.stringify(request("asset.get", { asset: "XYZ" })), "NOT_FOUND"],
  [JSON.stringify(request("account.get", { account: "fa1qqqq" })), "INVALID_PARAMS", "/account"],
  [
    JSON.stringify(request("account.get", { account: `${textOf("bob").slice(0, -1)}q` })),
    "INVALID_PARAMS",
    "/account",
  ],
  [JSON.stringify(request("tx.get", { txId: hash })), "NOT_FOUND"],
  [JSON.stringify(request("tx.status", { txIds: [] })), "INVALID_PARAMS", "/txIds"],
  [JSON.stringify(request("tx.status", { txIds: [hash, 5] })), "INVALID_PARAMS", "/txIds/1"],
  [JSON.stringify(request("tx.submit", { tx: "%%%" })), "INVALID_PARAMS", "/tx"],
  [JSON.stringify(request("tx.submit", { tx: "AB" })), "INVALID_PARAMS", "/tx"],
  [JSON.stringify(request("tx.submit", { tx: "AAAA" })), "MALFORMED_TX"],
  [JSON.stringify(request("tx.simulate", { tx: "AAAA" })), "MALFORMED_TX"],
  [JSON.stringify(request("tx.submit", { tx: "AAAA", wait: "soon" })), "INVALID_PARAMS", "/wait"],
  [
    JSON.stringify(request("tx.submit", { tx: "AAAA", timeoutMs: 99_999 })),
    "INVALID_PARAMS",
    "/timeoutMs",
  ],
  [JSON.stringify(request("sub.open", { topic: "mempool", after: "head" })), "INVALID_PARAMS"],
  [JSON.stringify(request("sub.open", { topic: "blocks" })), "INVALID_PARAMS"],
  [JSON.stringify(request("sub.open", { topic: "blocks", after: "007.1.1" })), "INVALID_PARAMS"],
  [JSON.stringify(request("sub.open", { topic: "account", after: "head" })), "INVALID_PARAMS"],
  [JSON.stringify(request("sub.ack", { handle: 77, limit: 1 })), "UNKNOWN_SUBSCRIPTION"],
  [JSON.stringify(request("sub.close", { handle: 77 })), "UNKNOWN_SUBSCRIPTION"],
  [
    JSON.stringify(
      request("account.history", { account: textOf("alice"), cursor: "1.99999999999.0" }),
    ),
    "INVALID_PARAMS",
  ],
];

describe.each(["uws", "ws"] as const)("faults over %s", (listener) => {
  let harness: Harness;
  let socket: RawSocket;

  beforeAll(async () => {
    harness = await startHarness({ listener, mode: "open" });
    socket = await harness.socket();
  });
  afterAll(() => harness.close());
  afterEach(() => expect(harness.errors).toEqual([]));

  async function failureOf(text: string) {
    const before = socket.frames.length;
    socket.send(text);
    const frame = await socket.until((item) => socket.frames.indexOf(item) >= before);
    return frame.error;
  }

  const faults = FAULTS.map(([text, name, path]) => ({ text, name, path }));
  test.each(faults)("$text is answered with $name", async ({ text, name, path }) => {
    const error = await failureOf(text);
    expect(error?.data.name).toBe(name);
    if (path !== undefined) expect(error?.data.path).toBe(path);
    expect(error?.data.retry).toBeTypeOf("string");
    expect(error?.data.requestId).toMatch(/^s\d+-\d+$/);
    expect(await socket.call("node.info")).toHaveProperty("networkName");
  });

  test("API-1, GAT-5: parameters are never repeated in an answer", async () => {
    const secret = "correct-horse-battery-staple";
    for (const params of [
      { [secret]: 1 },
      { height: secret },
      { blockId: secret },
      { include: [secret] },
    ]) {
      const error = await failureOf(JSON.stringify(request("chain.block", params)));
      expect(JSON.stringify(error)).not.toContain(secret);
    }
    expect(JSON.stringify(await failureOf(`{"${secret}`))).not.toContain(secret);
    expect(JSON.stringify(await failureOf(JSON.stringify(request(secret))))).not.toContain(secret);
  });

  test("refusals of the node keep their names", async () => {
    const foreign = payment("alice", "bob", { genesisHash: new Uint8Array(32).fill(7) });
    const late = payment("alice", "bob", { validUntilMs: START_MS });
    const forged = payment("alice", "bob").bytes.slice();
    forged[forged.length - 2]! ^= 1;
    const cases = [
      [foreign.text, "WRONG_CHAIN", "never"],
      [late.text, "EXPIRED", "rebuild"],
      [Buffer.from(forged).toString("base64url"), "BAD_SIGNATURE", "never"],
    ] as const;
    for (const [tx, name, retry] of cases) {
      const error = await failureOf(JSON.stringify(request("tx.submit", { tx })));
      expect(error?.data).toMatchObject({ name, retry });
    }
    for (const code of ["OVERLOADED", "NOT_READY"] as const) {
      harness.node.refusal = { code, message: "Not now.", retryAfterMs: 321 };
      const tx = payment("alice", "bob").text;
      const error = await failureOf(JSON.stringify(request("tx.submit", { tx })));
      expect(error?.data).toMatchObject({ name: code, retry: "after", retryAfterMs: 321 });
    }
    harness.node.refusal = undefined;
  });

  test("API-5: a wait that runs out is no failure: the transaction is pending", async () => {
    const { text, txId } = payment("alice", "bob");
    const error = await failureOf(JSON.stringify(request("tx.submit", { tx: text, timeoutMs: 1 })));
    expect(error?.data).toMatchObject({
      name: "WAIT_TIMEOUT",
      retry: "same-bytes",
      txId,
      status: "received",
    });
    expect(harness.node.watching).toBe(0);
    harness.node.expire();
    expect(await socket.call("tx.submit", { tx: text })).toMatchObject({ status: "expired" });
  });

  test("heights that are not kept are PRUNED, with where to begin", async () => {
    for (let i = 0; i < 5; i++) harness.node.finalise();
    harness.node.lowest = 4;
    for (const method of ["chain.block", "chain.certificate"]) {
      const error = await failureOf(JSON.stringify(request(method, { height: 2 })));
      expect(error?.data).toMatchObject({ name: "PRUNED", retry: "elsewhere", oldestHeight: 4 });
    }
    const listed = await failureOf(JSON.stringify(request("chain.blocks", { from: 1 })));
    expect(listed?.data).toMatchObject({ name: "PRUNED", oldestHeight: 4 });
    harness.node.lowest = 1;
  });

  test("batches are answered in order, each by itself, and bounded", async () => {
    const batch = [
      { jsonrpc: "2.0", id: "a", method: "node.info" },
      { jsonrpc: "2.0", id: "b", method: "nothing" },
      { jsonrpc: "2.0", method: "node.info" },
      5,
    ];
    const response = await harness.post(JSON.stringify(batch));
    const answers = (await response.json()) as { id: unknown; error?: { data: object } }[];
    expect(answers.map(({ id }) => id)).toEqual(["a", "b", null]);
    expect(answers[1]?.error?.data).toMatchObject({ name: "METHOD_NOT_FOUND" });
    const long = Array.from({ length: LIMITS.rpcBatchMax + 1 }, () => request("node.info"));
    const error = await failureOf(JSON.stringify(long));
    expect(error?.data).toMatchObject({ name: "TOO_LARGE", max: LIMITS.rpcBatchMax });
    const silent = await harness.post(JSON.stringify({ jsonrpc: "2.0", method: "node.info" }));
    expect(silent.status).toBe(204);
  });

  test("GAT-3: a message a little too large is named; one far too large closes the socket", async () => {
    const padded = (sizeBytes: number) =>
      JSON.stringify(request("search", { text: "x".repeat(sizeBytes) }));
    const error = await failureOf(padded(LIMITS.rpcMessageSizeBytesMax));
    expect(error?.data).toMatchObject({ name: "TOO_LARGE", max: LIMITS.rpcMessageSizeBytesMax });
    const other = await harness.socket();
    other.send(padded(LIMITS.rpcMessageSizeBytesMax + 2 * LIMITS.rpcMessageSlackSizeBytes));
    // uWebSockets.js drops the connection without a word, ws says 1009.
    expect([1006, 1009]).toContain((await other.closed).code);
    const response = await harness.post(padded(LIMITS.rpcMessageSizeBytesMax));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { data: { name: "TOO_LARGE" } } });
  });

  test("a binary frame breaks the protocol: 4001", async () => {
    const other = await harness.socket();
    other.raw.send(Buffer.from([1, 2, 3]));
    expect(await other.closed).toMatchObject({ code: 4001 });
  });

  test("GAT-2: requests of one socket are bounded, and what was taken is answered", async () => {
    const small = await startHarness({
      listener,
      mode: "open",
      limits: { outstandingPerSocketMax: 3 },
    });
    const other = await small.socket();
    const waiting = [1n, 2n, 3n].map((nonce) =>
      other.call("tx.submit", { tx: payment("alice", "bob", { nonce }).text }),
    );
    await expect.poll(() => small.node.watching).toBe(3);
    const refused = await other.frame("node.info");
    expect(refused.error?.data).toMatchObject({ name: "OVERLOADED", retry: "after" });
    expect(refused.error?.data.retryAfterMs).toBeTypeOf("number");
    small.node.finalise();
    expect(await Promise.all(waiting)).toMatchObject([
      { outcome: "applied" },
      { outcome: "applied" },
      { outcome: "applied" },
    ]);
    expect(await other.call("node.info")).toHaveProperty("networkName");
    await small.close();
  });

  test("GAT-2: transactions that are awaited are bounded; what is refused was not taken", async () => {
    const small = await startHarness({ listener, mode: "open", limits: { followedMax: 2 } });
    const other = await small.socket();
    const txs = [1n, 2n, 3n].map((nonce) => payment("alice", "bob", { nonce }));
    const answered = other.call<{ items: object[] }>("tx.submitMany", {
      txs: txs.map(({ text }) => text),
    });
    await expect.poll(() => small.node.watching).toBe(2);
    expect(small.node.stateOf(txs[2]!.made.txId).status).toBe("unknown");
    small.node.finalise();
    expect((await answered).items).toMatchObject([
      { outcome: "applied" },
      { outcome: "applied" },
      { error: { data: { name: "OVERLOADED", retry: "after" } } },
    ]);
    expect(await other.call("tx.submit", { tx: txs[2]!.text, wait: "none" })).toMatchObject({
      status: "received",
    });
    await small.close();
  });

  test("a client that leaves takes its waits along", async () => {
    const other = await harness.socket();
    void other
      .call("tx.submit", { tx: payment("alice", "bob", { nonce: 9n }).text })
      .catch(() => {});
    await expect.poll(() => harness.node.watching).toBe(1);
    other.terminate();
    await expect.poll(() => harness.node.watching).toBe(0);
  });

  test("GAT-4: sockets are bounded, and other hosts and origins are refused", async () => {
    const small = await startHarness({
      listener,
      limits: { socketsMax: 1 },
      hosts: ["ledger.example"],
      origins: ["https://shop.example"],
    });
    const headers = (host: string, origin?: string) => ({
      headers: { host, ...(origin === undefined ? {} : { origin }) },
    });
    const { port, httpUrl } = small.gateway;
    await expect(small.socket(headers(`evil.example:${port}`))).rejects.toThrow("421");
    await expect(small.socket(headers(`127.0.0.1:${port + 1}`))).rejects.toThrow("421");
    await expect(
      small.socket(headers(`localhost:${port}`, "https://evil.example")),
    ).rejects.toThrow("403");
    const first = await small.socket(headers("ledger.example", "https://shop.example"));
    await expect(small.socket()).rejects.toThrow("503");
    first.terminate();
    await expect
      .poll(() =>
        small.socket(headers(`localhost:${port}`, httpUrl)).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    const rebound = await fetch(`${httpUrl}/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: "http://evil.example" },
      body: "{}",
    });
    expect(rebound.status).toBe(403);
    await small.close();
  });

  test("/rpc takes JSON by POST and nothing else", async () => {
    const { httpUrl } = harness.gateway;
    expect((await fetch(`${httpUrl}/rpc`)).status).toBe(405);
    expect((await harness.post("{}", { "content-type": "text/plain" })).status).toBe(415);
    expect((await harness.post(new Uint8Array([0xff, 0xfe]))).status).toBe(400);
    expect((await fetch(`${httpUrl}/ws`)).status).toBe(426);
    const needsSocket = await harness.post(JSON.stringify(request("sub.list")));
    expect(await needsSocket.json()).toMatchObject({ error: { data: { name: "NEEDS_SOCKET" } } });
  });

  test("a taken port is one sentence", async () => {
    const { port } = harness.gateway;
    await expect(startHarness({ listener, port })).rejects.toMatchObject({
      code: "PORT_TAKEN",
      message: `Port ${port} on 127.0.0.1 is in use or not allowed: stop what holds it, or choose another port.`,
    });
  });

  test("any JSON gets an answer with a name", async () => {
    const params = fc.dictionary(
      fc.constantFrom(
        "height",
        "tx",
        "txIds",
        "account",
        "topic",
        "after",
        "limit",
        "include",
        "x",
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom("head", "genesis", "1.2.3", textOf("bob"), hash)),
    );
    const requests = fc.record({
      jsonrpc: fc.constant("2.0"),
      id: fc.integer(),
      method: fc.constantFrom(...METHOD_NAMES),
      params,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: requests }, fc.jsonValue()),
        async (value) => {
          const response = await harness.post(JSON.stringify(value));
          expect([200, 204]).toContain(response.status);
          if (response.status === 204) return;
          const answers = [(await response.json()) as object].flat();
          for (const answer of answers) {
            if ("result" in answer) continue;
            expect(answer).toMatchObject({
              error: { data: { name: expect.stringMatching(/^[A-Z_]+$/) } },
            });
            expect(answer).not.toMatchObject({ error: { data: { name: "INTERNAL_ERROR" } } });
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("any bytes instead of a transaction get an answer with a name", async () => {
    const good = payment("alice", "bob", { nonce: 77n }).bytes;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const changed = good.slice();
        changed[at]! ^= mask;
        return changed;
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (value) => {
        const tx = Buffer.from(value).toString("base64url");
        const frame = await socket.frame("tx.simulate", { tx });
        expect(frame.error?.data.name ?? "answered").not.toBe("INTERNAL_ERROR");
      }),
      { numRuns: 60 },
    );
  });
});
