/**
 * The simulator as a command: runs many seeds, in as many processes as there are cores, and prints
 * what it counted. `npm run sim` (scripts/sim.mjs) bundles and starts it.
 */

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runPowerCuts } from "./powerCuts.js";
import {
  addReport,
  addTotals,
  emptyTotals,
  type Totals,
  totalsText,
  type WorldReport,
} from "./report.js";
import { World } from "./world.js";

const { values } = parseArgs({
  options: {
    /** How many worlds, and the seed of the first. */
    seeds: { type: "string", default: "200" },
    from: { type: "string", default: "1" },
    step: { type: "string", default: "1" },
    /** Virtual time with faults; afterwards each world goes on until its progress checker holds. */
    "virtual-seconds": { type: "string", default: "20" },
    processes: { type: "string", default: String(availableParallelism()) },
    /** Instead of faults by plan: cuts the power of all validators so often in each world. */
    "power-cuts": { type: "string", default: "0" },
    /** One JSON line instead of words. */
    json: { type: "boolean", default: false },
    /** Each seed's outcome. */
    progress: { type: "boolean", default: false },
    /** Each line that a validator logs. */
    verbose: { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
  },
});

function logLine(atMs: number, validator: number, level: string, message: string): void {
  console.log(`${atMs.toFixed(1).padStart(10)} ${validator} ${level.padEnd(5)} ${message}`);
}

function tell(report: WorldReport): void {
  const { seed, failure, kinds, validatorCount, traceHash } = report;
  const outcome = failure === undefined ? "ok" : `FAILED ${failure.checker}`;
  const where = failure === undefined ? "" : ` at ${failure.atMs} ms: ${failure.detail}`;
  console.log(
    `seed ${seed}: ${outcome}${where}\n  ${validatorCount} validators, signatures ` +
      `${report.signatures}, views ${report.views}, blocks ${report.blocks}, ` +
      `final payments ${report.payments.final}, healed in ${Math.round(report.healedMs ?? 0)} ms, ` +
      `trace ${traceHash}\n  faults: ${kinds.join(", ")}`,
  );
  if (failure === undefined) return;
  const cuts = Number(values["power-cuts"]);
  const how = cuts > 0 ? `--power-cuts ${cuts}` : `--virtual-seconds ${values["virtual-seconds"]}`;
  console.log(`  replay: npm run sim -- --seeds 1 --from ${seed} ${how} --verbose`);
}

function runSeeds(from: number, count: number, step: number): Totals {
  const totals = emptyTotals();
  const faultMs = 1_000 * Number(values["virtual-seconds"]);
  const cuts = Number(values["power-cuts"]);
  for (let i = 0; i < count; i++) {
    const seed = from + i * step;
    const log = values.verbose ? { log: logLine } : {};
    const report =
      cuts > 0 ? runPowerCuts({ seed, cuts, ...log }) : new World({ seed, faultMs, ...log }).run();
    addReport(totals, report);
    const isNews = report.failure !== undefined || values.progress || values.verbose;
    if (isNews && !values.json) tell(report);
  }
  return totals;
}

/** Runs every `processes`-th seed in a process of its own. */
function runShare(index: number, processes: number): Promise<Totals> {
  const [seeds, from] = [Number(values.seeds), Number(values.from)];
  const count = Math.floor((seeds + processes - 1 - index) / processes);
  const given = process.argv.slice(2);
  const own = ["--worker", "--seeds", count, "--from", from + index, "--step", processes];
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [...given, ...own.map(String)]);
    child.on("message", (totals) => resolve(totals as Totals));
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`a simulator process ended with code ${code}`)));
  });
}

const startMs = performance.now();
const processes = Math.max(1, Math.min(Number(values.processes), Number(values.seeds)));
if (values.worker) {
  process.send?.(runSeeds(Number(values.from), Number(values.seeds), Number(values.step)));
} else {
  const totals = emptyTotals();
  if (processes === 1) addTotals(totals, runSeeds(Number(values.from), Number(values.seeds), 1));
  else {
    const shares = Array.from({ length: processes }, (_, i) => runShare(i, processes));
    for (const share of await Promise.all(shares)) addTotals(totals, share);
  }
  const wallMs = Math.round(performance.now() - startMs);
  if (values.json) console.log(JSON.stringify({ ...totals, processes, wallMs }));
  else
    console.log(`${totalsText(totals)}\n${(wallMs / 1_000).toFixed(1)} s, ${processes} processes`);
  process.exitCode = totals.failures.length === 0 ? 0 : 1;
}
