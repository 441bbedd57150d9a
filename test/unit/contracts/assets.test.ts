// Goal: the rules of assets (assets/README.md): registration, supply, controls, timers.
import { describe, expect, test } from "vitest";
import { I64_MAX } from "../../../src/base/checkedInt.js";
import { NO_REFERENCE } from "../../../src/declarations/fields.js";
import { RESULT } from "../../../src/declarations/resultCodes.js";
import { KEYS, TABLES } from "../../../src/declarations/tables.js";
import { ROLE } from "../../../src/types/genesis.js";
import { OUTCOME } from "../../../src/types/receipt.js";
import {
  ASSET,
  HOUR_MS,
  makeBlock,
  op,
  START_MS,
  TestNetwork,
  testGenesis,
} from "../../support/ledgerFixture.js";
import { Trial } from "./contractFixture.js";

const reference = NO_REFERENCE;
const NO_LIMITS = { overdraft: 0n, balanceMax: 0n, transferMax: 0n, dayMax: 0n };
const eur = { code: "EUR", scale: 2, iso4217: 978, kind: 1, flags: 16, maxSupply: 0n };

describe("registration", () => {
  test("AST-1: an issuer registers; the asset gets the next number; codes are unique", () => {
    const trial = new Trial();
    expect(trial.run("alice", "asset.register", eur)).toBe("ROLE_MISSING");
    expect(trial.run("bank", "asset.register", eur)).toBe("APPLIED");
    expect(trial.event("asset.registered")).toMatchObject({
      asset: 3,
      code: "EUR",
      maxSupply: I64_MAX,
    });
    expect(trial.run("bank", "asset.register", eur)).toBe("ASSET_EXISTS");
    expect(trial.chain.run.row(TABLES.assetCode, KEYS.assetCode("EUR"))).toBe(3);
    for (const bad of [
      { code: "eur" },
      { scale: 10 },
      { kind: 5 },
      { flags: 32 },
      { iso4217: 1000 },
    ]) {
      expect(trial.run("bank", "asset.register", { ...eur, ...bad })).toBe("BAD_ASSET");
    }
  });

  test("AST-2: locked flags never change", () => {
    const trial = new Trial();
    const set = (flags: number) => trial.run("bank", "asset.setFlags", { asset: 0, flags });
    const lock = (mask: number) => trial.run("bank", "asset.lockFlags", { asset: 0, mask });
    expect(set(16)).toBe("APPLIED");
    expect(lock(2)).toBe("APPLIED");
    expect(set(18)).toBe("FLAG_LOCKED");
    expect(set(24)).toBe("APPLIED");
    expect(lock(2)).toBe("FLAG_LOCKED");
    expect(lock(0)).toBe("BAD_ASSET");
    expect(trial.run("bank", "asset.lockFlags", { asset: 9, mask: 1 })).toBe("UNKNOWN_ASSET");
    expect(trial.asset()).toMatchObject({ flags: 24, lockedFlags: 2 });
  });
});

describe("supply", () => {
  test("AST-3: an issuer that the same transaction closed before redeems nothing", () => {
    const genesis = testGenesis();
    const [bank, ...others] = genesis.organisations;
    const accounts = bank!.accounts.map((account, i) =>
      i === 3 ? { ...account, roles: ROLE.issuer } : account,
    );
    const network = new TestNetwork({
      ...genesis,
      organisations: [{ ...bank!, accounts }, ...others],
    });
    const trial = new Trial(network);
    const close = op("account.close", { by: 1, account: network.id("shop") });
    const redeem = op("asset.redeem", { by: 0, issuer: 1, asset: 0, amount: 10n, reference });
    const parties = ["alice", "shop"];
    const failed = trial.chain.apply(network.transaction({ parties, operations: [close, redeem] }));
    expect(failed.receipt).toMatchObject({
      outcome: OUTCOME.failed,
      code: RESULT.ACTOR_CLOSED,
      failedOperation: 1,
    });
    expect(trial.available("alice")).toBe(100_000n);
    const applied = trial.chain.apply(
      network.transaction({ parties, operations: [redeem, close] }),
    );
    expect(applied.receipt.outcome).toBe(OUTCOME.applied);
    expect(trial.available("alice")).toBe(99_990n);
  });

  test("AST-3: issuing raises, redeeming needs holder and issuer; the cap holds", () => {
    const trial = new Trial();
    const issue = (amount: bigint, asset: number = ASSET.points, to = "alice") =>
      trial.run("bank", "asset.issue", { to: trial.id(to), asset, amount, reference });
    expect(issue(1_000n)).toBe("APPLIED");
    expect(trial.event("asset.issued")).toMatchObject({ seq: 1, balance: 1_000n, issued: 1_000n });
    expect(issue(1n)).toBe("CAP_EXCEEDED");
    expect(issue(I64_MAX, ASSET.cny)).toBe("CAP_EXCEEDED");
    expect(
      trial.run("rail", "asset.issue", { to: trial.id("carol"), asset: 2, amount: 1n, reference }),
    ).toBe("ROLE_MISSING");
    const redeem = (amount: bigint, issuer: string) =>
      trial.run(["alice", issuer], "asset.redeem", { issuer: 1, asset: 2, amount, reference });
    expect(redeem(1n, "rail")).toBe("FOREIGN_ORGANISATION");
    expect(redeem(1n, "bob")).toBe("ROLE_MISSING");
    expect(redeem(1_001n, "bank")).toBe("INSUFFICIENT_BALANCE");
    expect(redeem(400n, "bank")).toBe("APPLIED");
    expect(trial.asset(2)).toMatchObject({ issued: 1_000n, redeemed: 400n });
    expect(issue(400n)).toBe("APPLIED");
    expect(trial.available("alice", 2)).toBe(1_000n);
  });

  test("AST-3: what overdrafts let holders redeem ends at 2^63 - 1 as well", () => {
    const trial = new Trial();
    const redeem = (name: string, amount: bigint) =>
      trial.run([name, "bank"], "asset.redeem", { issuer: 1, asset: 2, amount, reference });
    for (const name of ["alice", "bob"]) {
      const limits = { ...NO_LIMITS, overdraft: I64_MAX, asset: 2, account: trial.id(name) };
      expect(trial.run("bank", "balance.setLimits", limits)).toBe("APPLIED");
    }
    expect(redeem("alice", I64_MAX - 1n)).toBe("APPLIED");
    expect(redeem("bob", 2n)).toBe("CAP_EXCEEDED");
    expect(redeem("bob", 1n)).toBe("APPLIED");
    expect(trial.asset(2)).toMatchObject({ issued: 0n, redeemed: I64_MAX });
  });

  test("AST-4: who is not authorised neither gets nor gives", () => {
    const trial = new Trial();
    const issue = (to: string) =>
      trial.run("bank", "asset.issue", {
        to: trial.id(to),
        asset: ASSET.usd,
        amount: 10n,
        reference,
      });
    const authorise = (name: string, authorised: boolean, asset: number = ASSET.usd) =>
      trial.run("bank", "asset.authorise", { asset, account: trial.id(name), authorised });
    expect(issue("alice")).toBe("HOLDER_NOT_AUTHORISED");
    expect(authorise("alice", true)).toBe("APPLIED");
    expect(issue("alice")).toBe("APPLIED");
    expect(trial.pay("alice", "bob", 1n, { asset: ASSET.usd })).toBe("HOLDER_NOT_AUTHORISED");
    expect(authorise("bob", true)).toBe("APPLIED");
    expect(trial.pay("alice", "bob", 1n, { asset: ASSET.usd })).toBe("APPLIED");
    expect(authorise("alice", false)).toBe("APPLIED");
    expect(trial.pay("alice", "bob", 1n, { asset: ASSET.usd })).toBe("HOLDER_NOT_AUTHORISED");
    expect(authorise("alice", true, ASSET.cny)).toBe("AUTHORISATION_NOT_REQUIRED");
    expect(authorise("alice", true, 77)).toBe("UNKNOWN_ASSET");
  });
});

describe("freezing", () => {
  const freeze = (
    trial: Trial,
    name: string | undefined,
    frozen: boolean,
    untilMs?: number,
    asset = 0,
  ) =>
    trial.run("bank", "asset.freeze", {
      asset,
      account: name === undefined ? undefined : trial.id(name),
      frozen,
      untilMs,
    });

  test("AST-5: a frozen balance neither gives nor gets; a frozen asset stands still", () => {
    const trial = new Trial();
    expect(freeze(trial, "alice", true)).toBe("APPLIED");
    expect(trial.pay("alice", "bob", 1n)).toBe("FROZEN");
    expect(trial.pay("bob", "alice", 1n)).toBe("FROZEN");
    expect(freeze(trial, "alice", false)).toBe("APPLIED");
    expect(trial.pay("alice", "bob", 1n)).toBe("APPLIED");
    expect(freeze(trial, undefined, true)).toBe("APPLIED");
    expect(trial.pay("bob", "carol", 1n)).toBe("FROZEN");
    expect(freeze(trial, undefined, false)).toBe("APPLIED");
    expect(trial.pay("bob", "carol", 1n)).toBe("APPLIED");
    expect(trial.run("bank", "asset.setFlags", { asset: 0, flags: 16 })).toBe("APPLIED");
    expect(freeze(trial, "alice", true)).toBe("NOT_ENABLED");
  });

  test("AST-6, EXE-2: a freeze with an end lifts itself in the timer phase", () => {
    const trial = new Trial();
    const untilMs = START_MS + 10_000;
    expect(freeze(trial, "alice", true, START_MS)).toBe("BAD_TIME");
    expect(freeze(trial, "alice", false, untilMs)).toBe("BAD_TIME");
    expect(freeze(trial, "alice", true, START_MS + 401 * 24 * HOUR_MS)).toBe("BAD_TIME");
    expect(freeze(trial, "alice", true, untilMs)).toBe("APPLIED");
    const { summary } = trial.chain.run.finalised.at(-1)!;
    expect(summary.nextTimerDeadlineMs).toBe(untilMs);
    expect(trial.quota(0).timers).toBe(1);
    expect(trial.pay("alice", "bob", 1n, {}, untilMs - 1)).toBe("FROZEN");
    // The timer fires before the first transaction of the block whose time reaches it.
    expect(trial.pay("alice", "bob", 1n, {}, untilMs)).toBe("APPLIED");
    const block = trial.chain.run.finalised.at(-1)!;
    expect(block.executed[0]!.events.length).toBe(1);
    expect(block.executed[0]!.accounts).toEqual([trial.id("alice")]);
    expect(trial.quota(0).timers).toBe(0);
    expect(block.summary.nextTimerDeadlineMs).toBeUndefined();
  });

  test("AST-6, LED-9: another freeze replaces the timer of the first", () => {
    const trial = new Trial();
    expect(freeze(trial, undefined, true, START_MS + 5_000)).toBe("APPLIED");
    expect(freeze(trial, undefined, true, START_MS + 9_000)).toBe("APPLIED");
    expect(trial.quota(0).timers).toBe(1);
    expect(trial.pay("alice", "bob", 1n, {}, START_MS + 5_001)).toBe("FROZEN");
    expect(freeze(trial, undefined, true)).toBe("APPLIED");
    expect(trial.quota(0).timers).toBe(0);
    expect(trial.pay("alice", "bob", 1n, {}, START_MS + 9_001)).toBe("FROZEN");
  });

  test("EXE-2: more due timers than a block may fire wait in order; the summary says from when", () => {
    const network = new TestNetwork(testGenesis({ maxTimersPerBlock: 2, quotaTimers: 4 }));
    const trial = new Trial(network);
    const names = ["alice", "bob", "shop", "carol", "dave"];
    const dueMs = [3_000, 2_000, 3_000, 4_000, 5_000].map((ms) => START_MS + ms);
    const results = names.map((name, i) => freeze(trial, name, true, dueMs[i]));
    expect(results).toEqual(["APPLIED", "APPLIED", "APPLIED", "APPLIED", "TIMER_QUOTA"]);
    const { chain } = trial;
    expect(chain.run.finalised.at(-1)!.summary).toMatchObject({
      nextTimerDeadlineMs: dueMs[1],
      timerBacklogFromMs: dueMs[2],
      hasTimerBacklog: false,
    });
    const fired: Uint8Array[][] = [];
    for (const timeMs of [START_MS + 6_000, START_MS + 6_001, START_MS + 6_002]) {
      chain.block([], { timeMs });
      const { executed, summary } = chain.run.finalised.at(-1)!;
      fired.push([...executed[0]!.accounts]);
      expect(summary.isNonEmpty).toBe(fired.at(-1)!.length > 0);
      expect(summary.hasTimerBacklog).toBe(fired.length === 1);
    }
    expect(fired).toEqual([
      [trial.id("bob"), trial.id("alice")],
      [trial.id("shop"), trial.id("carol")],
      [],
    ]);
  });

  test("EXE-6: a block that fired timers is undone like any other", () => {
    const trial = new Trial();
    expect(freeze(trial, "alice", true, START_MS + 5_000)).toBe("APPLIED");
    const { run } = trial.chain;
    const parent = trial.chain.head;
    const fires = makeBlock(trial.network, { parent, timeMs: START_MS + 6_000 });
    const early = makeBlock(trial.network, { parent, timeMs: START_MS + 4_000, view: 50 });
    const first = run.execute(fires);
    expect(run.execute(early).nextTimerDeadlineMs).toBe(START_MS + 5_000);
    const late = makeBlock(trial.network, { parent: early, timeMs: START_MS + 6_000, view: 51 });
    expect(run.execute(late).nextTimerDeadlineMs).toBeUndefined();
    // The same once more, after the detour. (Blinds of events depend on the height.)
    const again = makeBlock(trial.network, { parent, timeMs: START_MS + 6_000, view: 52 });
    expect(run.execute(again).result.stateRoot).toEqual(first.result.stateRoot);
  });
});

describe("limits", () => {
  const setLimits = (trial: Trial, name: string, limits: Partial<typeof NO_LIMITS>) =>
    trial.run("bank", "balance.setLimits", {
      asset: 0,
      account: trial.id(name),
      ...NO_LIMITS,
      ...limits,
    });

  test("AST-7: overdraft, most held, most of one transfer", () => {
    const trial = new Trial();
    expect(setLimits(trial, "dave", { overdraft: 50n })).toBe("APPLIED");
    expect(trial.pay("dave", "bob", 51n)).toBe("INSUFFICIENT_BALANCE");
    expect(trial.pay("dave", "bob", 50n)).toBe("APPLIED");
    expect(trial.available("dave")).toBe(-50n);
    expect(trial.run("dave", "account.close", { account: trial.id("dave") })).toBe(
      "BALANCE_NOT_ZERO",
    );
    expect(setLimits(trial, "shop", { balanceMax: 10n })).toBe("APPLIED");
    expect(trial.pay("alice", "shop", 11n)).toBe("LIMIT_EXCEEDED");
    expect(trial.pay("alice", "shop", 10n)).toBe("APPLIED");
    expect(setLimits(trial, "alice", { transferMax: 5n })).toBe("APPLIED");
    expect(trial.pay("alice", "bob", 6n)).toBe("LIMIT_EXCEEDED");
    expect(setLimits(trial, "alice", { transferMax: 5n, dayMax: 4n })).toBe("BAD_LIMITS");
  });

  test("AST-8: a daily limit rolls by hours and leaves no row behind when it ends", () => {
    const trial = new Trial();
    const hour = Math.ceil(START_MS / HOUR_MS) * HOUR_MS;
    const spend = (amount: bigint, hours: number) => {
      const { network, chain } = trial;
      const timeMs = hour + hours * HOUR_MS;
      const validUntilMs = timeMs + 1;
      const item = network.transfer("alice", "bob", amount, { validUntilMs });
      return chain.apply(item, { timeMs }).receipt.code;
    };
    expect(setLimits(trial, "alice", { dayMax: 100n })).toBe("APPLIED");
    const rows = trial.quota(0).rows;
    expect(spend(60n, 0)).toBe(0);
    expect(spend(30n, 5)).toBe(0);
    expect(spend(11n, 23)).toBe(213);
    expect(spend(10n, 23.5)).toBe(0);
    expect(spend(60n, 24)).toBe(0);
    expect(spend(31n, 29)).toBe(213);
    expect(spend(30n, 29.5)).toBe(0);
    // A row of buckets, and the nonce channel of alice.
    expect(trial.quota(0).rows).toBe(rows + 2);
    const timeMs = hour + 30 * HOUR_MS;
    const limits = { by: 0, asset: 0, account: trial.id("alice"), ...NO_LIMITS };
    const operations = [op("balance.setLimits", limits)];
    const end = trial.network.transaction({
      parties: ["bank"],
      validUntilMs: timeMs + 1,
      operations,
    });
    expect(trial.chain.apply(end, { timeMs }).receipt.code).toBe(0);
    expect(trial.quota(0).rows).toBe(rows + 1);
  });
});
