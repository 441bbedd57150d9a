// Goal: a build is skipped only if it would make the files that are there.
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inputsHash, isUpToDate, removeStamp, writeStamp } from "../../../scripts/buildStamp.mjs";

let root: string;

const put = (path: string, content = "x") => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fondaco-test-"));
  for (const path of ["src/a.ts", "src/deep/b.ts", "assembly/kernels.ts", "package.json"])
    put(path);
  for (const path of [
    "dist/cli/main.js",
    "dist/wasm/kernels.simd.wasm",
    "dist/explorer/index.html",
    "build/wasm/kernels.simd.wasm",
  ]) {
    put(path);
  }
  writeStamp(root, inputsHash(root));
});

afterEach(() => rmSync(root, { recursive: true }));

describe("the build's stamp", () => {
  test("is good while nothing changes", () => {
    expect(isUpToDate(root)).toBe(true);
  });

  test.each([
    ["a changed source", () => put("src/deep/b.ts", "y")],
    ["a new source", () => put("src/c.ts")],
    ["a source that is gone", () => rmSync(join(root, "src/a.ts"))],
    ["a changed manifest", () => put("package.json", "{}")],
    ["an output that is gone", () => rmSync(join(root, "dist/cli/main.js"))],
    ["no stamp, as after a build that failed", () => removeStamp(root)],
  ])("asks for a build after %s", (_, change) => {
    change();
    expect(isUpToDate(root)).toBe(false);
  });

  test("asks for a build after an output was written by something else", () => {
    const output = join(root, "dist/cli/main.js");
    const later = statSync(join(root, "build/stamp")).mtimeMs / 1_000 + 5;
    utimesSync(output, later, later);
    expect(isUpToDate(root)).toBe(false);
  });
});
