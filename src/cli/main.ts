#!/usr/bin/env node
import { Command } from "commander";
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
import { SOFTWARE_VERSION } from "./version.js";

const program = new Command("fondaco")
  .description("Fondaco: a consortium ledger for commerce")
  .version(SOFTWARE_VERSION)
  .showHelpAfterError("(fondaco COMMAND --help tells the options)");

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

await program.parseAsync();
