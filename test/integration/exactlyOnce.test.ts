// Goal: one signed payment has one effect, however many validators get it. Method: 1,000 different
// payments over real sockets, each sent to all four validators at once; then every receipt of the
// chain is counted, and every balance is compared with the sum of what was paid.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { present } from "../../src/base/assert.js";
import { toHex } from "../../src/base/bytes.js";
import { accountToText, type FondacoClient } from "../../src/client/index.js";
import type { FinalBlock } from "../../src/ports/nodeApi.js";
import { OUTCOME } from "../../src/types/receipt.js";
import { InProcessNetwork } from "../support/inProcessNetwork.js";
import { until } from "../support/processNetwork.js";
import { walletPayment } from "../support/walletPayments.js";

const PAYMENTS = 1_000;
const PAYERS = 20;
const PAYEES = 5;
const OPENING_BALANCE = 100_000_000n;
const VALIDATORS = [0, 1, 2, 3];

let network: InProcessNetwork;
let clients: FondacoClient[];
let payments: SignedPayment[] = [];

beforeAll(async () => {
  network = await InProcessNetwork.start({ mode: "open", loadAccounts: PAYERS + PAYEES });
  clients = await Promise.all(VALIDATORS.map((i) => network.connect(i)));
}, 120_000);
afterAll(() => network.close(), 60_000);

interface SignedPayment {
  readonly txId: string;
  readonly text: string;
  readonly payer: number;
  readonly payee: number;
  readonly amount: bigint;
}

function signedPayment(serial: number): SignedPayment {
  const payer = serial % PAYERS;
  const payee = PAYERS + (serial % PAYEES);
  const amount = BigInt(1 + serial);
  const { txId, tx } = walletPayment({
    genesisHash: network.genesisHash,
    from: network.loadWallet(payer),
    to: network.loadWallet(payee),
    amount,
    channel: 0,
    nonce: BigInt(Math.floor(serial / PAYERS)),
  });
  return { txId, text: tx, payer, payee, amount };
}

/** Counts applied receipts of each transaction, as one validator's blocks hold them. */
class AppliedWatch {
  readonly appliedOf = new Map<string, number>();
  /** Used the nonce up without effect: none may. */
  readonly failed: string[] = [];
  readonly #reached: Promise<void>;

  constructor(wanted: ReadonlySet<string>, validator: number) {
    const { node } = network.validator(validator);
    this.#reached = new Promise((resolve) => {
      const missing = new Set(wanted);
      node.onFinal(({ executed }: FinalBlock) => {
        for (const { receipt } of executed.slice(1)) {
          const txId = toHex(receipt.txId);
          if (receipt.outcome === OUTCOME.failed) this.failed.push(txId);
          if (receipt.outcome !== OUTCOME.applied) continue;
          this.appliedOf.set(txId, (this.appliedOf.get(txId) ?? 0) + 1);
          missing.delete(txId);
        }
        if (missing.size === 0) resolve();
      });
    });
  }

  get reached(): Promise<void> {
    return this.#reached;
  }
}

async function balanceOf(client: FondacoClient, wallet: number): Promise<bigint> {
  const account = accountToText(network.loadWallet(wallet).account);
  const { balances } = await client.call("account.get", { account });
  return BigInt(present(balances[0], "a balance of the first asset").available);
}

describe("one payment to four validators at once", () => {
  test("1,000 payments have one effect each, on every validator", async () => {
    payments = Array.from({ length: PAYMENTS }, (_, i) => signedPayment(i));
    const txIds = new Set(payments.map(({ txId }) => txId));
    expect(txIds.size).toBe(PAYMENTS);
    const watches = VALIDATORS.map((i) => new AppliedWatch(txIds, i));
    // One message for each payment and validator: all four get it in the same moment.
    await Promise.all(
      payments.flatMap(({ text, txId }) =>
        clients.map(async (client) => {
          const params = { tx: text, wait: "none", receipt: "none" } as const;
          const taken = await client.call("tx.submit", params);
          expect(taken.txId).toBe(txId);
        }),
      ),
    );
    await Promise.all(watches.map(({ reached }) => reached));
    // Duplicates that other validators sealed come in later blocks, and end as void.
    await until(
      async () => VALIDATORS.map((i) => network.validator(i).node.status()),
      (all) =>
        all.every(
          ({ pendingTransactions, chain }) =>
            pendingTransactions === 0 &&
            chain.ownBatchesInFlight === 0 &&
            chain.unsealedTransactions === 0,
        ),
      60_000,
      "the last duplicates",
    );
    const highest = Math.max(...VALIDATORS.map((i) => network.validator(i).node.head().height));
    await until(
      async () => VALIDATORS.map((i) => network.validator(i).node.head().height),
      (heights) => heights.every((height) => height >= highest),
      60_000,
      "equal heights",
    );

    for (const { appliedOf, failed } of watches) {
      expect(failed).toEqual([]);
      expect([...appliedOf.keys()].sort()).toEqual([...txIds].sort());
      expect([...appliedOf.values()].filter((count) => count !== 1)).toEqual([]);
    }
    const expected = Array.from({ length: PAYERS + PAYEES }, () => OPENING_BALANCE);
    for (const { payer, payee, amount } of payments) {
      expected[payer] = (expected[payer] as bigint) - amount;
      expected[payee] = (expected[payee] as bigint) + amount;
    }
    for (const client of clients) {
      const found = await Promise.all(expected.map((_, wallet) => balanceOf(client, wallet)));
      expect(found).toEqual(expected);
    }
    const { items } = await present(clients[0], "a client").call("tx.status", {
      txIds: [...txIds],
    });
    expect(items.map(({ status, outcome }) => `${status} ${outcome}`)).toEqual(
      items.map(() => "final applied"),
    );
    expect(network.failures).toEqual([]);
  }, 240_000);

  test("the same bytes, or another transaction with their nonce, change nothing later", async () => {
    const balances = () =>
      Promise.all(
        clients.map((client) => Promise.all([0, PAYERS].map((i) => balanceOf(client, i)))),
      );
    const before = await balances();
    const first = present(payments[0], "the payments were made");
    const submitted = async (tx: string) => {
      const answers = await Promise.all(
        clients.map((client) => client.call("tx.submit", { tx, wait: "final" })),
      );
      return answers.map(({ status, outcome, duplicate, codeName }) =>
        outcome === "void" ? `void ${codeName}` : `${status} ${outcome} ${duplicate}`,
      );
    };
    expect(await submitted(first.text)).toEqual(clients.map(() => "final applied true"));
    // Signed anew it has another salt and another id, but its nonce is used.
    const again = signedPayment(0);
    expect(again.txId).not.toBe(first.txId);
    expect(await submitted(again.text)).toEqual(clients.map(() => "void NONCE_USED"));
    expect(await balances()).toEqual(before);
  }, 120_000);
});
