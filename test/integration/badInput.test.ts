// Goal: what is wrong around a validator ends its process with one clear sentence, and nothing that
// was final is lost by it. Method: real processes; a network of four whose validator 3 meets a
// damaged, a lost and a full disk, while the others go on.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { present } from "../../src/base/assert.js";
import type { FondacoClient } from "../../src/client/index.js";
import { LmdbRowStore } from "../../src/storage/lmdbRowStore.js";
import { CommandUser, type Running } from "../support/commandRunner.js";
import { repositoryPath } from "../support/data.js";
import { temporaryHome } from "../support/homes.js";
import { ProcessNetwork, until } from "../support/processNetwork.js";

const user = new CommandUser(temporaryHome());

interface Config {
  readonly mesh: { readonly port: number };
  readonly gateway: { readonly port: number };
  readonly admin: { readonly port: number };
}

/** A start that must fail: exit code 1, nothing on standard output, one sentence with its code. */
async function expectRefusedStart(
  home: string,
  code: string,
  env: Record<string, string> = {},
): Promise<string> {
  const ran = await user.run(["start", "--home", home], env);
  expect([ran.code, ran.stdout], ran.stderr).toEqual([1, ""]);
  expect(ran.stderr).toMatch(new RegExp(`^fondaco: [^\\n]+ \\(${code}\\)\\n$`));
  return ran.stderr;
}

/** A network of one validator, which has never run. */
async function newHome(name: string): Promise<string> {
  const out = join(user.home, name);
  await user.json(["testnet", "create", "-n", "1", "--out", out, "--load-accounts", "0"]);
  return join(out, "validator-0");
}

const configOf = (home: string) =>
  JSON.parse(readFileSync(join(home, "config.json"), "utf8")) as Config;

describe("a start", () => {
  test.each(["mesh", "gateway", "admin"] as const)(
    "with a taken %s port is refused",
    async (what) => {
      const home = await newHome(`taken-${what}`);
      const { port } = configOf(home)[what];
      const server = await new Promise<Server>((resolve, reject) => {
        const made = createServer();
        made.once("error", reject);
        made.listen({ host: "127.0.0.1", port }, () => resolve(made));
      });
      try {
        expect(await expectRefusedStart(home, "PORT_TAKEN")).toContain(String(port));
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
      // Nothing is left behind that would hinder the next start.
      const running = await user.start(["start", "--home", home, "--json"]);
      expect(await running.stop()).toBe(0);
    },
    90_000,
  );

  test("without home, genesis record or key is refused by the file's name", async () => {
    const home = await newHome("incomplete");
    await expectRefusedStart(join(user.home, "nowhere"), "HOME_MISSING");
    const part = (file: string) => join(home, file);
    for (const [file, code] of [
      ["config.json", "HOME_MISSING"],
      ["genesis.bin", "HOME_MISSING"],
      ["keys/consensus.key.json", "KEY_MISSING"],
      ["keys/tls.key.json", "KEY_MISSING"],
    ] as const) {
      renameSync(part(file), part("aside"));
      const said = await expectRefusedStart(home, code);
      expect(said).toContain(code === "KEY_MISSING" ? "keys" : file);
      renameSync(part("aside"), part(file));
    }
    const config = readFileSync(part("config.json"), "utf8");
    for (const bad of ["{", JSON.stringify({ ...JSON.parse(config), surplus: 1 })]) {
      writeFileSync(part("config.json"), bad);
      await expectRefusedStart(home, "HOME_MALFORMED");
    }
    writeFileSync(part("config.json"), config);
    const genesis = readFileSync(part("genesis.bin"));
    writeFileSync(part("genesis.bin"), genesis.subarray(0, genesis.length - 1));
    await expectRefusedStart(home, "HOME_MALFORMED");
  }, 90_000);

  test("with the key of another validator is refused", async () => {
    const home = await newHome("own-key");
    const other = await newHome("other-key");
    cpSync(join(other, "keys"), join(home, "keys"), { recursive: true, force: true });
    await expectRefusedStart(home, "WRONG_KEY");
  }, 60_000);

  test("of a home with data of another chain is refused", async () => {
    const home = await newHome("first-chain");
    const running = await user.start(["start", "--home", home, "--json"]);
    expect(await running.stop()).toBe(0);
    const other = await newHome("second-chain");
    cpSync(join(other, "keys"), join(home, "keys"), { recursive: true, force: true });
    cpSync(join(other, "genesis.bin"), join(home, "genesis.bin"), { force: true });
    await expectRefusedStart(home, "WRONG_CHAIN");
  }, 60_000);

  test("of a home that another process runs is refused, and the other goes on", async () => {
    const home = await newHome("twice");
    const running = await user.start(["start", "--home", home, "--json"]);
    const { pid } = running.first<{ pid: number }>();
    expect(await expectRefusedStart(home, "HOME_LOCKED")).toContain(String(pid));
    const { port } = configOf(home).gateway;
    const status = await user.json<{ isVoting: boolean }>([
      "status",
      "--node",
      `http://127.0.0.1:${port}`,
    ]);
    expect(status.isVoting).toBe(true);
    // A killed one leaves its lock behind, which hinders nobody.
    expect(await running.stop("SIGKILL")).toBe("SIGKILL");
    const again = await user.start(["start", "--home", home, "--json"]);
    expect(await again.stop()).toBe(0);
  }, 90_000);
});

describe("one validator of four", () => {
  const SICK = 3;
  let network: ProcessNetwork;
  let client: FondacoClient;
  let sick: Running;
  const paid: { readonly txId: string; readonly height: number | undefined }[] = [];

  const startSick = async (env: Record<string, string> = {}) => {
    sick = await user.start(["start", "--home", network.home(SICK), "--json"], env);
  };

  async function pay(count: number): Promise<void> {
    const [from, to] = network.wallets();
    for (let i = 0; i < count; i++) {
      const payment = await client.pay({
        from: present(from, "a payer"),
        to: present(to, "a payee").account,
        asset: "EUR",
        amount: 1n,
      });
      expect(payment.outcome).toBe("applied");
      paid.push({ txId: payment.txId, height: payment.height });
    }
  }

  interface Status {
    readonly isVoting: boolean;
    readonly isSyncing: boolean;
    readonly stoppedReason: string | null;
    readonly warnings: readonly { readonly code: string; readonly message: string }[];
  }
  const status = () => network.call<Status>(SICK, "node.status", {});

  /** The sick one is well again: it has every payment that was ever final, at its place. */
  async function expectEverythingThere(): Promise<void> {
    const highest = Math.max(...paid.map(({ height }) => height ?? 0));
    await until(
      () => network.height(SICK),
      (height) => height >= highest,
      90_000,
      "catching up",
    );
    const { items } = await network.call<{ items: { status: string; height: number }[] }>(
      SICK,
      "tx.status",
      { txIds: paid.map(({ txId }) => txId) },
    );
    expect(items.map(({ height }) => height)).toEqual(paid.map(({ height }) => height));
    expect(await network.resultHash(SICK, highest)).toBe(await network.resultHash(0, highest));
  }

  beforeAll(async () => {
    network = new ProcessNetwork({ loadAccounts: 4 });
    await Promise.all([network.start(0), network.start(1), network.start(2), startSick()]);
    const [from] = network.wallets();
    client = await network.connect(0, present(from, "a payer"));
    await pay(8);
    await expectEverythingThere();
  }, 180_000);
  afterAll(async () => {
    await sick.stop("SIGKILL");
    await network.close();
  }, 60_000);

  /** Changes one byte of a record that was flushed long ago; the result undoes it. */
  function damage(part: "log" | "safety"): () => void {
    const directory = join(network.home(SICK), "data", part);
    const [first] = readdirSync(directory).filter((name) => name.endsWith(".seg"));
    const path = join(directory, present(first, "a segment"));
    const bytes = readFileSync(path);
    const flip = () => {
      // The header of a segment has 128 bytes; this lies in the body of the first record.
      bytes[150] = (bytes[150] as number) ^ 0xff;
      writeFileSync(path, bytes);
    };
    flip();
    return flip;
  }

  test.each([
    ["log", "LOG_CORRUPT"],
    ["safety", "SAFETY_CORRUPT"],
  ] as const)(
    "NODE-4: a damaged %s is refused by file and offset",
    async (part, code) => {
      await sick.stop("SIGKILL");
      const repair = damage(part);
      const said = await expectRefusedStart(network.home(SICK), code);
      expect(said).toContain(join(network.home(SICK), "data", part));
      await pay(2);
      repair();
      await startSick();
      await expectEverythingThere();
    },
    120_000,
  );

  test("NODE-4: a changed row is refused at the start, and the state is made again from the log", async () => {
    await sick.stop();
    const rows = join(network.home(SICK), "data", "rows");
    const store = LmdbRowStore.open(rows);
    // An account's balance: the first row of its table with a few bytes more than flags.
    const found = present(
      store.scan("rows", { limit: 1_000 }).find(({ value }) => value.length > 40),
      "a row to change",
    );
    const changed = found.value.slice();
    changed[0] = (changed[0] as number) ^ 1;
    await new Promise<void>((resolve, reject) => {
      store.commit([{ table: "rows", key: found.key, value: changed }], (error) =>
        error === undefined ? resolve() : reject(error),
      );
    });
    await new Promise<void>((resolve) => store.close(resolve));
    const said = await expectRefusedStart(network.home(SICK), "STATE_ROOT_MISMATCH");
    expect(said).toMatch(/checkpoint/);
    // What the sentence says to do.
    renameSync(rows, `${rows}-damaged`);
    await startSick();
    await expectEverythingThere();
  }, 120_000);

  test("NODE-5: a full disk ends it by one sentence; with space again it has every payment", async () => {
    await sick.stop();
    const flag = join(user.home, "disk-is-full");
    const loader = pathToFileURL(repositoryPath("test/support/fullDisk.mjs")).href;
    const env = {
      NODE_OPTIONS: `--import ${loader}`,
      FULL_DISK_FLAG: flag,
      FULL_DISK_PATH: network.home(SICK),
    };
    await startSick(env);
    await expectEverythingThere();
    writeFileSync(flag, "");
    await pay(2);
    expect(await sick.ended).toBe(1);
    expect(sick.lines).toHaveLength(2);
    const { error } = JSON.parse(present(sick.lines[1], "a second line")) as {
      error: { code: string; message: string };
    };
    expect(error.code).toBe("DISK_FULL");
    expect(error.message).toContain(network.home(SICK));
    await expectRefusedStart(network.home(SICK), "DISK_FULL", env);
    await pay(2);
    rmSync(flag);
    await startSick(env);
    await expectEverythingThere();
  }, 180_000);

  test("NODE-5: the same on a small file system that fills up", async (context) => {
    const home = network.home(SICK);
    const aside = `${home}-aside`;
    try {
      mkdirSync(aside);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", aside], { stdio: "pipe" });
    } catch {
      // The test above fills the disk where nothing may be mounted.
      context.skip("no file system may be mounted here");
      return;
    }
    try {
      await sick.stop();
      cpSync(home, aside, { recursive: true, preserveTimestamps: true });
      const start = async () => {
        sick = await user.start(["start", "--home", aside, "--json"]);
      };
      await start();
      await expectEverythingThere();
      const { bavail, bsize } = statfsSync(aside);
      writeFileSync(join(aside, "filler"), Buffer.alloc(Number(bavail) * Number(bsize)));
      // The last pages of its files still have room for some payments.
      let hasEnded = false;
      void sick.ended.then(() => {
        hasEnded = true;
      });
      for (let i = 0; i < 200 && !hasEnded; i++) await pay(1);
      expect(await sick.ended).toBe(1);
      expect(sick.lines.at(-1)).toContain('"code":"DISK_FULL"');
      await expectRefusedStart(aside, "DISK_FULL");
      rmSync(join(aside, "filler"));
      await start();
      await expectEverythingThere();
      await sick.stop();
      rmSync(join(home, "data"), { recursive: true });
      cpSync(join(aside, "data"), join(home, "data"), { recursive: true });
    } finally {
      await sick.stop("SIGKILL");
      execFileSync("umount", [aside]);
    }
    await startSick();
    await expectEverythingThere();
  }, 180_000);

  test("NODE-4: without its safety file it follows, does not vote, and says SAFETY_LOST", async () => {
    await sick.stop();
    const safety = join(network.home(SICK), "data", "safety");
    const kept = `${safety}-kept`;
    renameSync(safety, kept);
    await startSick();
    await pay(3);
    await expectEverythingThere();
    const found = await status();
    expect([found.isVoting, found.stoppedReason]).toEqual([false, "SAFETY_LOST"]);
    expect(found.warnings.map(({ code }) => code)).toContain("SAFETY_LOST");
    // Nor after another start: no new file may pass for the lost one.
    await sick.stop("SIGKILL");
    expect(existsSync(safety)).toBe(false);
    await startSick();
    await pay(3);
    await expectEverythingThere();
    expect((await status()).isVoting).toBe(false);
    // With the very file that it wrote last it votes again.
    await sick.stop();
    renameSync(kept, safety);
    await startSick();
    await pay(3);
    await expectEverythingThere();
    expect((await status()).isVoting).toBe(true);
  }, 180_000);
});
