// Builds the Wasm modules of assembly/: each once with SIMD and once without. Skips what is up to date.
//
//   node scripts/buildWasm.mjs [--force]
//
// Output: build/wasm/<module>.<simd|scalar>.wasm, copied to dist/wasm/ where it ships. Neither is committed.

import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { main as compile } from "assemblyscript/asc";
import typescript from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const buildFolder = join(root, "build", "wasm");
const distFolder = join(root, "dist", "wasm");
const generatorFolder = join(root, "build", "generate");
const generatedFolder = join(root, "assembly", "generated");
const modules = ["kernels", "tree", "probe"];
/** `probe` is for the tests and stays in build/. */
const shipped = ["kernels", "tree"];
const variants = ["simd", "scalar"];

/** Writes `content` only when it differs, so that file times stay put. */
function writeIfChanged(path, content) {
  if (!existsSync(path) || readFileSync(path, "utf8") !== content) writeFileSync(path, content);
}

/**
 * Generators are TypeScript, which Node 20 does not run: their types are removed here, and `npm run types`
 * checks them.
 */
async function loadGenerators() {
  mkdirSync(generatorFolder, { recursive: true });
  const from = join(root, "assembly", "generate");
  for (const name of readdirSync(from).filter((file) => file.endsWith(".ts"))) {
    const { outputText } = typescript.transpileModule(readFileSync(join(from, name), "utf8"), {
      compilerOptions: { target: "ES2022", module: "ESNext" },
    });
    writeIfChanged(join(generatorFolder, name.replace(/ts$/, "js")), outputText);
  }
  return (name) => import(pathToFileURL(join(generatorFolder, `${name}.js`)).href);
}

async function generateSources() {
  mkdirSync(generatedFolder, { recursive: true });
  const load = await loadGenerators();
  const { blake3Source } = await load("blake3");
  const { fieldSource } = await load("field");
  const { scalarSource } = await load("scalar");
  const { sha2Source } = await load("sha2");
  const { wideSource } = await load("wide");
  writeIfChanged(join(generatedFolder, "blake3.ts"), blake3Source());
  writeIfChanged(join(generatedFolder, "sha2.ts"), sha2Source());
  writeIfChanged(join(generatedFolder, "field.ts"), fieldSource());
  writeIfChanged(join(generatedFolder, "scalar.ts"), scalarSource());
  writeIfChanged(join(generatedFolder, "wide.ts"), wideSource());
}

/** Hash of everything that decides the output: sources, generators, options, compiler version. */
function sourcesHash() {
  const hash = createHash("sha256");
  const addFolder = (folder) => {
    const entries = readdirSync(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) addFolder(path);
      else if (/\.(ts|mjs|json)$/.test(entry.name))
        hash.update(path.slice(root.length)).update(readFileSync(path));
    }
  };
  addFolder(join(root, "assembly"));
  hash.update(readFileSync(join(root, "asconfig.json")));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(readFileSync(join(root, "node_modules", "assemblyscript", "package.json")));
  return hash.digest("hex");
}

async function build(module, variant) {
  const file = join("build", "wasm", `${module}.${variant}.wasm`);
  const unfinished = `${file}.unfinished`;
  const options = ["--config", "asconfig.json", "--target", variant, "--baseDir", root];
  const { error, stdout, stderr } = await compile([
    join("assembly", `${module}.ts`),
    "--outFile",
    unfinished,
    ...options,
  ]);
  if (error) {
    process.stderr.write(`${stdout.toString()}${stderr.toString()}`);
    throw new Error(`building ${file} failed: ${error.message}`);
  }
  // Binaryen says this of most builds; it means one more pass would not help.
  process.stderr.write(stderr.toString().replaceAll("Last converge was suboptimal.\n", ""));
  renameSync(join(root, unfinished), join(root, file));
  console.log(`${file}  ${readFileSync(join(root, file)).length} bytes`);
}

/** Copies one module to dist/ unless it is there already; whoever reads it meanwhile sees old or new. */
function ship(name) {
  const from = join(buildFolder, name);
  const to = join(distFolder, name);
  if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) return;
  copyFileSync(from, `${to}.unfinished`);
  renameSync(`${to}.unfinished`, to);
}

mkdirSync(buildFolder, { recursive: true });
mkdirSync(distFolder, { recursive: true });
await generateSources();
const stampFile = join(buildFolder, "sources.sha256");
const hash = sourcesHash();
const filesOf = (some) => some.flatMap((module) => variants.map((v) => `${module}.${v}.wasm`));
const current =
  !process.argv.includes("--force") &&
  existsSync(stampFile) &&
  readFileSync(stampFile, "utf8") === hash &&
  filesOf(modules).every((name) => existsSync(join(buildFolder, name)));
if (current) {
  console.log("wasm modules are up to date");
} else {
  for (const module of modules) for (const variant of variants) await build(module, variant);
  writeFileSync(stampFile, hash);
}
for (const name of filesOf(shipped)) ship(name);
