// Goal: every method answers what the contract says, on both listeners. Method: a gateway over the
// fake node on a free port of 127.0.0.1, a real socket, results checked against their schemas.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bytesFromText,
  checkResult,
  METHOD_NAMES,
  type MethodName,
  type ResultOf,
} from "../../src/api/index.js";
import { toHex } from "../../src/base/bytes.js";
import { nobleBatchVerifier, nobleHasher } from "../../src/crypto/noble/index.js";
import { verifyProofFile } from "../../src/proofs/index.js";
import { genesisHash, START_MS, textOf } from "../support/fakeNetwork.js";
import { type Harness, type RawSocket, startHarness } from "../support/gatewayHarness.js";
import { payment } from "../support/payments.js";

const tools = { hasher: nobleHasher, batchVerifier: nobleBatchVerifier };

describe.each(["uws", "ws"] as const)("methods over %s", (listener) => {
  let harness: Harness;
  let socket: RawSocket;
  const called = new Set<MethodName>();

  /** Calls a method and holds its result against the contract. */
  async function call<M extends MethodName>(method: M, params: object = {}): Promise<ResultOf<M>> {
    called.add(method);
    const result = await socket.call<ResultOf<M>>(method, params);
    const checked = checkResult(method, result);
    expect(checked.ok ? "" : checked.message).toBe("");
    return result;
  }

  beforeAll(async () => {
    harness = await startHarness({ listener });
    harness.node.isAutomatic = true;
    socket = await harness.socket();
    await socket.login("alice");
    called.add("auth.login");
  });
  afterAll(() => harness.close());

  test("the listener that was asked for is used, on loopback", () => {
    expect(harness.gateway.listener).toBe(listener);
    expect(harness.gateway.host).toBe("127.0.0.1");
  });

  test("tx.submit waits for the final answer, with receipt and proof", async () => {
    const { text, txId } = payment("alice", "bob");
    const result = await call("tx.submit", { tx: text, wait: "final", receipt: "proof" });
    expect(result).toMatchObject({
      txId,
      status: "final",
      outcome: "applied",
      code: 0,
      codeName: "APPLIED",
      index: 1,
      duplicate: false,
    });
    expect(result.events?.map(({ name }) => name)).toEqual(["payment.sent"]);
    expect(result.events?.[0]?.fields).toMatchObject({ amount: "1250", balance: "98750" });
    const judged = verifyProofFile(bytesFromText(result.proof ?? "")!, genesisHash, tools);
    expect(judged.valid ? judged.verdict.claims[0]?.kind : judged.reason).toBe("receipt");

    const again = await call("tx.submit", { tx: text });
    expect(again).toMatchObject({ txId, status: "final", duplicate: true });
  });

  test("tx.submit answers at once, or when admitted", async () => {
    harness.node.isAutomatic = false;
    const { text } = payment("alice", "bob", { nonce: 2n });
    expect(await call("tx.submit", { tx: text, wait: "none" })).toMatchObject({
      status: "received",
      duplicate: false,
    });
    const admitted = call("tx.submit", { tx: text, wait: "admitted" });
    await expect.poll(() => harness.node.watching).toBe(1);
    harness.node.admit();
    expect(await admitted).toMatchObject({ status: "admitted", duplicate: true });
    harness.node.finalise();
    harness.node.isAutomatic = true;
    expect(harness.node.watching).toBe(0);
  });

  test("tx.submit says that a payment failed, and that one was voided", async () => {
    const { text } = payment("alice", "bob", { nonce: 3n, amount: 10_000_000n });
    expect(await call("tx.submit", { tx: text, receipt: "full" })).toMatchObject({
      status: "final",
      outcome: "failed",
      codeName: "INSUFFICIENT_BALANCE",
      receipt: { failedOperation: 0, eventCount: 0 },
    });
    const stranger = payment("alice", "bob", { nonce: 4n, signers: ["bob"] });
    expect(await call("tx.submit", { tx: stranger.text })).toMatchObject({
      status: "voided",
      outcome: "void",
      codeName: "NOT_AUTHORISED",
    });
  });

  test("tx.submitMany answers each by itself, in order", async () => {
    const calls = harness.node.submitCalls;
    const wrong = payment("alice", "bob", { genesisHash: new Uint8Array(32) });
    const txs = [5n, 6n].map((nonce) => payment("alice", "carol", { nonce }).text);
    const { items } = await call("tx.submitMany", { txs: [txs[0], wrong.text, txs[1]] });
    expect(items).toMatchObject([
      { status: "final", outcome: "applied" },
      { error: { data: { name: "WRONG_CHAIN", retry: "never" } } },
      { status: "final", outcome: "applied" },
    ]);
    expect(harness.node.submitCalls).toBe(calls + 1);
  });

  test("GAT-7: requests of one moment reach the node in one call", async () => {
    const calls = harness.node.submitCalls;
    const nonces = Array.from({ length: 20 }, (_, i) => BigInt(100 + i));
    const results = await Promise.all(
      nonces.map((nonce) => call("tx.submit", { tx: payment("alice", "carol", { nonce }).text })),
    );
    expect(results.every(({ outcome }) => outcome === "applied")).toBe(true);
    expect(harness.node.submitCalls - calls).toBeLessThan(20);
  });

  test("tx.get, tx.status and tx.simulate", async () => {
    const { txId, text } = payment("alice", "bob");
    const got = await call("tx.get", { txId, proof: true });
    expect(got).toMatchObject({ status: "final", bytes: text });
    expect(got.transaction?.operations[0]).toMatchObject({
      name: "transfer",
      fields: { to: textOf("bob"), amount: "1250", reference: null, paymentId: null },
    });
    const judged = verifyProofFile(bytesFromText(got.proof ?? "")!, genesisHash, tools);
    expect(judged.valid).toBe(true);
    const unknown = "ab".repeat(32);
    const { items } = await call("tx.status", { txIds: [txId, unknown] });
    expect(items.map(({ status }) => status)).toEqual(["final", "unknown"]);
    const before = harness.node.head().height;
    const next = payment("alice", "bob", { nonce: 500n });
    const simulated = await call("tx.simulate", { tx: next.text });
    expect(simulated.receipt).toMatchObject({ outcome: "applied", txId: next.txId });
    expect(simulated.events.map(({ name }) => name)).toEqual(["payment.sent"]);
    expect(harness.node.head().height).toBe(before);
    expect((await call("tx.status", { txIds: [next.txId] })).items[0]?.status).toBe("unknown");
  });

  test("account.get, with a proof that verifies", async () => {
    const result = await call("account.get", { account: textOf("alice"), proof: true });
    expect(result).toMatchObject({ organisation: 0, status: "active", roles: [] });
    expect(result.keyPolicy).toMatchObject({ threshold: 1, keys: [{ weight: 1 }] });
    expect(result.balances).toMatchObject([{ code: "EUR", scale: 2, authorised: true }]);
    const judged = verifyProofFile(bytesFromText(result.proof ?? "")!, genesisHash, tools);
    expect(judged.valid ? judged.verdict.claims[0]?.kind : judged.reason).toBe("rowPresent");
  });

  test("account.history pages in both directions over the same transactions", async () => {
    const account = textOf("alice");
    const whole = await call("account.history", { account, order: "ascending", limit: 200 });
    expect(whole.complete).toBe(true);
    for (const order of ["ascending", "descending"] as const) {
      const seen: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page: ResultOf<"account.history"> = await call("account.history", {
          account,
          order,
          limit: 7,
          ...(cursor === undefined ? {} : { cursor }),
        });
        seen.push(...page.items.map(({ txId }) => txId));
        cursor = page.next;
        expect(page.complete).toBe(cursor === null);
      }
      if (order === "descending") seen.reverse();
      expect(seen).toEqual(whole.items.map(({ txId }) => txId));
    }
  });

  test("account.nonce, of a used channel and of a new one", async () => {
    const account = textOf("alice");
    const used = await call("account.nonce", { account });
    expect(used).toMatchObject({ isOpen: true, channel: 0, highest: "119", next: "120" });
    const fresh = await call("account.nonce", { account, channel: 9 });
    expect(fresh).toMatchObject({ isOpen: false, highest: "0", next: "1" });
  });

  test("asset.get and asset.list", async () => {
    expect((await call("asset.get", { asset: "CHF" })).asset).toMatchObject({ asset: 1, scale: 2 });
    const first = await call("asset.list", { limit: 1 });
    expect(first).toMatchObject({ items: [{ code: "EUR" }], next: 0, complete: false });
    const second = await call("asset.list", { limit: 1, after: first.next });
    expect(second).toMatchObject({ items: [{ code: "CHF" }], next: null, complete: true });
  });

  test("chain.head, chain.block and chain.certificate", async () => {
    const { header, at } = await call("chain.head");
    expect(at.blockId).toBe(header.blockId);
    const own = (await call("tx.status", { txIds: [payment("alice", "bob").txId] })).items[0];
    const block = await call("chain.block", {
      height: own?.height,
      include: ["tx", "receipts", "certificate"],
    });
    expect(block.transactions).toEqual([
      { index: 1, txId: own?.txId, bytes: payment("alice", "bob").text },
    ]);
    expect(block.receipts).toHaveLength(2);
    expect(block.certificate).toMatchObject({ kind: "finalize", voters: [0, 1, 3] });
    const byId = await call("chain.block", { blockId: block.header.blockId });
    expect(byId.header).toEqual(block.header);
    const certificate = await call("chain.certificate", { height: header.height });
    expect(certificate.certificate).toMatchObject({
      blockId: header.blockId,
      resultHash: header.resultHash,
    });
  });

  test("API-3: chain.blocks pages in both directions", async () => {
    const head = harness.node.head().height;
    for (const order of ["ascending", "descending"] as const) {
      const heights: number[] = [];
      let next: number | null | undefined;
      while (next !== null) {
        const bound = order === "ascending" ? "from" : "to";
        const page: ResultOf<"chain.blocks"> = await call("chain.blocks", {
          order,
          limit: 4,
          ...(next === undefined ? {} : { [bound]: next }),
        });
        heights.push(...page.items.map(({ height }) => height));
        next = page.next;
      }
      const all = Array.from({ length: head }, (_, i) => i + 1);
      expect(heights).toEqual(order === "ascending" ? all : all.reverse());
    }
  });

  test("chain.validators, node.info, node.status and rpc.discover", async () => {
    const { items, quorum } = await call("chain.validators");
    expect(items.map(({ organisationCode }) => organisationCode)).toEqual([
      "NORD",
      "NORD",
      "SUED",
      "SUED",
    ]);
    expect(quorum).toBe(3);
    const info = await call("node.info");
    expect(info).toMatchObject({ networkName: "fake", genesisHash: toHex(genesisHash) });
    expect(info.parameters.maxBlockCost).toBe("1000000");
    const status = await call("node.status");
    expect(status.warnings).toEqual([{ code: "PEER_SILENT", message: "Validator 3 is silent." }]);
    expect(status.load.sockets).toBe(1);
    const document = await call("rpc.discover");
    expect((document.methods as { name: string }[]).map(({ name }) => name)).toEqual(METHOD_NAMES);
  });

  test("search knows heights, hashes, accounts, validators and assets", async () => {
    const find = async (text: string) =>
      (await call("search", { text })).items.map(({ kind, id }) => `${kind} ${id}`);
    const { header } = await call("chain.head");
    const { txId } = payment("alice", "bob");
    const { items } = await call("chain.validators");
    const validator = items[2]?.validatorId ?? "";
    expect(await find("1")).toEqual(["block 1"]);
    expect(await find("999999")).toEqual([]);
    expect(await find(header.blockId)).toEqual([`block ${header.height}`]);
    expect(await find(txId)).toEqual([`transaction ${txId}`]);
    expect(await find(textOf("carol"))).toEqual([`account ${textOf("carol")}`]);
    expect(await find(validator)).toEqual([`validator ${validator}`]);
    expect(await find("eur")).toEqual(["asset EUR"]);
    expect(await find("nothing of the kind")).toEqual([]);
  });

  test("subscriptions open, list and close", async () => {
    const opened = await call("sub.open", { topic: "blocks", after: "head" });
    harness.node.finalise();
    const event = await socket.until(
      ({ method, params }) => method === "sub.event" && params?.handle === opened.handle,
    );
    expect(event.params).toMatchObject({ prev: opened.cursor });
    expect(await call("sub.ack", { handle: opened.handle, limit: 5_000 })).toEqual({
      limit: 5_000,
      sent: 1,
    });
    const listed = await call("sub.list");
    expect(listed.items).toMatchObject([{ handle: opened.handle, topic: "blocks", lagBlocks: 0 }]);
    const closed = await call("sub.close", { handle: opened.handle });
    expect(closed.cursor).toBe(event.params?.cursor);
    expect((await call("sub.list")).items).toEqual([]);
  });

  test("by POST too, with the token of a login", async () => {
    const other = await harness.socket();
    const { token } = await other.login("alice");
    const request = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "account.get",
      params: { account: textOf("alice") },
    });
    const response = await harness.post(request, { authorization: `Bearer ${token}` });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: 1, result: { organisation: 0 } });
    const anonymous = (await (await harness.post(request)).json()) as { error: { data: object } };
    expect(anonymous.error.data).toMatchObject({ name: "UNAUTHENTICATED" });
    const forged = await harness.post(request, { authorization: `Bearer ${"A".repeat(43)}` });
    expect(forged.status).toBe(401);
  });

  test("every method of the contract was called, and none failed by a bug", () => {
    expect([...called].sort()).toEqual([...METHOD_NAMES].sort());
    expect(harness.errors).toEqual([]);
    expect(START_MS).toBeLessThan(harness.node.nowMs);
  });
});
