// Goal: a credit transfer file is paid exactly once on a real network of four validators, by the
// command itself, and its status report is valid and matches the ledger.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { registerImportPain001 } from "../../src/cli/commands/importPain001.js";
import { LocalNetwork } from "../../src/cli/network/localNetwork.js";
import { anyPortsConfig, writeNetwork } from "../../src/cli/network/networkFiles.js";
import { planNetwork } from "../../src/cli/network/networkPlan.js";
import {
  connect,
  type FondacoClient,
  type WebSocketConstructor,
  walletFrom,
} from "../../src/client/index.js";
import { idToText } from "../../src/codec/text.js";
import { silentLogger } from "../../src/ports/logger.js";
import { testDataPath } from "../support/data.js";
import { temporaryHome } from "../support/homes.js";
import { schemaErrors } from "../support/isoSchema.js";
import { entryXml, fileXml, partXml } from "../support/pain001Files.js";

const sepa = testDataPath("iso20022", "sepa_payment_naujas_1.xml");
const swiss = testDataPath("iso20022", "musterfile_pain.001_Nov2020.xml");
const schema = testDataPath("iso20022", "xsd", "pain.002.001.11.xsd");

const directory = temporaryHome();
const keys = join(directory, "keys");
/** One network for the file; each test has ids of its own. */
let network: LocalNetwork;
let client: FondacoClient;
const accounts = new Map<string, string>();
const failures: Error[] = [];

beforeAll(async () => {
  const plan = planNetwork({
    networkName: "pain001",
    validatorCount: 4,
    addressOf: (i) => `127.0.0.1:${9_000 + i}`,
    timeMs: Date.now(),
    isDemo: true,
    loadAccounts: 0,
  });
  for (const { name, accountId } of plan.accounts) {
    accounts.set(name, idToText("account", accountId));
  }
  writeNetwork({
    directory,
    plan,
    isDemo: true,
    configOf: (validator) => anyPortsConfig(validator, "scoped"),
  });
  network = await LocalNetwork.start({
    directory,
    validatorCount: 4,
    port: 0,
    loggerOf: () => silentLogger,
    failed: (error) => failures.push(error),
  });
  await network.ready();
  const bank = plan.accounts.find(({ name }) => name === "bank");
  if (bank === undefined) throw new Error("the plan has a bank");
  client = await connect({
    url: urlOf(0),
    webSocket: WebSocket as unknown as WebSocketConstructor,
    login: walletFrom(bank.accountId, bank.seed),
  });
}, 60_000);

afterAll(async () => {
  client?.close();
  await network?.stop();
  expect(failures).toEqual([]);
});

const urlOf = (validator: number) => network.validators[validator]?.gateway?.httpUrl ?? "";
const accountOf = (name: string) => accounts.get(name) as string;

/** Minor units of an account of the organisation that the bank belongs to. */
async function balance(name: string, asset: string): Promise<bigint> {
  const { balances } = await client.call("account.get", { account: accountOf(name) });
  return BigInt(balances.find(({ code }) => code === asset)?.available ?? 0);
}

interface Ran {
  readonly exitCode: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a program makes of the command's JSON
  readonly value: any;
}

/** Runs the command as `main.ts` does, in this process, with a home that holds nothing. */
async function run(...args: string[]): Promise<Ran> {
  const program = new Command("fondaco").exitOverride();
  registerImportPain001(program);
  const written: string[] = [];
  const original = process.stdout.write;
  const [home, exitCode] = [process.env.HOME, process.exitCode];
  process.env.HOME = temporaryHome();
  process.stdout.write = ((text: string) => {
    written.push(text);
    return true;
  }) as typeof process.stdout.write;
  try {
    await program.parseAsync(["import", "pain001", ...args], { from: "user" });
    const text = written.join("");
    return {
      exitCode: Number(process.exitCode),
      text,
      value: args.includes("--json") ? JSON.parse(text) : undefined,
    };
  } finally {
    process.stdout.write = original;
    process.env.HOME = home;
    process.exitCode = exitCode;
  }
}

let work: string;
beforeEach(() => {
  work = temporaryHome();
});

function file(name: string, content: unknown): string {
  const path = join(work, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const common = (validator = 0) => ["--node", urlOf(validator), "--keys", keys, "--json"];

/** Text of each element with this name, in order. */
function all(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, "g"))].map(
    (match) => match[1] as string,
  );
}

async function validReport(path: string): Promise<string> {
  const xml = readFileSync(path, "utf8");
  if (schema !== undefined) expect(await schemaErrors(schema, [xml])).toEqual([]);
  return xml;
}

describe("import pain001 (ISO-2)", () => {
  test("the SEPA sample is paid; again, from another home and validator, nothing is", async ({
    skip,
  }) => {
    if (sepa === undefined) return noData(skip);
    const map = file("map.json", {
      "LT00 7180 0000 0000 0000": "alice",
      LT007400000000000000: accountOf("bank"),
    });
    const before = [await balance("alice", "EUR"), await balance("bank", "EUR")];
    const dry = await run(sepa, "--map", map, "--dry-run", ...common());
    expect(dry.value).toMatchObject({ status: "ACTC", accepted: 1, paid: 0, rejected: 0 });
    expect(dry.exitCode).toBe(0);
    expect([await balance("alice", "EUR"), await balance("bank", "EUR")]).toEqual(before);

    const first = await run(sepa, "--map", map, "--pain002", join(work, "1.xml"), ...common());
    expect(first.value).toMatchObject({ status: "ACSC", accepted: 1, paid: 1, alreadyPaid: 0 });
    expect(first.exitCode).toBe(0);
    const after = [await balance("alice", "EUR"), await balance("bank", "EUR")];
    expect(after).toEqual([(before[0] as bigint) - 9_999n, (before[1] as bigint) + 9_999n]);

    const second = await run(sepa, "--map", map, "--pain002", join(work, "2.xml"), ...common(1));
    expect(second.value).toMatchObject({ status: "ACSC", accepted: 1, paid: 0, alreadyPaid: 1 });
    expect(second.exitCode).toBe(0);
    expect([await balance("alice", "EUR"), await balance("bank", "EUR")]).toEqual(after);

    // Both reports name the one transaction, and the ledger has it there.
    const [{ txId, height, index }] = first.value.entries;
    expect(second.value.entries[0]).toMatchObject({ txId, height, index });
    for (const name of ["1.xml", "2.xml"]) {
      const xml = await validReport(join(work, name));
      expect(all(xml, "TxSts")).toEqual(["ACSC"]);
      expect(all(xml, "OrgnlEndToEndId")).toEqual(["EndToEndId0001"]);
      expect(all(xml, "AddtlInf")).toEqual(
        expect.arrayContaining([`txId ${txId}`, `height ${height} index ${index}`]),
      );
    }
    const { items } = await client.call("tx.status", { txIds: [txId] });
    expect(items).toMatchObject([{ status: "final", outcome: "applied", height, index }]);
  });

  test("the Swiss sample: refused whole with both counts, then seven of eight are paid", async ({
    skip,
  }) => {
    if (swiss === undefined) return noData(skip);
    const map = file("map.json", {
      CH0309000000250090342: "alice",
      CH5109000000250092291: "bob",
      "014295803": "carol",
      CH2909000000250094239: "shop",
      CH010023512312312365L: accountOf("carol"),
      IT1122334455667788991122334: "carol",
      CH7730000001250094239: "bank",
    });
    const before = [await balance("alice", "CHF"), await balance("bank", "CHF")];
    const report = join(work, "report.xml");
    const refused = await run(swiss, "--map", map, "--pain002", report, ...common());
    expect(refused.exitCode).toBe(1);
    expect(refused.value).toMatchObject({
      status: "RJCT",
      refusal: {
        reason: "AM19",
        message: "the header declares 7 entries (NbOfTxs), the file has 8",
      },
      accepted: 0,
      paid: 0,
      rejected: 8,
    });
    expect(all(await validReport(report), "GrpSts")).toEqual(["RJCT"]);
    expect([await balance("alice", "CHF"), await balance("bank", "CHF")]).toEqual(before);

    const accept = ["--accept-count-mismatch", "--pain002", report];
    const accepted = await run(swiss, "--map", map, ...accept, ...common());
    expect(accepted.value).toMatchObject({ status: "PART", paid: 7, alreadyPaid: 0, rejected: 1 });
    expect(accepted.exitCode).toBe(1);
    expect(accepted.value.entries[5]).toMatchObject({
      endToEndId: "EndToEndId-04-01",
      status: "rejected",
      reason: "AM03",
    });
    // Alice pays 6.20 + 1.80 + 12.00 + 5.00 + 2.00; bob pays 4.00 to the bank and 6.00 to himself.
    expect([await balance("alice", "CHF"), await balance("bank", "CHF")]).toEqual([
      (before[0] as bigint) - 2_700n,
      (before[1] as bigint) + 400n,
    ]);
    const xml = await validReport(report);
    expect(all(xml, "TxSts")).toEqual([...Array(5).fill("ACSC"), "RJCT", "ACSC", "ACSC"]);
    expect(all(xml, "PmtInfSts")).toEqual(["ACSC", "ACSC", "ACSC", "RJCT", "ACSC"]);

    const again = await run(swiss, "--map", map, ...accept, ...common(3));
    expect(again.value).toMatchObject({ status: "PART", paid: 0, alreadyPaid: 7, rejected: 1 });

    // All texts may name one account: it pays itself seven times, and has what it had.
    const texts = Object.keys(JSON.parse(readFileSync(map, "utf8")));
    const one = file("one.json", Object.fromEntries(texts.map((text) => [text, "bank"])));
    const own = await balance("bank", "CHF");
    const itself = await run(swiss, "--map", one, ...accept, ...common());
    expect(itself.value).toMatchObject({ status: "PART", paid: 7, alreadyPaid: 0, rejected: 1 });
    expect(await balance("bank", "CHF")).toBe(own);
  });

  test("a wrong control sum is refused with AM16, also in words", async () => {
    const map = file("map.json", { DEBTOR: "alice", CREDITOR: "bob" });
    const xml = fileXml({ sum: "1.01", parts: [partXml({ entries: [entryXml()] })] });
    const args = [file("wrong.xml", xml), "--map", map, "--node", urlOf(0), "--keys", keys];
    const refused = await run(...args);
    expect(refused.exitCode).toBe(1);
    expect(refused.text).toBe(
      "refused whole, nothing was paid: AM16: the control sum is 1.01, the amounts add up to 1 (CtrlSum of the header)\n",
    );
  });

  test("after an interruption the same command pays the rest; the ledger's refusals are reasons", async () => {
    const map = file("map.json", { DEBTOR: "alice", RICH: "bank", CREDITOR: "bob" });
    const entries = (count: number) =>
      Array.from({ length: count }, (_, i) => entryXml({ id: `E${i}`, amount: "0.01" }));
    const part = (count: number, more: readonly string[] = []) =>
      fileXml({
        messageId: "interrupted",
        parts: [
          partXml({ entries: [...entries(count), ...more] }),
          partXml({ id: "P-2", debtor: "RICH", entries: [entryXml({ amount: "1" })] }),
        ],
      });
    // What a run that was cut off has paid: the first hundred.
    const cut = await run(file("cut.xml", part(100)), "--map", map, ...common());
    expect(cut.value).toMatchObject({ status: "ACSC", paid: 101 });
    const before = await balance("alice", "EUR");
    const hopeless = [
      entryXml({ id: "poor", amount: "9000000.00" }),
      entryXml({ id: "scale", amount: "0.001" }),
      entryXml({ id: "asset", currency: "ZZZ" }),
      entryXml({ id: "stranger", creditor: "NOBODY" }),
    ];
    const whole = file("whole.xml", part(300, hopeless));
    const args = [whole, "--map", map, "--pain002", join(work, "report.xml")];
    const rest = await run(...args, ...common(2));
    expect(rest.value).toMatchObject({
      status: "PART",
      paid: 200,
      alreadyPaid: 101,
      rejected: 4,
      pending: 0,
    });
    const reasons = rest.value.entries
      .filter(({ status }: { status: string }) => status === "rejected")
      .map(({ reason }: { reason: string }) => reason);
    expect(reasons).toEqual(["AM04", "CH20", "AM03", "AC03"]);
    expect(await balance("alice", "EUR")).toBe(before - 200n);
    const xml = await validReport(join(work, "report.xml"));
    expect(all(xml, "TxSts").filter((status) => status === "ACSC")).toHaveLength(301);
    // An id of the file with other content is another payment: never paid as if it were the same.
    const changed = part(1).replace("0.01", "0.02");
    const reused = await run(file("changed.xml", changed), "--map", map, ...common());
    expect(reused.value.entries[0]).toMatchObject({ status: "rejected", reason: "DU04" });
  });

  test("what the operator must mend ends the command before anything is paid", async () => {
    const good = file("good.xml", fileXml({ parts: [partXml({ entries: [entryXml()] })] }));
    const mapOf = (name: string, content: unknown) => ["--map", file(name, content)];
    const full = mapOf("full.json", { DEBTOR: "alice", CREDITOR: "bob" });
    const code = async (...args: string[]) => {
      const { exitCode, value } = await run(...args, ...common());
      expect(exitCode).toBe(1);
      return [value.error.code, value.error.message];
    };
    expect(await code(join(work, "none.xml"), ...full)).toEqual([
      "FILE_UNREADABLE",
      expect.stringContaining("does not exist"),
    ]);
    const broken = file("broken.xml", "<Document>\n  <a></b>");
    expect(await code(broken, ...full)).toEqual([
      "MESSAGE_UNSUPPORTED",
      expect.stringMatching(/^line 1, column \d+: /),
    ]);
    const cases: [readonly string[], string][] = [
      [mapOf("a.json", "{"), "ACCOUNT_MAP"],
      [mapOf("b.json", { DEBTOR: 7 }), "ACCOUNT_MAP"],
      [mapOf("c.json", { DEBTOR: "fa1qqqq" }), "ACCOUNT_MAP"],
      [mapOf("d.json", { "A B": "alice", AB: "bob" }), "ACCOUNT_MAP"],
      [mapOf("e.json", { DEBTOR: "nobody", CREDITOR: "bob" }), "KEY_MISSING"],
      [mapOf("f.json", { DEBTOR: "alice", CREDITOR: "nobody" }), "KEY_MISSING"],
      [[...full, "--pain002", join(work, "no", "where.xml")], "FILE_UNWRITABLE"],
      [[...full, "--pain002", good], "SAME_FILE"],
    ];
    for (const [args, expected] of cases) expect((await code(good, ...args))[0]).toBe(expected);
    expect(existsSync(good)).toBe(true);
    const paid = await run(good, ...full, ...common());
    expect(paid.value).toMatchObject({ paid: 1, alreadyPaid: 0 });
  });
});

function noData(skip: (note: string) => void): void {
  expect(process.env.CI, "the test data is needed where CI is set").not.toBe("true");
  skip("the ISO 20022 samples are not there: set FONDACO_TEST_DATA");
}
