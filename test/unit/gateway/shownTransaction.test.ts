// Goal: who sees what of a transaction (GAT-9). Method: one transaction of two organisations with a
// payment to a third and an account that is opened, shown to each of them.
import { describe, expect, test } from "vitest";
import { draft, operation, seal, signDraft } from "../../../src/client/index.js";
import { encode } from "../../../src/codec/schema.js";
import { NO_REFERENCE } from "../../../src/declarations/fields.js";
import { TABLES } from "../../../src/declarations/tables.js";
import type { NodeQueries } from "../../../src/gateway/nodeQueries.js";
import { ANONYMOUS, type Principal, Rights } from "../../../src/gateway/rights.js";
import { readsEnvelope, shownTransaction } from "../../../src/gateway/shownTransaction.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";
import type { AccountId } from "../../../src/types/primitives.js";
import { readTransaction } from "../../../src/types/transaction.js";
import { genesisHash, START_MS, signerOf } from "../../support/fakeNetwork.js";

const accountOf = (n: number) => new Uint8Array(32).fill(n);
/** Accounts 10 to 19 belong to organisation 1, and so on. */
const organisationOf = (account: AccountId) => Math.floor((account[0] as number) / 10);
const queries = {
  rows: async (_table: number, keys: readonly Uint8Array[]) => ({
    rows: keys.map((key) =>
      encode(TABLES.account.row, {
        organisation: organisationOf(key),
        policy: singleKeyPolicy(signerOf("any").publicKey),
        roles: 0,
        status: 1,
        referenceRequired: false,
        amountMin: 0n,
        assets: [],
        openBalances: 0,
        channels: 0,
      }),
    ),
  }),
} as unknown as NodeQueries;
const principal = (organisation: number, isAuditor = false): Principal => ({
  kind: "account",
  account: accountOf(10 * organisation + 9),
  organisation,
  isAuditor,
  policy: new Uint8Array(),
});

const pay = (by: number, to: number) =>
  operation("transfer", {
    by,
    to: accountOf(to),
    asset: 0,
    amount: 5n,
    code: 0,
    reference: NO_REFERENCE,
    paymentId: undefined,
  });
const open = operation("account.open", {
  by: 1,
  policy: singleKeyPolicy(signerOf("any").publicKey),
  salt: new Uint8Array(16),
  blindSecret: new Uint8Array(32).fill(77),
  roles: 0,
  referenceRequired: false,
});

function transactionOf(operations: ReturnType<typeof pay>[]) {
  const parties = [accountOf(11), accountOf(21)];
  const rest = { channel: 3, nonce: 8n, validUntilMs: START_MS, salt: new Uint8Array(16) };
  const made = draft({ genesisHash, parties, operations, ...rest });
  const read = readTransaction(
    seal(
      made,
      parties.map((party, i) => signDraft(made, party, signerOf(`party ${i}`))),
    ),
  );
  if (!read.ok) throw new Error(read.message);
  return read.value;
}

const payments = transactionOf([pay(0, 12), pay(1, 31), pay(0, 41)]);
const opening = transactionOf([pay(0, 31), open]);
const indices = ({ operations }: { operations: readonly { index: number }[] }) =>
  operations.map(({ index }) => index);

describe("what is shown of a transaction", () => {
  test("GAT-9: all of it to the organisations that signed, and to an auditor", async () => {
    for (const who of [principal(1), principal(2), principal(7, true)]) {
      const { transaction, bytes } = await shownTransaction(
        new Rights(queries, false),
        who,
        payments,
      );
      expect(indices(transaction)).toEqual([0, 1, 2]);
      expect(transaction).toMatchObject({ channel: 3, nonce: "8" });
      expect(transaction.parties).not.toContain(null);
      expect(bytes).toBeDefined();
    }
  });

  test("GAT-9: to a recipient the operation that pays it, and who acts in it", async () => {
    const rights = new Rights(queries, false);
    const shown = await shownTransaction(rights, principal(3), payments);
    expect(indices(shown.transaction)).toEqual([1]);
    expect(shown.transaction.operations[0]).toMatchObject({ name: "transfer", fields: { by: 1 } });
    expect(shown.transaction.parties).toEqual([null, expect.stringMatching(/^fa1/)]);
    expect(shown.transaction).not.toHaveProperty("nonce");
    expect(shown.transaction).not.toHaveProperty("channel");
    expect(shown.bytes).toBeUndefined();
    expect(await readsEnvelope(rights, principal(3), payments.body.parties)).toBe(false);
    const nobody = await shownTransaction(rights, principal(9), payments);
    expect(nobody.transaction.operations).toEqual([]);
  });

  test("GAT-9: the secret of an account goes to its own organisation alone", async () => {
    const secret = Buffer.alloc(32, 77);
    const holds = (text: string | undefined) =>
      text !== undefined && Buffer.from(text, "base64url").includes(secret);
    const own = await shownTransaction(new Rights(queries, false), principal(2), opening);
    expect(holds(own.bytes)).toBe(true);
    expect(holds(own.transaction.operations[1]?.body)).toBe(true);
    const others: [Principal, boolean][] = [
      [principal(1), false],
      [principal(7, true), false],
      [ANONYMOUS, true],
    ];
    for (const [who, isOpen] of others) {
      const shown = await shownTransaction(new Rights(queries, isOpen), who, opening);
      expect(shown.bytes).toBeUndefined();
      expect(indices(shown.transaction)).toEqual([0, 1]);
      expect(shown.transaction.operations[1]).not.toHaveProperty("body");
      expect(shown.transaction.operations[1]?.fields).toMatchObject({ blindSecret: null });
      expect(shown.transaction.operations[0]).toHaveProperty("body");
    }
  });
});
