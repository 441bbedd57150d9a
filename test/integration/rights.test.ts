// Goal: on real validators of a scoped network a key of one organisation learns nothing of
// another's, by no method. Method: one table of requests about an account of organisation 0 (alice
// and the bank are of it), asked by a key of organisation 1, by nobody, by its owner and by an
// auditor of organisation 2, on every validator.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApiError, type MethodName, type ParamsOf } from "../../src/api/index.js";
import { present } from "../../src/base/assert.js";
import {
  accountIdOf,
  accountToText,
  draft,
  type FondacoClient,
  newSecretKey,
  operation,
  seal,
  signDraft,
  signerFrom,
  type Wallet,
} from "../../src/client/index.js";
import { ROLE } from "../../src/types/genesis.js";
import { singleKeyPolicy } from "../../src/types/keyPolicy.js";
import { InProcessNetwork } from "../support/inProcessNetwork.js";
import { until } from "../support/processNetwork.js";
import { walletPayment } from "../support/walletPayments.js";

const VALIDATORS = [0, 1, 2, 3];
const AUDITOR_ORGANISATION = 2;

interface Request {
  readonly what: string;
  readonly method: MethodName;
  readonly params: Record<string, unknown>;
}

let network: InProcessNetwork;
let auditor: Wallet;
let requests: readonly Request[];

function transferOf(from: Wallet, to: Wallet, nonce: bigint, channel: number) {
  const { genesisHash } = network;
  return walletPayment({ genesisHash, from, to, amount: 12_50n, channel, nonce });
}

/** Has the administrator of an organisation open an account with the role of an auditor. */
async function openAuditor(): Promise<Wallet> {
  const admin = network.wallet("murano-admin");
  const signer = signerFrom(newSecretKey());
  const policy = singleKeyPolicy(signer.publicKey);
  const salt = new Uint8Array(16).fill(7);
  const made = draft({
    genesisHash: network.genesisHash,
    parties: [admin.account],
    operations: [
      operation("account.open", {
        by: 0,
        policy,
        salt,
        blindSecret: newSecretKey(),
        roles: ROLE.auditor,
        referenceRequired: false,
      }),
    ],
    channel: 0,
    nonce: 0n,
    validUntilMs: Date.now() + 3_600_000,
  });
  const witnesses = admin.signers.map((key) => signDraft(made, admin.account, key));
  const client = await network.connect(0);
  const { outcome } = await client.submit(seal(made, witnesses));
  expect(outcome).toBe("applied");
  const account = accountIdOf(network.genesisHash, AUDITOR_ORGANISATION, policy, salt);
  return { account, signers: [signer] };
}

beforeAll(async () => {
  network = await InProcessNetwork.start({ mode: "scoped" });
  const alice = network.wallet("alice");
  const bank = network.wallet("bank");
  const bob = network.wallet("bob");
  const sent = transferOf(alice, bank, 0n, 0);
  const client = await network.connect(0);
  const { status, outcome, height } = await client.call("tx.submit", { tx: sent.tx });
  expect([status, outcome]).toEqual(["final", "applied"]);
  auditor = await openAuditor();
  const top = network.validator(0).node.head().height;
  await until(
    async () => VALIDATORS.map((i) => network.validator(i).node.head().height),
    (heights) => heights.every((at) => at >= top),
    60_000,
    "equal heights",
  );
  const next = transferOf(alice, bank, 1n, 0);
  const account = accountToText(alice.account);
  const { txId } = sent;
  requests = [
    { what: "an account", method: "account.get", params: { account } },
    { what: "an account's proof", method: "account.get", params: { account, proof: true } },
    { what: "a history", method: "account.history", params: { account } },
    { what: "nonces", method: "account.nonce", params: { account, channel: 0 } },
    { what: "a transaction", method: "tx.get", params: { txId } },
    { what: "a transaction's proof", method: "tx.get", params: { txId, proof: true } },
    { what: "a simulation", method: "tx.simulate", params: { tx: next.tx } },
    { what: "a receipt", method: "tx.submit", params: { tx: sent.tx, receipt: "full" } },
    { what: "a receipt's proof", method: "tx.submit", params: { tx: sent.tx, receipt: "proof" } },
    { what: "a block's content", method: "chain.block", params: { height, include: ["tx"] } },
    {
      what: "a block's receipts",
      method: "chain.block",
      params: { height, include: ["receipts", "certificate"] },
    },
    { what: "a search", method: "search", params: { text: account } },
    {
      what: "a subscription to an account",
      method: "sub.open",
      params: { topic: "account", after: "genesis", accounts: [account] },
    },
    {
      what: "a subscription to transactions",
      method: "sub.open",
      params: { topic: "txs", after: "genesis", accounts: [account] },
    },
    {
      what: "a subscription that hides it behind an own account",
      method: "sub.open",
      params: { topic: "txs", after: "genesis", accounts: [accountToText(bob.account), account] },
    },
  ];
}, 120_000);
afterAll(() => network.close(), 60_000);

async function outcomeOf(client: FondacoClient, { method, params }: Request): Promise<string> {
  try {
    await client.call(method, params as ParamsOf<MethodName>);
    return "answered";
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}

async function outcomes(validator: number, asked: readonly Request[], login?: Wallet) {
  const client = await network.connect(validator, login);
  const found: [string, string][] = [];
  for (const request of asked) found.push([request.what, await outcomeOf(client, request)]);
  client.close();
  return found;
}

const all = (answer: string, asked: readonly Request[]) =>
  asked.map(({ what }) => [what, answer] as [string, string]);

describe.each(VALIDATORS)("GAT-5: what validator %i tells of an account", (validator) => {
  test("is FORBIDDEN to a key of another organisation", async () => {
    const found = await outcomes(validator, requests, network.wallet("bob"));
    expect(found).toEqual(all("FORBIDDEN", requests));
  }, 60_000);

  test("is UNAUTHENTICATED to whoever is not logged in", async () => {
    expect(await outcomes(validator, requests)).toEqual(all("UNAUTHENTICATED", requests));
  }, 60_000);

  test("is answered to its owner, and to an auditor of another organisation", async () => {
    const own = requests.filter(({ what }) => !what.includes("hides"));
    expect(await outcomes(validator, own, network.wallet("alice"))).toEqual(all("answered", own));
    expect(await outcomes(validator, requests, auditor)).toEqual(all("answered", requests));
  }, 60_000);
});

describe("GAT-5: a stranger", () => {
  test("gets no item of another's transactions by an unfiltered subscription", async () => {
    const stranger = await network.connect(1, network.wallet("bob"));
    const subscription = stranger.subscribe("txs", { after: "genesis" });
    const own = transferOf(network.wallet("alice"), network.wallet("bob"), 5n, 1);
    await (await network.connect(0)).call("tx.submit", { tx: own.tx });
    // The payment to bob is the first that concerns his organisation: nothing came before it.
    for await (const item of subscription) {
      expect(item.txId).toBe(own.txId);
      expect(item.events.map(({ name }) => name)).toEqual(["payment.received"]);
      break;
    }
  }, 60_000);

  test("learns by tx.status only that a transaction which it names is final", async () => {
    const client = await network.connect(2);
    const found = present(
      requests.find(({ method }) => method === "tx.get"),
      "a request by txId",
    );
    const { items } = await client.call("tx.status", { txIds: [String(found.params.txId)] });
    const [item] = items;
    expect(item?.status).toBe("final");
    for (const hidden of ["transaction", "events", "receipt", "proof"]) {
      expect(item).not.toHaveProperty(hidden);
    }
    expect(JSON.stringify(item)).not.toContain(accountToText(network.wallet("alice").account));
  }, 60_000);
});
