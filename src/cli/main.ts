#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { commandError } from "./errors.js";
import { Output } from "./output.js";
import { SOFTWARE_VERSION } from "./version.js";

const program = new Command("fondaco")
  .description("Fondaco: a consortium ledger for commerce")
  .version(SOFTWARE_VERSION)
  // A wrong option is an error like any other (CLI-1): thrown here, written below.
  .exitOverride()
  .configureOutput({ outputError: () => {} });

/**
 * A validator, its storage and its sockets take half a second to load: a payment does not need
 * them, so each command loads its own. Asked for none in particular (help), all are there.
 */
const COMMANDS: Readonly<Record<string, (parent: Command) => Promise<void>>> = {
  dev: async (parent) => (await import("./commands/dev.js")).registerDev(parent),
  testnet: async (parent) => (await import("./commands/testnet.js")).registerTestnet(parent),
  start: async (parent) => (await import("./commands/start.js")).registerStart(parent),
  keys: async (parent) => (await import("./commands/keys.js")).registerKeys(parent),
  status: async (parent) => (await import("./commands/status.js")).registerStatus(parent),
  pay: async (parent) => (await import("./commands/pay.js")).registerPay(parent),
  account: async (parent) => (await import("./commands/read.js")).registerAccount(parent),
  block: async (parent) => (await import("./commands/read.js")).registerBlock(parent),
  tx: async (parent) => (await import("./commands/read.js")).registerTransaction(parent),
  proof: async (parent) => (await import("./commands/proof.js")).registerProof(parent),
  verify: async (parent) => (await import("./commands/proof.js")).registerVerify(parent),
  "verify-signatures": async (parent) =>
    (await import("./commands/verifySignatures.js")).registerVerifySignatures(parent),
  hash: async (parent) => (await import("./commands/hash.js")).registerHash(parent),
  import: async (parent) =>
    (await import("./commands/importPain001.js")).registerImportPain001(parent),
  bench: async (parent) =>
    (await import("./commands/benchLoad.js")).registerBenchLoad(
      parent.command("bench").description("measure a network"),
    ),
};

const wanted = COMMANDS[process.argv[2] ?? ""];
for (const register of wanted === undefined ? Object.values(COMMANDS) : [wanted]) {
  await register(program);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version were written, and end here too.
  if (!/^commander\.(help|version)/.test(error.code)) {
    const said = error.message.replace(/^error: /, "").replace(/\.?\s*$/, "");
    const output = new Output(process.argv.includes("--json"));
    output.failure(
      commandError("BAD_USAGE", `${said}; \`fondaco COMMAND --help\` tells the options`),
    );
  }
  process.exitCode = error.exitCode;
}
