// Goal: the rules of accounts (membership/README.md).
import { describe, expect, test } from "vitest";
import { hexBytes, toHex } from "../../../src/base/bytes.js";
import { accountId } from "../../../src/crypto/digests.js";
import { isRegistrableKey } from "../../../src/crypto/noble/nobleSignatures.js";
import { KEYS, TABLES } from "../../../src/declarations/tables.js";
import { genesisState } from "../../../src/execution/genesisState.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";
import { policyOf, TestNetwork, testGenesis, testHasher } from "../../support/ledgerFixture.js";
import { Trial } from "./contractFixture.js";

const opening = {
  policy: policyOf("new"),
  salt: new Uint8Array(16).fill(3),
  blindSecret: new Uint8Array(32).fill(4),
  roles: 0,
  referenceRequired: false,
};

describe("opening", () => {
  test("MEM-1: an admin opens an account whose id follows from organisation, policy and salt", () => {
    const trial = new Trial();
    const rowsBefore = trial.quota(1).rows;
    expect(trial.run("rail", "account.open", opening)).toBe("APPLIED");
    const { account, organisation } = trial.event("account.opened");
    const { genesisHash } = trial.network;
    const expected = accountId(testHasher, genesisHash, 1, opening.policy, opening.salt);
    expect(toHex(account)).toBe(toHex(expected));
    expect(organisation).toBe(1);
    expect(trial.chain.run.row(TABLES.account, account)).toMatchObject({
      organisation: 1,
      status: 1,
    });
    // Two rows of the account, and the nonce channel of the admin.
    expect(trial.quota(1).rows).toBe(rowsBefore + 3);
    expect(trial.run("rail", "account.open", opening)).toBe("ACCOUNT_EXISTS");
    expect(trial.run("bank", "account.open", opening)).toBe("APPLIED");
  });

  test("MEM-1, MEM-2: without the role, with unknown roles or with a bad key it is refused", () => {
    const trial = new Trial();
    expect(trial.run("carol", "account.open", opening)).toBe("ROLE_MISSING");
    expect(trial.run("rail", "account.open", { ...opening, roles: 16 })).toBe("BAD_ROLES");
    const smallOrder = new Uint8Array(32);
    smallOrder[0] = 1;
    const notCanonical = hexBytes(`${"ee".padEnd(62, "f")}7f`);
    for (const key of [smallOrder, notCanonical]) {
      const policy = singleKeyPolicy(key);
      expect(trial.run("rail", "account.open", { ...opening, policy })).toBe("BAD_KEY");
    }
  });

  test("MEM-1: rows are bounded by the organisation's quota", () => {
    const trial = new Trial(new TestNetwork(testGenesis({ quotaRows: 18 })));
    expect(trial.quota(0).rows).toBe(18);
    expect(trial.run("rail", "account.open", opening)).toBe("APPLIED");
    // The bank has not even a row for a nonce channel.
    expect(trial.run("bank", "account.open", opening)).toBe("CHANNEL_LIMIT");
  });
});

describe("closing", () => {
  test("MEM-3: by itself or by an admin beside it, with zero balances, never the last admin", () => {
    const trial = new Trial();
    const close = (by: string, name: string) =>
      trial.run(by, "account.close", { account: trial.id(name) });
    expect(close("alice", "alice")).toBe("BALANCE_NOT_ZERO");
    expect(close("carol", "dave")).toBe("ROLE_MISSING");
    expect(close("bank", "dave")).toBe("FOREIGN_ORGANISATION");
    expect(close("rail", "rail")).toBe("LAST_ADMIN");
    expect(close("rail", "dave")).toBe("APPLIED");
    expect(close("rail", "dave")).toBe("UNKNOWN_RECIPIENT");
    expect(trial.pay("alice", "dave", 1n)).toBe("UNKNOWN_RECIPIENT");
    expect(trial.pay("carol", "alice", 20_000n)).toBe("APPLIED");
    expect(close("carol", "carol")).toBe("APPLIED");
    expect(trial.chain.run.row(TABLES.organisation, KEYS.organisation(1))).toMatchObject({
      accounts: 1,
      admins: 1,
    });
  });
});

describe("keys and policies", () => {
  test("MEM-4: the id stays when keys change; only the new ones sign", () => {
    const trial = new Trial();
    const replace = { account: trial.id("carol"), policy: policyOf("new") };
    expect(trial.run("alice", "account.replaceKeys", replace)).toBe("FOREIGN_ORGANISATION");
    expect(trial.run("dave", "account.replaceKeys", replace)).toBe("ROLE_MISSING");
    expect(trial.run("rail", "account.replaceKeys", replace)).toBe("APPLIED");
    expect(trial.event("account.keysReplaced").by).toEqual(trial.id("rail"));
    expect(trial.pay("carol", "alice", 1n)).toBe("NOT_AUTHORISED");
    const item = trial.network.transfer("carol", "alice", 1n, { signedBy: [["new"]] });
    expect(trial.chain.apply(item).receipt.code).toBe(0);
  });

  test("MEM-5: a receive policy asks for references, amounts and assets", () => {
    const trial = new Trial();
    const policy = { referenceRequired: true, amountMin: 10n, assets: [0] };
    expect(trial.run("shop", "account.setReceivePolicy", policy)).toBe("APPLIED");
    expect(trial.pay("alice", "shop", 10n)).toBe("REFERENCE_REQUIRED");
    const reference = { kind: "endToEndId", value: "E2E-1" } as const;
    expect(trial.pay("alice", "shop", 9n, { reference })).toBe("RECEIVE_POLICY");
    expect(trial.pay("alice", "shop", 10n, { reference })).toBe("APPLIED");
    const onlyPoints = { referenceRequired: false, amountMin: 0n, assets: [2] };
    expect(trial.run("shop", "account.setReceivePolicy", onlyPoints)).toBe("APPLIED");
    expect(trial.pay("alice", "shop", 10n)).toBe("RECEIVE_POLICY");
  });
});

describe("genesis", () => {
  test("MEM-6: a record that breaks a rule is refused and says which", () => {
    const genesis = testGenesis();
    const found = (changed: Partial<typeof genesis>) =>
      genesisState({
        genesis: { ...genesis, ...changed },
        genesisHash: new Uint8Array(32),
        hasher: testHasher,
        isRegistrableKey,
      });
    const [bank, rail] = genesis.organisations;
    expect(() => found({ organisations: [bank!, bank!] })).toThrow(/have the code bank/);
    const without = { ...rail!, accounts: rail!.accounts.slice(1) };
    expect(() => found({ organisations: [bank!, without] })).toThrow(
      /no account with the role ADMIN/,
    );
    const twice = { ...rail!, accounts: [...rail!.accounts, rail!.accounts[0]!] };
    expect(() => found({ organisations: [bank!, twice] })).toThrow(/stands there twice/);
    const idle = genesis.organisations.map((item) => ({ ...item, validators: [] }));
    expect(() => found({ organisations: idle })).toThrow(/no organisation has a validator/);
    expect(() => found({ assets: [genesis.assets[0]!, genesis.assets[0]!] })).toThrow(/two assets/);
    const rich = [{ organisation: 0, account: 0, asset: 2, amount: 1_001n }];
    expect(() => found({ balances: rich })).toThrow(/exceed the supply/);
    const lost = [{ organisation: 0, account: 9, asset: 0, amount: 1n }];
    expect(() => found({ balances: lost })).toThrow(/not there/);
  });
});
