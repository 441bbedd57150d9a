import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { action } from "../context.js";
import { commandError } from "../errors.js";
import { homePath, readNetwork, writeNetwork } from "../network/networkFiles.js";
import { planNetwork } from "../network/networkPlan.js";
import { integerOption, untilStopped } from "../options.js";
import { type Output, table } from "../output.js";

interface CreateOptions {
  readonly n: number;
  readonly out: string;
  readonly basePort?: number;
  readonly loadAccounts: number;
  readonly mode: "open" | "scoped";
  readonly blockInterval: number;
  readonly json?: boolean;
}

interface RunOptions {
  readonly dir: string;
  readonly json?: boolean;
}

export function registerTestnet(program: Command): void {
  const testnet = program
    .command("testnet")
    .description("make and run a network of validator processes on this machine");
  testnet
    .command("create")
    .description("make homes, keys and the genesis record of a new network")
    .requiredOption("--out <dir>", "folder that it makes")
    .option("-n <validators>", "validators, 1 to 100", integerOption(1, 100), 4)
    .option(
      "--base-port <port>",
      "ports from here on (default: free ones)",
      integerOption(1, 65_000),
    )
    .option(
      "--load-accounts <n>",
      "funded accounts for `fondaco bench load`",
      integerOption(0, 20_000),
      1_000,
    )
    .option(
      "--block-interval <ms>",
      "least time between two blocks",
      integerOption(10, 10_000),
      100,
    )
    .addOption(
      new Option(
        "--mode <mode>",
        "who may read: `open` everybody, `scoped` the parties of each thing",
      )
        .choices(["open", "scoped"])
        .default("scoped"),
    )
    .option("--json", "answer one line of JSON")
    .addHelpText(
      "after",
      "\n  $ fondaco testnet create -n 4 --out net\n  $ fondaco testnet run --dir net",
    )
    .action(action(create));
  testnet
    .command("run")
    .description("run every validator of a network, each in a process of its own")
    .requiredOption("--dir <dir>", "folder that `testnet create` made")
    .option("--json", "print one line of JSON when all have started")
    .action(action(run));
}

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((done, failed) => {
          const server = createServer();
          server.once("error", failed);
          server.listen({ host: "127.0.0.1", port: 0 }, () => done(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

async function create(output: Output, options: CreateOptions): Promise<number> {
  const directory = resolve(options.out);
  const { n, basePort, mode } = options;
  const ports =
    basePort === undefined
      ? await freePorts(3 * n)
      : Array.from({ length: 3 * n }, (_, i) => basePort + i);
  const portOf = (kind: number, validator: number) => ports[kind * n + validator] as number;
  const plan = planNetwork({
    networkName: "fondaco testnet",
    validatorCount: n,
    addressOf: (i) => `127.0.0.1:${portOf(0, i)}`,
    timeMs: Date.now(),
    isDemo: false,
    loadAccounts: options.loadAccounts,
    parameters: { blockIntervalMs: options.blockInterval },
  });
  const network = writeNetwork({
    directory,
    plan,
    isDemo: false,
    configOf: (validator) => ({
      version: 1,
      validator,
      mesh: { host: "127.0.0.1", port: portOf(0, validator) },
      gateway: { host: "127.0.0.1", port: portOf(1, validator) },
      admin: { host: "127.0.0.1", port: portOf(2, validator) },
      mode,
      listener: "auto",
      // More threads than cores only add switches: such validators check signatures by themselves.
      workers: n > availableParallelism() ? 0 : 1,
    }),
  });
  const nodes = network.validators.map(({ gateway }) => `http://${gateway}`);
  output.result(
    { dir: directory, genesis: network.genesisHash, nodes, accounts: network.accounts },
    [
      `${n} homes in ${directory}, genesis ${network.genesisHash}`,
      "",
      table(
        ["validator", "organisation", "node"],
        network.validators.map(({ organisation }, i) => [
          String(i),
          organisation,
          nodes[i] as string,
        ]),
      ),
      "",
      `Run it:  fondaco testnet run --dir ${options.out}`,
      `Pay:     fondaco pay --node ${nodes[0]} --keys ${options.out}/keys --from alice --to bob --amount 12.50 --asset EUR`,
    ].join("\n"),
  );
  return 0;
}

interface Started {
  readonly child: ChildProcess;
  readonly http: string;
  readonly ws: string;
}

function startOne(home: string, ended: (error: Error) => void): Promise<Started> {
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  const child = spawn(
    process.execPath,
    // Young objects live until their block is final: with room for them a payment costs 12 % less.
    ["--max-semi-space-size=64", ...process.execArgv, main, "start", "--home", home, "--json"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  return new Promise((done, failed) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on("line", (line) => {
      const said = JSON.parse(line) as Record<string, unknown>;
      if (said.event === "started") {
        done({ child, http: String(said.http), ws: String(said.ws) });
      } else if (said.error !== undefined) {
        const { code, message } = said.error as { code: string; message: string };
        failed(commandError(code, `${home}: ${message}`));
      }
    });
    child.once("error", failed);
    child.once("exit", (code, signal) => {
      const error = commandError(
        "VALIDATOR_ENDED",
        `the validator of ${home} ended (${signal ?? `exit code ${code}`}); its log is ${home}/validator.log`,
      );
      failed(error);
      ended(error);
    });
  });
}

async function run(output: Output, options: RunOptions): Promise<number> {
  const directory = resolve(options.dir);
  const network = readNetwork(directory);
  const stopped = untilStopped();
  let isStopping = false;
  const starting = network.validators.map((_, i) =>
    startOne(homePath(directory, i), (error) => {
      // One validator may end: the others go on, and it can be started again by `fondaco start`.
      if (!isStopping) output.remark(error.message);
    }),
  );
  const outcomes = await Promise.allSettled(starting);
  const started = outcomes.flatMap((item) => (item.status === "fulfilled" ? [item.value] : []));
  const stopAll = async () => {
    isStopping = true;
    await Promise.all(
      started.map(
        ({ child }) =>
          new Promise<void>((done) => {
            if (child.exitCode !== null || child.signalCode !== null) {
              done();
              return;
            }
            child.once("exit", () => done());
            child.kill("SIGTERM");
          }),
      ),
    );
  };
  const failure = outcomes.find((item) => item.status === "rejected");
  if (failure !== undefined) {
    await stopAll();
    throw failure.reason;
  }
  output.result(
    {
      event: "ready",
      dir: directory,
      genesis: network.genesisHash,
      nodes: started.map(({ http, ws, child }) => ({ http, ws, pid: child.pid })),
    },
    [
      `${started.length} validators run:`,
      table(
        ["validator", "node", "process"],
        started.map(({ http, child }, i) => [String(i), http, String(child.pid)]),
      ),
      "Ctrl-C stops them.",
    ].join("\n"),
  );
  await stopped.promise;
  await stopAll();
  return 0;
}
