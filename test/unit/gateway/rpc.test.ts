// Goal: what is refused from its first characters gets the answer that it would get when read, and is
// answered with JSON whatever its id is. Method: the same texts with and without reading them.
import { describe, expect, test } from "vitest";
import { Caller } from "../../../src/gateway/caller.js";
import { type Handlers, Rpc } from "../../../src/gateway/rpc.js";
import { refusalError } from "../../../src/gateway/submissions.js";
import { silentLogger } from "../../../src/ports/logger.js";
import { silentMetrics } from "../../../src/ports/metrics.js";
import type { SubmitRefusal } from "../../../src/ports/nodeApi.js";

const refusal: SubmitRefusal = { code: "OVERLOADED", message: 'a "busy" node', retryAfterMs: 70 };

function rpcWith(requestsSizeBytesMax = 1_000_000, outstandingMax?: number) {
  const readers: (() => void)[] = [];
  const handlers = {
    "chain.blocks": () =>
      new Promise((resolve) => {
        readers.push(() => resolve({ read: true }));
      }),
    "tx.submitMany": () => {
      throw refusalError(refusal);
    },
  } as unknown as Handlers;
  const rpc = new Rpc({
    handlers,
    logger: silentLogger,
    metrics: silentMetrics,
    outstandingPerSocketMax: 10,
    requestsSizeBytesMax,
    ...(outstandingMax === undefined ? {} : { outstandingMax }),
    refusesAll: () => refusal,
    renew: async () => {},
    requireLogin: () => {},
  });
  return Object.assign(rpc, { readers });
}

const caller = new Caller("s1", undefined);
const params = '{"txs":["AAAA"]}';
const request = (id: string, rest = `"params":${params}}`) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tx.submitMany",${rest}`;

describe("a request that is refused unread", () => {
  test.each(["0", "7", "999999999999999", '"a-1"', '"0"', '"..:_"'])(
    "has the answer of one that was read: id %s",
    async (id) => {
      const unread = rpcWith().refuseUnread(request(id), caller);
      expect(unread).toBeDefined();
      const read = await rpcWith().answer(request(id), caller);
      expect(JSON.parse(unread as string)).toEqual(JSON.parse(read as string));
    },
  );

  test.each([
    "00",
    "007",
    "01",
    "1e3",
    "-1",
    "1.5",
    "9999999999999999",
    '"\\u0041"',
    '""',
    "null",
    "{}",
  ])("is left to the reader where its id %s is no plain one", (id) => {
    expect(rpcWith().refuseUnread(request(id), caller)).toBeUndefined();
  });

  test("an id with leading zeros is no JSON, and is told so", async () => {
    const answer = await rpcWith().answer(request("007"), caller);
    expect(JSON.parse(answer as string)).toMatchObject({
      id: null,
      error: { data: { name: "PARSE_ERROR" } },
    });
  });
});

test("requests that wait are bounded by the size of their texts, and their room comes back", async () => {
  const text = request("5");
  const rpc = rpcWith(text.length);
  const [first, second] = await Promise.all([rpc.answer(text, caller), rpc.answer(text, caller)]);
  expect(JSON.parse(first as string)).toMatchObject({ error: { message: refusal.message } });
  expect(JSON.parse(second as string)).toMatchObject({
    id: 5,
    error: { message: expect.stringContaining("too large requests wait") },
  });
  const third = await rpc.answer(text, caller);
  expect(JSON.parse(third as string)).toMatchObject({ error: { message: refusal.message } });
});

describe("GAT-2: who reads keeps nobody from paying", () => {
  const read = '{"jsonrpc":"2.0","id":1,"method":"chain.blocks"}';
  const overloaded = { error: { message: expect.stringContaining("requests wait") } };
  const ofNode = { error: { message: refusal.message } };

  test.each([
    ["texts", 4 * read.length, undefined],
    ["requests", 1_000_000, 4],
  ] as const)("half of all %s that wait may be of readers", async (_what, sizeBytes, count) => {
    const rpc = rpcWith(sizeBytes, count);
    const parsed = async (text: string) => JSON.parse((await rpc.answer(text, caller)) as string);
    const waiting = [parsed(read), parsed(read)];
    expect(await parsed(read)).toMatchObject(overloaded);
    expect(await parsed(`[${read}]`)).toMatchObject(
      count === undefined ? overloaded : [overloaded],
    );
    const pays = '{"jsonrpc":"2.0","id":2,"method":"tx.submitMany","params":{"txs":["AA"]}}';
    expect(pays.length).toBeLessThan(2 * read.length);
    expect(await parsed(pays)).toMatchObject(ofNode);
    expect(await parsed(pays)).toMatchObject(ofNode);
    for (const done of rpc.readers) done();
    expect(await Promise.all(waiting)).toMatchObject([{ result: { read: true } }, { id: 1 }]);
    const again = parsed(read);
    expect(rpc.readers).toHaveLength(3);
    rpc.readers[2]?.();
    expect(await again).toMatchObject({ result: { read: true } });
  });
});
