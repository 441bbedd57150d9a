import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { repositoryPath } from "../support/data.js";

const fuzz = (args: string) =>
  spawnSync(process.execPath, [repositoryPath("bench/fuzzSignatures.mjs"), ...args.split(" ")], {
    encoding: "utf8",
  });

it("agrees with noble in 20,000 random checks across tiers and builds", () => {
  const { status, stdout, stderr } = fuzz("--checks 20000 --noble 1000 --seed 7 --json");
  expect(stderr).toBe("");
  const { byWay, ...totals } = JSON.parse(stdout);
  expect(totals).toMatchObject({ checks: 20_000, noble: 1_000, differences: 0 });
  expect(totals.scalarChecks).toBeGreaterThan(2_000);
  expect(totals.valid).toBeGreaterThan(400);
  expect(totals.valid).toBeLessThan(900);
  for (const tier of ["auto", "batch", "comb", "single"]) {
    expect(byWay[`simd, 512 tables, ${tier}`], tier).toBeGreaterThan(0);
  }
  expect(status).toBe(0);
}, 60_000);

it("finds a verdict that is false, shows the signature, and repeats its round alone", () => {
  const found = fuzz("--checks 60000 --noble 20 --seed 3 --plant 3300");
  expect(found.status).toBe(1);
  expect(found.stdout).toMatch(/^3\d{3} checks .* 1 differences$/m);
  const [said, signature = "", replay = ""] = found.stderr.split("\n");
  expect(said).toMatch(/^(simd|scalar), .*: (true|false) at \d+ of \d+, .* says (true|false)$/);
  expect(Object.keys(JSON.parse(signature))).toEqual(["publicKey", "message", "signature"]);
  expect(replay).toMatch(/^replay: node bench\/fuzzSignatures.mjs .* --round 0 --plant 3300$/);
  const again = fuzz(replay.slice("replay: node bench/fuzzSignatures.mjs ".length));
  expect(again.stderr).toBe(found.stderr);
}, 60_000);
