import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { messageOf } from "../../base/errors.js";
import type { Logger } from "../../ports/logger.js";
import { createJsonLogger } from "../../telemetry/index.js";
import { action, runningDevPath } from "../context.js";
import { commandError } from "../errors.js";
import { LocalNetwork } from "../network/localNetwork.js";
import {
  anyPortsConfig,
  hasNetwork,
  type NetworkFile,
  readNetwork,
  writeNetwork,
} from "../network/networkFiles.js";
import { planNetwork } from "../network/networkPlan.js";
import { integerOption, untilStopped } from "../options.js";
import type { Output } from "../output.js";

interface DevOptions {
  readonly validators: number;
  readonly dir: string;
  readonly port: number;
  readonly json?: boolean;
}

const LOAD_ACCOUNTS = 256;

export function registerDev(program: Command): void {
  program
    .command("dev")
    .description(
      "run a whole network on this machine: funded demo accounts, pages, everything readable",
    )
    .option("--validators <n>", "validators, 1 to 16", integerOption(1, 16), 4)
    .option(
      "--dir <dir>",
      "state of the network; it survives a restart",
      join(homedir(), ".fondaco", "dev"),
    )
    .option(
      "--port <port>",
      "port of pages and API of the first validator; 0 takes a free one",
      integerOption(0, 65_535),
      8410,
    )
    .option("--json", "print one line of JSON when payments can be sent")
    .addHelpText(
      "after",
      "\nThe demo keys are public: anybody knows them. Never give such a network anything of value.\n\n" +
        "  $ fondaco dev\n  $ fondaco pay --from alice --to bob --amount 12.50 --asset EUR",
    )
    .action(action(dev));
}

function prepare(directory: string, options: DevOptions): NetworkFile {
  if (hasNetwork(directory)) {
    const network = readNetwork(directory);
    if (!network.isDemo) {
      throw commandError(
        "NOT_A_DEMO",
        `${directory} holds a network that is no demo; choose another --dir`,
      );
    }
    if (network.validators.length !== options.validators) {
      throw commandError(
        "OTHER_NETWORK",
        `${directory} holds a network of ${network.validators.length} validators, not ${options.validators}; ` +
          "choose another --dir, or remove that one",
      );
    }
    return network;
  }
  if (existsSync(directory)) {
    // A creation that was interrupted: network.json is written last.
    for (let i = 0; i < 16; i++) {
      rmSync(join(directory, `validator-${i}`), { recursive: true, force: true });
    }
    rmSync(join(directory, "keys"), { recursive: true, force: true });
  }
  const plan = planNetwork({
    networkName: "fondaco dev",
    validatorCount: options.validators,
    addressOf: (i) => `127.0.0.1:${8_420 + i}`,
    timeMs: Date.now(),
    isDemo: true,
    loadAccounts: LOAD_ACCOUNTS,
  });
  return writeNetwork({
    directory,
    plan,
    isDemo: true,
    configOf: (validator) => anyPortsConfig(validator, "open"),
  });
}

async function dev(output: Output, options: DevOptions): Promise<number> {
  const directory = resolve(options.dir);
  const network = prepare(directory, options);
  const logs = new Map<number, ReturnType<typeof createJsonLogger>>();
  const loggerOf = (validator: number): Logger => {
    const path = join(directory, `validator-${validator}`, "validator.log");
    const log = createJsonLogger({ level: "info", to: { path }, bindings: { validator } });
    logs.set(validator, log);
    return log.logger;
  };
  const closeLogs = () =>
    Promise.all([...logs.values()].map((log) => new Promise<void>((done) => log.close(done))));
  const stopped = untilStopped();
  const local = await LocalNetwork.start({
    directory,
    validatorCount: options.validators,
    port: options.port,
    loggerOf,
    failed: (error) => stopped.fail(error),
  });
  await local.ready();
  const [first] = local.validators;
  const http = first?.gateway?.httpUrl ?? "";
  const ws = first?.gateway?.wsUrl ?? "";
  const keys = join(directory, "keys");
  noteRunning({ pid: process.pid, http, ws, dir: directory, keys });
  const nodes = local.validators.map(({ gateway }) => gateway?.httpUrl ?? "");
  announce(output, network, { http, ws, directory, keys, nodes });
  let failure: Error | undefined;
  try {
    await stopped.promise;
  } catch (error) {
    failure = error as Error;
  }
  rmSync(runningDevPath(), { force: true });
  if (failure !== undefined) {
    // After a failure of the disk nothing may be written any more: the process just ends.
    output.failure(failure);
    await closeLogs();
    process.exit(1);
  }
  output.remark("stopping: writing a checkpoint");
  await local.stop();
  await closeLogs();
  return 0;
}

/** Client commands of this user find the network by it. Without it they need --node and --keys. */
function noteRunning(running: Record<string, unknown>): void {
  try {
    mkdirSync(dirname(runningDevPath()), { recursive: true, mode: 0o700 });
    writeFileSync(runningDevPath(), `${JSON.stringify(running)}\n`, { mode: 0o600 });
  } catch (error) {
    process.stderr.write(
      `fondaco: other commands will need --node and --keys: ${messageOf(error)}\n`,
    );
  }
}

function announce(
  output: Output,
  network: NetworkFile,
  at: { http: string; ws: string; directory: string; keys: string; nodes: readonly string[] },
): void {
  // Administrators hold nothing; their keys are in the directory too.
  const holders = network.accounts.filter(({ name }) => !name.endsWith("-admin"));
  const width = Math.max(...holders.map(({ name }) => name.length));
  const accounts = holders
    .map(
      ({ name, account, organisation }) => `  ${name.padEnd(width)}  ${account}  (${organisation})`,
    )
    .join("\n");
  output.result(
    {
      event: "ready",
      ws: at.ws,
      http: at.http,
      nodes: at.nodes,
      genesis: network.genesisHash,
      accounts: network.accounts,
      dir: at.directory,
      keys: at.keys,
    },
    [
      `Fondaco: a network of ${network.validators.length} validators runs here.`,
      "",
      `  pages    ${at.http}`,
      `  API      ${at.ws}   (JSON-RPC; also POST ${at.http}/rpc)`,
      `  genesis  ${network.genesisHash}`,
      `  state    ${at.directory}`,
      "",
      "Accounts, each with 1,000,000.00 or more of CNY, USD, EUR and CHF (their demo keys are public):",
      accounts,
      "",
      "Pay, in another terminal:",
      "  npx fondaco pay --from alice --to bob --amount 12.50 --asset EUR --ref hello",
      "",
      "Ctrl-C stops it; the state stays.",
    ].join("\n"),
  );
}
