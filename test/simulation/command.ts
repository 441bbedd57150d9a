/** Runs the simulator as `npm run sim` does, in processes of its own, and reads what it counted. */

import { spawn } from "node:child_process";
import { expect } from "vitest";
import { repositoryPath } from "../support/data.js";
import type { Totals } from "./report.js";

/** Totals of a run; every failure comes with the command that replays it. */
export async function runSimulator(...options: string[]): Promise<Totals> {
  const script = repositoryPath("scripts", "sim.mjs");
  const child = spawn(process.execPath, [script, ...options, "--json"]);
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const line = stdout.trim().split("\n").at(-1) ?? "";
  expect(line.startsWith("{"), `the simulator did not finish: ${stderr}`).toBe(true);
  const totals = JSON.parse(line) as Totals;
  const found = totals.failures.map(
    ({ seed, checker, detail }) =>
      `${checker}: ${detail}\n  npm run sim -- ${options.join(" ")} --verbose --seeds 1 --from ${seed}`,
  );
  expect(found).toEqual([]);
  return totals;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
