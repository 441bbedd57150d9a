// Tells whether the built files are those of the present sources: `npx fondaco` runs `prepare`
// before its first command, and must not take a build's time for nothing.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const INPUTS = [
  "assembly",
  "src",
  "scripts",
  "asconfig.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "package.json",
  "package-lock.json",
];
const OUTPUTS = ["dist", "build/wasm"];
/** One of each step of the build. */
const NEEDED = ["dist/cli/main.js", "dist/wasm/kernels.simd.wasm", "dist/explorer/index.html"];

function* filesOf(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    // Generated sources follow from the generators.
    if (entry.name === "generated") continue;
    const inner = join(path, entry.name);
    if (entry.isDirectory()) yield* filesOf(inner);
    else yield inner;
  }
}

/** Hash of all that a build reads. */
export function inputsHash(root) {
  const hash = createHash("sha256").update(process.versions.node);
  for (const input of INPUTS) {
    for (const file of [...filesOf(join(root, input))].sort()) {
      const content = readFileSync(file);
      hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest("hex");
}

const stampOf = (root) => join(root, "build", "stamp");

/** Whether a build would change nothing: equal sources, and no output touched since. */
export function isUpToDate(root) {
  const stamp = stampOf(root);
  if (!existsSync(stamp) || NEEDED.some((file) => !existsSync(join(root, file)))) return false;
  if (readFileSync(stamp, "utf8") !== inputsHash(root)) return false;
  const stampedMs = statSync(stamp).mtimeMs;
  for (const output of OUTPUTS) {
    for (const file of filesOf(join(root, output))) {
      if (statSync(file).mtimeMs > stampedMs) return false;
    }
  }
  return true;
}

/** Before a build: what it leaves behind when it fails is no build. */
export function removeStamp(root) {
  rmSync(stampOf(root), { force: true });
}

/** After a build that went well; `inputs` is the hash of what it was made from. */
export function writeStamp(root, inputs) {
  writeFileSync(stampOf(root), inputs);
}
