// Goal: the command does what the README's tour says, as text and as JSON, and says what is wrong
// in one sentence. Method: real processes of the compiled command, in a home directory of their
// own, against the network that its own `dev` runs.
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { present } from "../../src/base/assert.js";
import { CommandUser, type DevReady, type Running } from "../support/commandRunner.js";
import { temporaryHome } from "../support/homes.js";

interface Paid {
  readonly txId: string;
  readonly status: string;
  readonly height: number;
  readonly index: number;
  readonly ms: number;
  readonly duplicate?: boolean;
}

interface AccountAnswer {
  readonly balances: readonly { readonly code: string; readonly available: string }[];
  readonly history: readonly { readonly txId: string }[];
}

const NO_TX = "a".repeat(64);
const user = new CommandUser(temporaryHome());
const directory = join(user.home, "D");
const devArgs = ["dev", "--dir", directory, "--port", "0", "--json"];
const payArgs = ["pay", "--from", "alice", "--to", "bob", "--amount", "12.50", "--asset", "EUR"];

let dev: Running;
let ready: DevReady;

beforeAll(async () => {
  dev = await user.start(devArgs);
  ready = dev.first();
}, 120_000);
afterAll(() => dev.stop(), 60_000);

async function euros(name: string): Promise<string> {
  const { balances } = await user.json<AccountAnswer>(["account", name]);
  return present(
    balances.find(({ code }) => code === "EUR"),
    "a balance in EUR",
  ).available;
}

/** The command must fail with this code, in one sentence, as text and as JSON. */
async function expectRefusal(
  args: readonly string[],
  code: string,
  env: Record<string, string> = {},
): Promise<string> {
  const text = await user.run(args, env);
  expect([text.code, text.stdout], text.stderr).toEqual([1, ""]);
  expect(text.stderr).toMatch(new RegExp(`^fondaco: [^\\n]+ \\(${code}\\)\\n$`));
  const json = await user.run([...args, "--json"], env);
  expect(json.code).toBe(1);
  expect(json.stdout.trim().split("\n")).toHaveLength(1);
  const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string } };
  expect(error.code).toBe(code);
  return error.message;
}

describe("fondaco dev", () => {
  test("prints one line of JSON when payments can be sent", () => {
    expect(dev.lines).toHaveLength(1);
    expect(ready.event).toBe("ready");
    expect(ready.ws).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/);
    expect(ready.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(ready.genesis).toMatch(/^[0-9a-f]{64}$/);
    expect(ready.dir).toBe(directory);
    expect(ready.keys).toBe(join(directory, "keys"));
    const names = ready.accounts.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["alice", "bob", "carol", "shop", "bank"]));
  });

  test("is refused a second time on the same directory", async () => {
    await expectRefusal(["dev", "--dir", directory, "--port", "0"], "HOME_LOCKED");
  }, 60_000);

  test("CLI-4: a directory that holds another network is left alone", async () => {
    const other = join(user.home, "testnet");
    await user.json(["testnet", "create", "-n", "1", "--out", other, "--load-accounts", "0"]);
    await expectRefusal(["dev", "--dir", other, "--port", "0"], "NOT_A_DEMO");
    await expectRefusal(
      ["dev", "--dir", directory, "--port", "0", "--validators", "3"],
      "OTHER_NETWORK",
    );
    const before = readFileSync(join(other, "network.json"), "utf8");
    await expectRefusal(["testnet", "create", "-n", "1", "--out", other], "NETWORK_EXISTS");
    expect(readFileSync(join(other, "network.json"), "utf8")).toBe(before);
  }, 60_000);
});

describe("CLI-2: the tour, with node and keys of the dev network that runs here", () => {
  let paid: Paid;

  test("pay answers the place of a final payment; the same id is paid once", async () => {
    const before = BigInt(await euros("bob"));
    const args = [...payArgs, "--ref", "invoice 7", "--id", "invoice-7"];
    paid = await user.json<Paid>([...args, "--wait", "final"]);
    expect(Object.keys(paid)).toEqual(["txId", "status", "height", "index", "ms"]);
    expect(paid.status).toBe("final");
    expect(BigInt(await euros("bob"))).toBe(before + 12_50n);
    const again = await user.json<Paid>(args);
    expect({ ...again, ms: 0 }).toEqual({ ...paid, ms: 0, duplicate: true });
    const { code, stdout } = await user.run(args);
    expect(code).toBe(0);
    expect(stdout).toContain(`${paid.txId}\npaid before under this id at height ${paid.height}`);
    expect(BigInt(await euros("bob"))).toBe(before + 12_50n);
    // The same id for another payment is an error, and pays nothing.
    const other = [...payArgs.slice(0, 6), "13", ...payArgs.slice(7), "--id", "invoice-7"];
    expect(await expectRefusal(other, "NOT_APPLIED")).toContain("ID_REUSED");
    expect(BigInt(await euros("bob"))).toBe(before + 12_50n);
  }, 60_000);

  test("account, block, tx and status answer as text and as JSON", async () => {
    const account = await user.json<AccountAnswer>(["account", "bob"]);
    expect(account.history.map(({ txId }) => txId)).toContain(paid.txId);
    const accountText = (await user.run(["account", "bob"])).stdout;
    expect(accountText).toMatch(/EUR +10000\d\d\.\d\d/);
    expect(accountText).toContain(paid.txId);

    const block = await user.json<{ header: { height: number; transactionCount: number } }>([
      "block",
      String(paid.height),
    ]);
    expect(block.header).toMatchObject({ height: paid.height, transactionCount: 1 });
    const blockText = (await user.run(["block", String(paid.height)])).stdout;
    expect(blockText).toMatch(new RegExp(`^height +${paid.height}\n`));
    expect(blockText).toMatch(/signed by +validator \d, validator \d, validator \d/);

    const found = await user.json<{ txId: string; outcome: string; height: number }>([
      "tx",
      paid.txId,
    ]);
    expect(found).toMatchObject({ txId: paid.txId, outcome: "applied", height: paid.height });
    const txText = (await user.run(["tx", paid.txId])).stdout;
    expect(txText).toContain("status        final, applied");
    expect(txText).toContain('"amount":"1250"');
    expect(txText).toContain("invoice 7");

    const status = await user.json<{ isVoting: boolean; peers: unknown[] }>(["status"]);
    expect(status.isVoting).toBe(true);
    expect(status.peers).toHaveLength(3);
    const statusText = (await user.run(["status"])).stdout;
    expect(statusText).toContain(`node        ${ready.http}`);
    expect(statusText).toMatch(/state +in step, voting/);
  }, 60_000);

  test("a proof verifies offline; a changed byte or another genesis does not", async () => {
    const file = join(user.home, "payment.proof");
    const made = await user.json<{ sizeBytes: number; genesis: string }>([
      "proof",
      paid.txId,
      "--out",
      file,
    ]);
    expect(made.genesis).toBe(ready.genesis);
    const bytes = readFileSync(file);
    expect(bytes.length).toBe(made.sizeBytes);
    const verify = (path: string, genesis = ready.genesis) => [
      "verify",
      path,
      "--genesis",
      genesis,
    ];
    // Offline: no node is named, and the one that runs is not known to this user.
    const stranger = new CommandUser(temporaryHome());
    const verdict = await stranger.json<{ valid: boolean; statements: string[] }>(verify(file));
    expect(verdict.valid).toBe(true);
    expect(verdict.statements.join(" ")).toContain(paid.txId);
    expect((await stranger.run(verify(file))).stdout).toMatch(/^VALID\n/);

    const changed = join(user.home, "changed.proof");
    for (const at of [0, 20, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] as number) ^ 1;
      writeFileSync(changed, copy);
      const { code, stdout } = await stranger.run(verify(changed));
      expect([code, stdout.split("\n").length]).toEqual([1, 2]);
      expect(stdout).toMatch(/^INVALID: .+ \(PROOF_[A-Z_]+\)\n$/);
    }
    const foreign = await stranger.run([...verify(file, "0".repeat(64)), "--json"]);
    expect(foreign.code).toBe(1);
    expect(JSON.parse(foreign.stdout)).toMatchObject({ valid: false, code: "PROOF_OTHER_NETWORK" });
    await expectRefusal(verify(join(user.home, "none.proof")), "FILE_MISSING");
    await expectRefusal(verify(file, "12"), "BAD_OPTION");
  }, 60_000);

  test("--node and FONDACO_NODE, --keys and FONDACO_KEYS name them for who runs none here", async () => {
    const stranger = new CommandUser(temporaryHome());
    const env = { FONDACO_NODE: ready.http, FONDACO_KEYS: ready.keys };
    const byEnvironment = await stranger.json<Paid>(payArgs, env);
    const named = ["--node", ready.http, "--keys", ready.keys];
    const byOption = await stranger.json<Paid>([...payArgs, ...named]);
    expect([byEnvironment.status, byOption.status]).toEqual(["final", "final"]);
    // An option is stronger than the environment.
    const wrong = { FONDACO_KEYS: user.home, FONDACO_NODE: "http://127.0.0.1:9" };
    expect((await stranger.json<Paid>([...payArgs, ...named], wrong)).status).toBe("final");
    const { code, stderr } = await stranger.run(["status"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("(NODE_UNKNOWN)")]);
  }, 60_000);
});

describe("fondaco keys", () => {
  const keys = join(user.home, "my-keys");
  const secret = join(user.home, "passphrase");
  const wrong = join(user.home, "wrong-passphrase");

  test("CLI-4: makes encrypted keys of mode 0600, and writes none over another", async () => {
    writeFileSync(secret, "correct horse battery\n", { mode: 0o600 });
    writeFileSync(wrong, "incorrect horse\n", { mode: 0o600 });
    const account = present(
      ready.accounts.find(({ name }) => name === "carol"),
      "an account named carol",
    ).account;
    const args = ["keys", "new", "mine", "--keys", keys];
    const made = await user.json<{ name: string; isEncrypted: boolean; publicKey: string }>([
      ...args,
      "--passphrase-file",
      secret,
      "--account",
      account,
    ]);
    expect(made).toMatchObject({ name: "mine", isEncrypted: true });
    const file = join(keys, "mine.key.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, "utf8");
    await expectRefusal([...args, "--passphrase-file", secret], "KEY_EXISTS");
    expect(readFileSync(file, "utf8")).toBe(before);
    const { stdout } = await user.run(["keys", "list", "--keys", keys]);
    expect(stdout).toMatch(/mine +[0-9a-f]{64} +fa1\w+ +encrypted/);
    const shown = await user.json<object>(["keys", "show", "mine", "--keys", keys]);
    expect(shown).toEqual({ ...made, account });
    expect(before).not.toContain("correct horse");
  }, 60_000);

  test("refuses a wrong passphrase, none, and a key that others can read", async () => {
    const args = [
      "pay",
      "--from",
      "mine",
      "--to",
      ready.accounts[0]?.account ?? "",
      "--keys",
      keys,
    ];
    const pay = [...args, "--amount", "1", "--asset", "EUR", "--node", ready.http];
    await expectRefusal([...pay, "--passphrase-file", wrong], "PASSPHRASE_WRONG");
    await expectRefusal(pay, "PASSPHRASE_NEEDED");
    await expectRefusal(["keys", "new", "other", "--keys", keys], "PASSPHRASE_NEEDED");
    await expectRefusal([...pay, "--passphrase-file", keys], "PASSPHRASE_FILE");
    const file = join(keys, "mine.key.json");
    chmodSync(file, 0o644);
    const message = await expectRefusal(pay, "KEY_EXPOSED");
    expect(message).toContain(`chmod 600 ${file}`);
    chmodSync(file, 0o600);
    expect(existsSync(join(keys, "other.key.json"))).toBe(false);
  }, 60_000);
});

describe("CLI-1: errors are one sentence and a stable code", () => {
  test.each([
    ["an unknown transaction", ["tx", NO_TX], "NOT_FOUND"],
    ["a proof of an unknown transaction", ["proof", NO_TX, "--out", "x"], "NOT_FOUND"],
    ["a block above the head", ["block", "999999"], "NOT_FOUND"],
    ["a missing key", ["keys", "show", "nobody"], "KEY_MISSING"],
    ["a payee without key", [...payArgs.slice(0, 4), "nobody", ...payArgs.slice(5)], "KEY_MISSING"],
    ["an unknown asset", [...payArgs.slice(0, 8), "XYZ"], "NOT_FOUND"],
    ["too many decimals", [...payArgs.slice(0, 6), "1.234", ...payArgs.slice(7)], "BAD_ARGUMENT"],
    ["too much", [...payArgs.slice(0, 6), "99999999", ...payArgs.slice(7)], "NOT_APPLIED"],
    ["nobody at the node's address", ["status", "--node", "http://127.0.0.1:9"], "NODE_SILENT"],
    ["a missing option", ["pay", "--from", "alice"], "BAD_USAGE"],
    ["an unknown option", ["status", "--sideways"], "BAD_USAGE"],
    ["an unknown command", ["fly"], "BAD_USAGE"],
    ["no number", ["block", "x"], "BAD_USAGE"],
    ["a home that is none", ["start", "--home", "/nonexistent"], "HOME_MISSING"],
    ["a network that is none", ["testnet", "run", "--dir", "/nonexistent"], "NETWORK_MISSING"],
  ])(
    "%s",
    async (_what, args, code) => {
      await expectRefusal(args, code);
    },
    90_000,
  );
});

describe("CLI-1: help", () => {
  const common = ["--node", "--keys", "--passphrase-file", "--json"];
  test.each<[string, readonly string[]]>([
    ["dev", ["--validators", "--dir", "--port", "--json"]],
    ["testnet create", ["-n", "--out", "--base-port", "--load-accounts", "--mode", "--json"]],
    ["testnet run", ["--dir", "--json"]],
    ["start", ["--home", "--log-level", "--log-file", "--passphrase-file", "--json"]],
    ["keys new", ["--keys", "--passphrase-file", "--account", "--plain", "--json"]],
    ["keys list", ["--keys", "--json"]],
    ["keys show", ["--keys", "--json"]],
    ["status", ["--watch", ...common]],
    ["pay", ["--from", "--to", "--amount", "--asset", "--ref", "--id", "--wait", ...common]],
    ["account", ["--as", "--limit", ...common]],
    ["block", ["--as", ...common]],
    ["tx", ["--as", ...common]],
    ["proof", ["--out", "--as", ...common]],
    ["verify", ["--genesis", "--json"]],
    ["import pain001", ["--map", "--dry-run", "--accept-count-mismatch", "--pain002", ...common]],
    ["bench load", ["--rate", "--duration", "--workload", "--node", "--html", "--out", "--json"]],
  ])(
    "of %s mentions its options",
    async (command, options) => {
      const { code, stdout, stderr } = await user.run([...command.split(" "), "--help"]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`Usage: fondaco ${command}`);
      for (const option of options)
        expect(stdout).toMatch(new RegExp(`(^|[ ,])${option}[ ,]`, "m"));
    },
    30_000,
  );

  test("of the command itself names every command", async () => {
    const { code, stdout } = await user.run(["--help"]);
    expect(code).toBe(0);
    for (const name of ["dev", "testnet", "start", "keys", "status", "pay", "account", "block"]) {
      expect(stdout).toMatch(new RegExp(`^ +${name} `, "m"));
    }
    for (const name of ["tx", "proof", "verify", "import", "bench"]) {
      expect(stdout).toMatch(new RegExp(`^ +${name} `, "m"));
    }
    expect((await user.run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  }, 30_000);
});

describe("the state of fondaco dev", () => {
  test("survives SIGTERM and a new start", async () => {
    const bob = await user.json<AccountAnswer>(["account", "bob"]);
    const txIds = bob.history.map(({ txId }) => txId);
    expect(txIds.length).toBeGreaterThan(0);
    expect(await dev.stop()).toBe(0);
    expect((await user.run(["status"])).stderr).toContain("(NODE_UNKNOWN)");
    dev = await user.start(devArgs);
    const again = dev.first<DevReady>();
    expect([again.genesis, again.accounts]).toEqual([ready.genesis, ready.accounts]);
    const after = await user.json<AccountAnswer>(["account", "bob"]);
    expect(after.balances).toEqual(bob.balances);
    expect(after.history.map(({ txId }) => txId)).toEqual(txIds);
    expect((await user.json<Paid>(payArgs)).status).toBe("final");
  }, 120_000);
});
