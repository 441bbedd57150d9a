// Builds everything that a checkout needs to run: Wasm modules, TypeScript, pages.
// Each step prints its time; the first that fails stops the build. What is up to date is not built
// again, except with --force.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inputsHash, isUpToDate, removeStamp, writeStamp } from "./buildStamp.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function run(title, script, ...args) {
  const startedMs = Date.now();
  const { status, error } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) {
    console.error(`build: ${title} failed${error === undefined ? "" : `: ${error.message}`}`);
    process.exit(status ?? 1);
  }
  console.log(`build: ${title} in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

function build() {
  const inputs = inputsHash(root);
  removeStamp(root);
  run("Wasm modules", "scripts/buildWasm.mjs");
  run("TypeScript", "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
  run(
    "pages",
    "node_modules/vite/bin/vite.js",
    "build",
    "--config",
    "src/explorer/vite.config.ts",
    "--logLevel",
    "warn",
  );
  chmodSync(join(root, "dist/cli/main.js"), 0o755);
  writeStamp(root, inputs);
}

if (process.argv.includes("--force") || !isUpToDate(root)) build();
else console.log("build: up to date");

// npm makes the link of a package's own command nowhere; with it `npx fondaco` finds the command.
const link = join(root, "node_modules/.bin/fondaco");
rmSync(link, { force: true });
symlinkSync("../../dist/cli/main.js", link);
