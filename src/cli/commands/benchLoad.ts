import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { hexBytes } from "../../base/bytes.js";
import { idFromText } from "../../codec/text.js";
import {
  generateInThread,
  type LoadAccount,
  type LoadResult,
  reportOf,
  runLoad,
  summaryOf,
  WORKLOADS,
  type Workload,
} from "../../load/index.js";
import { action, keyDirectory, nodesOfKeys, nodeUrl } from "../context.js";
import { commandError } from "../errors.js";
import { loadAccountSeed } from "../network/networkPlan.js";
import { integerOption } from "../options.js";
import type { Output } from "../output.js";
import { SOFTWARE_VERSION } from "../version.js";

interface BenchLoadOptions {
  readonly rate: number;
  readonly duration: number;
  readonly warmUp: number;
  readonly workload: Workload;
  readonly node: readonly string[];
  readonly keys?: string;
  readonly accounts?: number;
  readonly connections: number;
  readonly tick: number;
  readonly seed: number;
  readonly html?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const loadFile = Type.Object({
  version: Type.Literal(1),
  seed: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  accounts: Type.Array(Type.String()),
});

const PAYMENTS_MAX = 5_000_000;
const ACCOUNTS_MIN = 3;
/** Of so many requests one is asked for "admitted" too. */
const ADMITTED_SAMPLE = 50;

function nodeList(text: string, before: readonly string[]): readonly string[] {
  const named = text.split(",").filter((part) => part !== "");
  for (const url of named) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw new InvalidArgumentError("A node is named as http://host:port.");
    }
  }
  return [...before, ...named];
}

export function registerBenchLoad(parent: Command): void {
  parent
    .command("load")
    .description("pay at a constant rate, measure how long it takes, and check that all is right")
    .requiredOption("--rate <n>", "payments a second", integerOption(1, 1_000_000))
    .requiredOption("--duration <seconds>", "how long it measures", integerOption(1, 86_400))
    .option("--warm-up <seconds>", "before that, not measured", integerOption(0, 3_600), 3)
    .addOption(
      new Option("--workload <name>", "pay-uniform: all pay all; pay-hot: all pay one account")
        .choices([...WORKLOADS])
        .default("pay-uniform"),
    )
    .option(
      "--node <urls>",
      "nodes that share the load: repeat it, or use commas (default: all of the network of --keys)",
      nodeList,
      [],
    )
    .option("--keys <dir>", "keys with load.json (default: as every command)")
    .option("--accounts <n>", "use only so many of the load accounts", integerOption(3, 100_000))
    .option("--connections <n>", "WebSockets to each node", integerOption(1, 64), 2)
    .option("--tick <ms>", "payments due within it go in one request", integerOption(1, 1_000), 5)
    .option("--seed <n>", "who pays whom", integerOption(0, 4_294_967_295), 1)
    .option("--html <file>", "write a report that opens in any browser")
    .option("--out <file>", "write all figures as JSON")
    .option("--json", "answer one line of JSON")
    .addHelpText(
      "after",
      "\n  $ fondaco bench load --rate 1000 --duration 20 --html report.html" +
        "\n\nThe exit code is 0 only for a run whose checks all hold.",
    )
    .action(action(benchLoad));
}

function readAccounts(options: BenchLoadOptions): LoadAccount[] {
  const path = join(
    keyDirectory(options.keys === undefined ? {} : { keys: options.keys }).path,
    "load.json",
  );
  let file: Static<typeof loadFile>;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!Value.Check(loadFile, value)) throw new Error("not of the form that is asked for");
    file = value;
  } catch (cause) {
    const error = commandError(
      "LOAD_ACCOUNTS_MISSING",
      `${path} names no load accounts; it is made by \`fondaco testnet create\` and \`fondaco dev\``,
    );
    error.cause = cause;
    throw error;
  }
  const seed = hexBytes(file.seed);
  const texts = file.accounts.slice(0, options.accounts);
  if (texts.length < ACCOUNTS_MIN) {
    throw commandError(
      "LOAD_ACCOUNTS_MISSING",
      `${path} names ${texts.length} accounts; a run needs at least ${ACCOUNTS_MIN}`,
    );
  }
  return texts.map((text, index) => {
    const accountId = idFromText("account", text);
    if (accountId === undefined) {
      throw commandError("LOAD_ACCOUNTS_MISSING", `${path} names ${text}, which is no account`);
    }
    return { accountId, keySeed: loadAccountSeed(seed, index) };
  });
}

/** Those that are named, else all of the network whose keys are, else the one that every command asks. */
function nodesOf({ node, keys }: BenchLoadOptions): readonly string[] {
  if (node.length > 0) return node;
  const isNodeNamed = (process.env.FONDACO_NODE ?? "") !== "";
  const all = keys === undefined || isNodeNamed ? [] : nodesOfKeys(keys);
  return all.length > 0 ? all : [nodeUrl({})];
}

async function benchLoad(output: Output, options: BenchLoadOptions): Promise<number> {
  const { rate, duration, warmUp } = options;
  if (rate * (duration + warmUp) > PAYMENTS_MAX) {
    throw commandError(
      "TOO_MANY_PAYMENTS",
      `a run signs at most ${PAYMENTS_MAX} payments before it begins; choose a lower rate or duration`,
    );
  }
  const nodes = nodesOf(options);
  const result = await runLoad({
    nodes: [...new Set(nodes.map((url) => new URL(url).origin))],
    accounts: readAccounts(options),
    rate,
    durationS: duration,
    warmUpS: warmUp,
    workload: options.workload,
    seed: options.seed,
    connectionsPerNode: options.connections,
    tickMs: options.tick,
    admittedSample: ADMITTED_SAMPLE,
    generate: generateInThread,
    command: `fondaco ${process.argv.slice(2).join(" ")}`,
    softwareVersion: SOFTWARE_VERSION,
    remark: (text) => {
      output.endProgress();
      output.remark(text);
    },
    progress: (text) => output.progress(text),
  });
  output.endProgress();
  if (options.out !== undefined) {
    writeFileSync(resolve(options.out), `${JSON.stringify(result, null, 1)}\n`);
  }
  if (options.html !== undefined) writeFileSync(resolve(options.html), reportOf(result));
  output.result(lineOf(result), summaryOf(result));
  return result.isValid ? 0 : 1;
}

/** The result without its series, which belong in a file. */
function lineOf(result: LoadResult) {
  const { seconds, responseDistribution, serviceDistribution, nodes, ...line } = result;
  return { ...line, nodes: nodes.map(({ samples, ...figures }) => figures) };
}
