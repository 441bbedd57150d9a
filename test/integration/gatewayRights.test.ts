// Goal: a key of one organisation reads nothing of another's, by no method; whoever is not logged in
// reads only what is public. Method: one table of requests about an account of NORD, asked by a key
// of SUED, by nobody, by an auditor, and of an open node.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesFromText, bytesToText } from "../../src/api/index.js";
import { toHex } from "../../src/base/bytes.js";
import { draft, operation, seal, signDraft } from "../../src/client/index.js";
import { nobleBatchVerifier, nobleHasher } from "../../src/crypto/noble/index.js";
import { NO_REFERENCE } from "../../src/declarations/fields.js";
import { verifyProofFile } from "../../src/proofs/index.js";
import { singleKeyPolicy } from "../../src/types/keyPolicy.js";
import { OUTCOME } from "../../src/types/receipt.js";
import { genesisHash, idOf, START_MS, signerOf, textOf } from "../support/fakeNetwork.js";
import { type Harness, type RawSocket, startHarness } from "../support/gatewayHarness.js";
import { payment } from "../support/payments.js";

interface Request {
  readonly what: string;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** What concerns NORD alone: a payment from alice to carol in block 2. */
const inner = payment("alice", "carol");
const next = payment("alice", "carol", { nonce: 2n });
const alice = textOf("alice");

const FOREIGN: readonly Request[] = [
  { what: "an account", method: "account.get", params: { account: alice } },
  { what: "its proof", method: "account.get", params: { account: alice, proof: true } },
  { what: "its history", method: "account.history", params: { account: alice } },
  { what: "its nonces", method: "account.nonce", params: { account: alice } },
  { what: "a transaction", method: "tx.get", params: { txId: inner.txId } },
  { what: "its proof", method: "tx.get", params: { txId: inner.txId, proof: true } },
  { what: "a simulation", method: "tx.simulate", params: { tx: next.text } },
  { what: "a receipt", method: "tx.submit", params: { tx: inner.text, receipt: "full" } },
  { what: "a proof", method: "tx.submit", params: { tx: inner.text, receipt: "proof" } },
  { what: "a block's content", method: "chain.block", params: { height: 2, include: ["tx"] } },
  {
    what: "a block's receipts",
    method: "chain.block",
    params: { height: 2, include: ["certificate", "receipts"] },
  },
  { what: "by search", method: "search", params: { text: alice } },
  {
    what: "by subscription to an account",
    method: "sub.open",
    params: { topic: "account", after: "genesis", accounts: [alice] },
  },
  {
    what: "by subscription to transactions",
    method: "sub.open",
    params: { topic: "txs", after: "genesis", accounts: [textOf("bob"), alice] },
  },
];

const PUBLIC: readonly Request[] = [
  { what: "a block", method: "chain.block", params: { height: 2, include: ["certificate"] } },
  { what: "headers", method: "chain.blocks", params: {} },
  { what: "a certificate", method: "chain.certificate", params: { height: 2 } },
  { what: "validators", method: "chain.validators", params: {} },
  { what: "assets", method: "asset.list", params: {} },
  { what: "a status", method: "tx.status", params: { txIds: [inner.txId] } },
  { what: "a search by hash", method: "search", params: { text: inner.txId } },
  { what: "blocks as they come", method: "sub.open", params: { topic: "blocks", after: "head" } },
];

async function outcomeOf(socket: RawSocket, { method, params }: Request): Promise<string> {
  const { error } = await socket.frame(method, params);
  return error === undefined ? "answered" : String(error.data.name);
}

describe.each(["uws", "ws"] as const)("rights over %s", (listener) => {
  let harness: Harness;
  let open: Harness;

  beforeAll(async () => {
    harness = await startHarness({ listener });
    open = await startHarness({ listener, mode: "open" });
    for (const { node } of [harness, open]) {
      node.submit([inner.bytes], () => {});
      node.finalise();
    }
  });
  afterAll(async () => {
    await harness.close();
    await open.close();
  });

  test("GAT-5: a key of another organisation gets FORBIDDEN", async () => {
    const socket = await harness.socket();
    expect((await socket.login("bob")).organisation).toBe(1);
    for (const request of FOREIGN) {
      expect([request.what, await outcomeOf(socket, request)]).toEqual([request.what, "FORBIDDEN"]);
    }
    expect((await socket.call("sub.list")) as object).toMatchObject({ items: [] });
  });

  test("whoever is not logged in gets UNAUTHENTICATED", async () => {
    const socket = await harness.socket();
    for (const request of FOREIGN) {
      expect([request.what, await outcomeOf(socket, request)]).toEqual([
        request.what,
        "UNAUTHENTICATED",
      ]);
    }
  });

  test("the own organisation, an auditor, and everybody on an open node are answered", async () => {
    const own = await harness.socket();
    await own.login("carol");
    const auditor = await harness.socket();
    expect((await auditor.login("audit")).isAuditor).toBe(true);
    const anyone = await open.socket();
    for (const request of FOREIGN.filter(({ params }) => !("accounts" in params))) {
      const { what } = request;
      expect([what, await outcomeOf(own, request)]).toEqual([what, "answered"]);
      expect([what, await outcomeOf(auditor, request)]).toEqual([what, "answered"]);
      expect([what, await outcomeOf(anyone, request)]).toEqual([what, "answered"]);
    }
  });

  test("what is public needs no login", async () => {
    const socket = await harness.socket();
    for (const request of PUBLIC) {
      const { what } = request;
      expect([what, await outcomeOf(socket, request)]).toEqual([what, "answered"]);
    }
  });

  test("a payment between organisations shows each side its own balance only", async () => {
    const both = payment("alice", "bob", { nonce: 3n });
    harness.node.submit([both.bytes], () => {});
    harness.node.finalise();
    const sides = { alice: "payment.sent", bob: "payment.received" } as const;
    for (const name of ["alice", "bob"] as const) {
      const socket = await harness.socket();
      await socket.login(name);
      const got = await socket.call<{ events: { name: string }[] }>("tx.get", { txId: both.txId });
      expect(got.events.map((event) => event.name)).toEqual([sides[name]]);
    }
  });

  test("a block with a void transaction of others shows neither its bytes nor its receipt", async () => {
    const unsigned = payment("alice", "carol", { nonce: 7n, signers: ["bob"] });
    harness.node.submit([unsigned.bytes], () => {});
    const { height, executed } = harness.node.finalise();
    expect(executed.map(({ receipt, accounts }) => [receipt.outcome, accounts.length])).toEqual([
      [OUTCOME.applied, 0],
      [OUTCOME.void, 0],
    ]);
    const socket = await harness.socket();
    await socket.login("bob");
    for (const part of ["tx", "receipts"]) {
      const request = { what: part, method: "chain.block", params: { height, include: [part] } };
      expect(await outcomeOf(socket, request)).toBe("FORBIDDEN");
    }
    const empty = harness.node.finalise().height;
    const request = {
      what: "an empty block",
      method: "chain.block",
      params: { height: empty, include: ["tx", "receipts"] },
    };
    expect(await outcomeOf(socket, request)).toBe("answered");
  });

  test("transactions without a filter are those of the own organisation", async () => {
    const socket = await harness.socket();
    await socket.login("bob");
    const { handle } = await socket.call<{ handle: number }>("sub.open", {
      topic: "txs",
      after: "genesis",
    });
    const event = await socket.until(({ params }) => params?.handle === handle);
    const items = (event.params?.items ?? []) as { txId: string; events: { name: string }[] }[];
    expect(items.map(({ txId }) => txId)).toEqual([payment("alice", "bob", { nonce: 3n }).txId]);
    expect(items[0]?.events.map(({ name }) => name)).toEqual(["payment.received"]);
  });

  test("GAT-9: a recipient of one payment sees neither the others nor the bytes", async () => {
    const pay = (to: "bob" | "carol") =>
      operation("transfer", {
        by: 0,
        to: idOf(to),
        asset: 0,
        amount: 1n,
        code: 0,
        reference: NO_REFERENCE,
        paymentId: undefined,
      });
    const made = draft({
      genesisHash,
      parties: [idOf("alice")],
      operations: [pay("carol"), pay("bob")],
      channel: 9,
      nonce: 1n,
      validUntilMs: START_MS + 3_600_000,
      salt: new Uint8Array(16),
    });
    const bytes = seal(made, [signDraft(made, idOf("alice"), signerOf("alice"))]);
    harness.node.submit([bytes], () => {});
    const { height } = harness.node.finalise();
    const txId = toHex(made.txId);
    interface Got {
      readonly bytes?: string;
      readonly transaction: { readonly operations: { readonly index: number }[] };
      readonly events: { readonly name: string; readonly blind: string }[];
    }
    const bob = await harness.socket();
    await bob.login("bob");
    const got = await bob.call<Got>("tx.get", { txId });
    expect(got.transaction.operations.map(({ index }) => index)).toEqual([1]);
    expect(got.events.map(({ name }) => name)).toEqual(["payment.received"]);
    expect(got.events[0]?.blind).not.toBe("00".repeat(16));
    expect(JSON.stringify(got)).not.toContain(textOf("carol"));
    expect(got.bytes).toBeUndefined();
    const block = (part: string) => ({
      what: part,
      method: "chain.block",
      params: { height, include: [part] },
    });
    expect(await outcomeOf(bob, block("tx"))).toBe("FORBIDDEN");
    expect(await outcomeOf(bob, block("receipts"))).toBe("answered");
    const proof = await bob.call<{ proof: string }>("tx.get", { txId, proof: true });
    const judged = verifyProofFile(bytesFromText(proof.proof) as Uint8Array, genesisHash, {
      hasher: nobleHasher,
      batchVerifier: nobleBatchVerifier,
    });
    expect(judged).toMatchObject({
      valid: true,
      verdict: { claims: [{ transaction: undefined, events: [{ index: 3 }] }] },
    });

    const { handle } = await bob.call<{ handle: number }>("sub.open", {
      topic: "txs",
      after: `${height - 1}.4294967295.4294967295`,
    });
    const event = await bob.until(({ params }) => params?.handle === handle);
    const items = (event.params?.items ?? []) as { accounts: string[] }[];
    expect(items.map(({ accounts }) => accounts)).toEqual([[alice, textOf("bob")]]);

    const own = await harness.socket();
    await own.login("carol");
    const whole = await own.call<Got>("tx.get", { txId });
    expect(whole.transaction.operations.map(({ index }) => index)).toEqual([0, 1]);
    expect(whole.bytes).toBe(bytesToText(bytes));
    expect(await outcomeOf(own, block("tx"))).toBe("answered");
  });

  describe("login", () => {
    test("needs the keys of the account's policy", async () => {
      const socket = await harness.socket();
      await expect(socket.login("alice", ["bob"])).rejects.toThrow("UNAUTHENTICATED");
      await expect(socket.login("pair", ["pair-1"])).rejects.toThrow("UNAUTHENTICATED");
      await expect(socket.login("pair", ["pair-1", "pair-1"])).rejects.toThrow("UNAUTHENTICATED");
      expect(await outcomeOf(socket, FOREIGN[0]!)).toBe("UNAUTHENTICATED");
      expect((await socket.login("pair", ["pair-1", "pair-2"])).organisation).toBe(0);
      expect(await outcomeOf(socket, FOREIGN[0]!)).toBe("answered");
    });

    test("is bound to this node's host and this socket's nonce", async () => {
      const socket = await harness.socket();
      await expect(socket.login("alice", ["alice"], "other.example:80")).rejects.toThrow(
        "UNAUTHENTICATED",
      );
      const other = await harness.socket();
      expect(other.hello.nonce).not.toBe(socket.hello.nonce);
      const frames: string[] = [];
      const send = socket.send.bind(socket);
      socket.send = (text) => {
        frames.push(text);
        send(text);
      };
      await socket.login("alice");
      other.send(String(frames[0]));
      const { id } = JSON.parse(String(frames[0])) as { id: string };
      const replayed = await other.until((frame) => frame.id === id);
      expect(replayed.error?.data.name).toBe("UNAUTHENTICATED");
    });

    test.each([
      { what: "its account is closed", change: { status: 2 } },
      {
        what: "its keys are replaced",
        change: { policy: singleKeyPolicy(signerOf("other").publicKey) },
      },
    ])("ends, with its token and subscriptions, when $what", async ({ change }) => {
      const own = await startHarness({ listener, limits: { beatMs: 20 } });
      const socket = await own.socket();
      const { token } = await socket.login("alice");
      const subscribed = { topic: "txs", after: "head" };
      const { handle } = await socket.call<{ handle: number }>("sub.open", subscribed);
      const request = { what: "account", method: "account.get", params: { account: alice } };
      expect(await outcomeOf(socket, request)).toBe("answered");
      own.node.changeAccount(idOf("alice"), () => change);
      expect(await outcomeOf(socket, request)).toBe("UNAUTHENTICATED");
      const { method, params } = request;
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
      const answer = await own.post(body, { authorization: `Bearer ${token}` });
      expect(await answer.text()).toContain("UNAUTHENTICATED");
      own.node.submit([payment("carol", "alice", { nonce: 1n }).bytes], () => {});
      own.node.finalise();
      const ended = await socket.until((frame) => frame.method === "sub.closed");
      expect(ended.params).toMatchObject({ handle, error: { data: { name: "UNAUTHENTICATED" } } });
      expect(socket.events.get(handle) ?? []).toEqual([]);
      await own.close();
    });

    test("tokens are bounded and expire", async () => {
      const small = await startHarness({ listener, limits: { loginTokensMax: 1 } });
      const first = await (await small.socket()).login("alice");
      const second = await (await small.socket()).login("alice");
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "node.info" });
      const status = async (token: string) =>
        (await small.post(body, { authorization: `Bearer ${token}` })).status;
      expect(await status(first.token)).toBe(401);
      expect(await status(second.token)).toBe(200);
      await small.close();
      const brief = await startHarness({ listener, limits: { loginTokenMs: -1 } });
      const { token } = await (await brief.socket()).login("alice");
      const response = await brief.post(body, { authorization: `Bearer ${token}` });
      expect(response.status).toBe(401);
      await brief.close();
    });
  });

  test("nothing failed by a bug", () => {
    expect([...harness.errors, ...open.errors]).toEqual([]);
    expect(genesisHash).toHaveLength(32);
  });
});
