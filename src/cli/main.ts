#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { registerBenchLoad } from "./commands/benchLoad.js";
import { registerDev } from "./commands/dev.js";
import { registerImportPain001 } from "./commands/importPain001.js";
import { registerKeys } from "./commands/keys.js";
import { registerPay } from "./commands/pay.js";
import { registerProof } from "./commands/proof.js";
import { registerRead } from "./commands/read.js";
import { registerStart } from "./commands/start.js";
import { registerStatus } from "./commands/status.js";
import { registerTestnet } from "./commands/testnet.js";
import { commandError } from "./errors.js";
import { Output } from "./output.js";
import { SOFTWARE_VERSION } from "./version.js";

const program = new Command("fondaco")
  .description("Fondaco: a consortium ledger for commerce")
  .version(SOFTWARE_VERSION)
  // A wrong option is an error like any other (CLI-1): thrown here, written below.
  .exitOverride()
  .configureOutput({ outputError: () => {} });

registerDev(program);
registerTestnet(program);
registerStart(program);
registerKeys(program);
registerStatus(program);
registerPay(program);
registerRead(program);
registerProof(program);
registerImportPain001(program);
registerBenchLoad(program.command("bench").description("measure a network"));

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
