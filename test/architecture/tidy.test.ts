// Goal: habits that a reviewer should not have to watch for. Method: read the tree.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listFiles, ROOT, readSources } from "./sources.js";

const sources = readSources("src", "test", "assembly", "scripts", "bench");

function linesWhere(pattern: RegExp, files = sources): string[] {
  return files
    .filter(({ path }) => !path.startsWith("test/architecture/"))
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .map((line, i) => ({ line, where: `${path}:${i + 1}` }))
        .filter(({ line }) => pattern.test(line))
        .map(({ where, line }) => `${where}: ${line.trim()}`),
    );
}

describe("tidy", () => {
  test("source files hold one concept: 420 lines at most", () => {
    const long = sources
      .filter(({ path }) => path.startsWith("src/") && !path.includes("/generated/"))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
      .filter(({ lines }) => lines > 420);
    expect(long).toEqual([]);
  });

  test("no marks of unfinished work", () => {
    expect(linesWhere(/\b(TODO|FIXME|XXX|HACK)\b|not implemented|unimplemented/i)).toEqual([]);
  });

  test("no test is switched off or alone", () => {
    expect(linesWhere(/\b(test|it|describe)\.(only|todo|skip)\(/)).toEqual([]);
  });

  test("no default exports and no `any`", () => {
    const own = sources.filter(({ path }) => path.startsWith("src/"));
    expect(linesWhere(/^export default/, own)).toEqual([]);
    expect(
      linesWhere(/:\s*any\b|as any\b|<any>/, own).filter((l) => !l.includes("Schema<any>")),
    ).toEqual([]);
  });

  test("no paths of one machine", () => {
    const files = listFiles(".").filter((path) => /\.(ts|tsx|mjs|js|md|json|sh)$/.test(path));
    const broken = files
      .filter((path) => path !== "package-lock.json")
      .filter((path) =>
        /(^|[^a-zA-Z0-9_.])\/(work|farm|root)\//m.test(readFileSync(join(ROOT, path), "utf8")),
      )
      .filter((path) => !path.startsWith("test/architecture/"));
    expect(broken).toEqual([]);
  });

  test("every folder of src/ with sources says what it is for", () => {
    const folders = new Set(
      sources
        .filter(({ path }) => path.startsWith("src/"))
        .map(({ path }) => path.split("/")[1] as string),
    );
    const files = new Set(listFiles("src"));
    const without = [...folders].filter((folder) => !files.has(`src/${folder}/README.md`));
    expect(without).toEqual([]);
  });

  test("dependencies are pinned to exact versions", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^(npm:[a-z-]+@)?\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  test("the lock file has an entry for every optional dependency, of every platform", () => {
    const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const names = new Set(
      Object.keys(lock.packages).map((key) => key.replace(/^.*node_modules\//, "")),
    );
    const missing = Object.values(lock.packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !names.has(name));
    expect(missing).toEqual([]);
  });

  test("the lock file names no registry host", () => {
    expect(readFileSync(join(ROOT, "package-lock.json"), "utf8")).not.toMatch(/"resolved":/);
  });
});
