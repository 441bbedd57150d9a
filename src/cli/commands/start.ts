import { join, resolve } from "node:path";
import type { Command } from "commander";
import { createNodeSigner } from "../../node/adapters/nodeSigner.js";
import { readHome } from "../../node/home.js";
import { createMachine } from "../../node/machine.js";
import { RunningValidator } from "../../node/runningValidator.js";
import { createJsonLogger, type LogLevel } from "../../telemetry/index.js";
import { action, passphrase } from "../context.js";
import { commandError } from "../errors.js";
import { KeyDirectory } from "../keys/keyDirectory.js";
import { openKeyFile } from "../keys/keyFile.js";
import { untilStopped } from "../options.js";
import type { Output } from "../output.js";
import { SOFTWARE_VERSION } from "../version.js";

interface StartOptions {
  readonly home: string;
  readonly logLevel: string;
  readonly logFile?: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

const LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "error"];

export function registerStart(program: Command): void {
  program
    .command("start")
    .description("run one validator")
    .requiredOption("--home <dir>", "its home, as `fondaco testnet create` makes it")
    .option(
      "--log-level <level>",
      `least serious lines of the log: ${LOG_LEVELS.join(", ")}`,
      "info",
    )
    .option("--log-file <file>", "where the log goes (default: HOME/validator.log)")
    .option(
      "--passphrase-file <file>",
      "file whose first line opens encrypted keys (default: FONDACO_PASSPHRASE_FILE)",
    )
    .option("--json", "print one line of JSON when it has started")
    .addHelpText("after", "\n  $ fondaco start --home net/validator-0")
    .action(action(start));
}

async function start(output: Output, options: StartOptions): Promise<number> {
  if (!LOG_LEVELS.includes(options.logLevel)) {
    throw commandError("BAD_OPTION", `--log-level is one of ${LOG_LEVELS.join(", ")}`);
  }
  const home = readHome(resolve(options.home));
  const { validator } = home.config;
  const log = createJsonLogger({
    level: options.logLevel as LogLevel,
    to: { path: resolve(options.logFile ?? join(home.path, "validator.log")) },
    bindings: { validator },
  });
  const keys = new KeyDirectory(join(home.path, "keys"));
  const opened = passphrase(options);
  const seedOf = (name: string) => openKeyFile(keys.read(name), opened);
  const consensusSeed = seedOf("consensus");
  const seats = home.genesis.organisations.flatMap(({ validators }) => validators);
  const seat = seats[validator];
  const { publicKey } = createNodeSigner(consensusSeed);
  if (seat === undefined || Buffer.compare(seat.consensusKey, publicKey) !== 0) {
    throw commandError(
      "WRONG_KEY",
      `the consensus key in ${keys.path} is not that of validator ${validator} in this genesis record`,
    );
  }
  const stopped = untilStopped();
  const machine = await createMachine({ workers: home.config.workers });
  const running = await RunningValidator.start({
    home,
    keys: { consensusSeed, tlsSeed: seedOf("tls") },
    machine,
    logger: log.logger,
    softwareVersion: SOFTWARE_VERSION,
    hasGateway: true,
    failed: (error) => stopped.fail(error),
  }).catch(async (error: unknown) => {
    await machine.stop();
    throw error;
  });
  const { gateway, mesh, node } = running;
  const head = node.head();
  output.result(
    {
      event: "started",
      validator,
      http: gateway?.httpUrl,
      ws: gateway?.wsUrl,
      mesh: mesh.port,
      pid: process.pid,
      height: head.height,
    },
    `validator ${validator} runs: ${gateway?.httpUrl ?? ""}, others reach it at port ${mesh.port}, height ${head.height}`,
  );
  let failure: Error | undefined;
  try {
    await stopped.promise;
  } catch (error) {
    failure = error as Error;
  }
  // After a failure of the disk nothing may be written any more: the process just ends.
  if (failure === undefined) {
    await running.stop();
    await machine.stop();
  }
  if (failure !== undefined) output.failure(failure);
  await new Promise<void>((done) => log.close(done));
  if (failure === undefined) return 0;
  process.exit(1);
}
