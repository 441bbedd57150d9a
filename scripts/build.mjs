// Builds everything that a checkout needs to run: Wasm modules, TypeScript, pages.
// Each step prints its time; the first that fails stops the build.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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

run("Wasm modules", "scripts/buildWasm.mjs");
run("TypeScript", "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
if (existsSync(join(root, "src/explorer/vite.config.ts"))) {
  run(
    "pages",
    "node_modules/vite/bin/vite.js",
    "build",
    "--config",
    "src/explorer/vite.config.ts",
    "--logLevel",
    "warn",
  );
}
const command = join(root, "dist/cli/main.js");
if (existsSync(command)) {
  chmodSync(command, 0o755);
  // Without it `npx fondaco` would install this very package into npm's cache first.
  const link = join(root, "node_modules/.bin/fondaco");
  rmSync(link, { force: true });
  symlinkSync("../../dist/cli/main.js", link);
}
