// Goal: `npm run bench:kernels` measures every contestant, names what the acceptance of the kernels asks
// for, and draws it. Method: the command as a process, with the least that it can do; no time is judged.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import { beforeAll, describe, expect, test } from "vitest";
import type { KernelsReport } from "../../bench/kernels/report.mjs";
import { KEY_TABLES_SIZE_BYTES } from "../../src/kernels/signatureKernels.js";
import { repositoryPath } from "../support/data.js";
import { temporaryHome } from "../support/homes.js";

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const home = temporaryHome();
const json = join(home, "figures", "kernels.json");
const chart = join(home, "figures", "kernels.html");

function bench(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [repositoryPath("bench/kernels.mjs"), ...args],
      { encoding: "utf8", cwd: home },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

/** The words of a chart's text elements; throws where it is not well-formed. */
function wordsOf(page: string): string[] {
  const words: string[] = [];
  const parser = new SaxesParser();
  let inText = false;
  parser.on("opentag", ({ name }) => {
    inText = name === "text";
  });
  parser.on("text", (text) => {
    if (inText) words.push(text);
  });
  parser.on("closetag", () => {
    inText = false;
  });
  parser.on("error", (error) => {
    throw error;
  });
  parser.write(page).close();
  return words;
}

let ran: Ran;
let report: KernelsReport & {
  readonly facts: { readonly withTablesShare: Record<string, number> };
};

beforeAll(async () => {
  ran = await bench("--quick", "--runs", "1", "--json", json);
  if (ran.code !== 0) throw new Error(ran.stderr);
  report = JSON.parse(readFileSync(json, "utf8")) as typeof report;
}, 240_000);

describe("the bench of the kernels", () => {
  test.each([
    "ed25519/hot n=64",
    "ed25519/unknown n=32",
    "ed25519/unknown n=128",
    "ed25519/unknown n=1024",
    "sha256/node vs as-sha256",
    "blake3/node vs hashtree",
  ])("gives the ratio %s", (key) => {
    expect(report.missing).toEqual([]);
    expect(report.ratios[key]).toBeGreaterThan(0);
    expect(report.ratioSpreads[key]?.perProcess).toHaveLength(1);
  });

  test("gives a finite time of every contestant, and every ratio between own and others", () => {
    expect(report.tables.length).toBeGreaterThanOrEqual(9);
    for (const { cases } of report.tables) {
      for (const { nanos, wallNanos, turnsNanos } of cases) {
        for (const time of [nanos.median, nanos.min, nanos.max, wallNanos, ...turnsNanos.flat()]) {
          expect(Number.isFinite(time) && time > 0).toBe(true);
        }
      }
      const others = cases.filter(({ own }) => !own);
      for (const { name } of cases.filter(({ own }) => own)) {
        for (const other of others)
          expect(report.ratios).toHaveProperty([`${name} vs ${other.name}`]);
      }
    }
    expect(Object.values(report.ratios).every((ratio) => Number.isFinite(ratio) && ratio > 0)).toBe(
      true,
    );
  });

  test("says on what it was measured, and what the tables of a hot key take", () => {
    expect(report.runs).toBe(1);
    expect(report.machine).toMatchObject({ node: process.version, v8: process.versions.v8 });
    expect(report.machine.cpu).toBeTypeOf("string");
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.facts.keyTablesSizeBytes).toBe(KEY_TABLES_SIZE_BYTES);
    // A case that says "keys with tables" must be one.
    expect(Object.values(report.facts.withTablesShare).every((share) => share === 1)).toBe(true);
  });

  test("prints a table with each contestant and draws a chart that names it", () => {
    const words = wordsOf(readFileSync(chart, "utf8"));
    for (const { title, cases } of report.tables) {
      expect(words).toContain(title);
      for (const { label } of cases) {
        expect(ran.stdout).toContain(label);
        expect(words).toContain(label);
      }
    }
    expect(words.join("\n")).toContain(`Node ${process.version.slice(1)}`);
  });

  test("draws and prints earlier figures again, for the README too", async () => {
    const svg = join(home, "again.svg");
    const again = await bench("--from", json, "--markdown", "--chart", svg);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^\| Ed25519, keys with tables, batches of 64 \| .*node:crypto/m);
    expect(wordsOf(readFileSync(svg, "utf8"))).toContain("SHA-256 of tree nodes");
  });

  test.each([
    ["a suite that does not exist", ["--suite", "md5"], /there is no suite md5/],
    ["no number of runs", ["--runs", "none"], /--runs takes a whole number/],
    ["a chart of another kind", ["--chart", "a.png"], /\.svg or \.html/],
    ["an option that does not exist", ["--fast"], /--fast/],
  ])("refuses %s before it measures", async (_, args, words) => {
    const refused = await bench(...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(words);
    expect(refused.stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(join(home, "a.png"))).toBe(false);
  });
});
