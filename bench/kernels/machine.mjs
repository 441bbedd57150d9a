// What a figure depends on besides the code: written into every report.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, platform, release } from "node:os";
import { fileURLToPath } from "node:url";

const RIVALS = [
  "@chainsafe/as-sha256",
  "@chainsafe/hashtree",
  "@noble/curves",
  "@noble/hashes",
  "hash-wasm",
  "libsodium-wrappers",
  "sodium-native",
];

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The commit that is checked out, with a plus sign if files differ from it; undefined outside a repository. */
function commit() {
  const git = (...args) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no").trim() !== "";
    return `${git("rev-parse", "--short=12", "HEAD").trim()}${changed ? "+" : ""}`;
  } catch {
    return undefined;
  }
}

/** The rivals are development dependencies, and noble: all of exact versions. */
function versions() {
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  return Object.fromEntries(RIVALS.map((name) => [name, all[name]]));
}

export function describeMachine() {
  const cores = cpus();
  return {
    cpu: (cores[0]?.model ?? "unknown processor").replace(/\s+/g, " ").trim(),
    cores: cores.length,
    os: `${platform()} ${release()} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    openssl: process.versions.openssl,
    loadAverage: loadavg()[0],
    date: new Date().toISOString(),
    commit: commit() ?? null,
    rivals: versions(),
  };
}

/** One line for tables and charts. */
export function machineLine({ machine, runs }) {
  const { cpu, cores, node, v8, date, commit } = machine;
  const at = commit === null ? "" : `, commit ${commit}`;
  const processes = `${runs} fresh ${runs === 1 ? "process" : "processes"} of each suite`;
  return `${cpu}, ${cores} cores, Node ${node.slice(1)} (V8 ${v8}), ${date.slice(0, 10)}, ${processes}${at}`;
}
