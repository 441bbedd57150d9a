// Figures of the Wasm kernels beside their rivals: node bench/kernels.mjs --help. Needs `npm run build`.

import { fork } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { drawHtml, drawSvg } from "./kernels/chart.mjs";
import { describeMachine } from "./kernels/machine.mjs";
import { makeReport } from "./kernels/report.mjs";
import { SUITES } from "./kernels/suites.mjs";
import { formatMarkdown, formatText } from "./kernels/tables.mjs";

const HELP = `Usage: npm run bench:kernels -- [options]

Measures the kernels beside their rivals in fresh processes, in turns, and prints tables.

  --suite NAME    one of ${Object.keys(SUITES).join(", ")}; may be repeated (default: all)
  --runs N        fresh processes of each suite (default 3)
  --turns N       turns of each process, after one that is not counted (default 5)
  --case-ms N     time of a contestant in a turn (default 60)
  --json FILE     write everything that was measured; the chart goes beside it
  --chart FILE    write the chart there: .svg or .html
  --markdown      print the table of the README instead
  --from FILE     measure nothing; take the figures of an earlier --json FILE
  --quick         the least that works, for tests: its figures mean nothing
  --help          print this
`;

/** A sentence for whoever called; nothing was measured. */
class UsageError extends Error {}

function positive(values, name, highest) {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 1 && number <= highest) return number;
  throw new UsageError(`--${name} takes a whole number from 1 to ${highest}`);
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        suite: { type: "string", multiple: true, default: Object.keys(SUITES) },
        runs: { type: "string", default: "3" },
        turns: { type: "string", default: "5" },
        "case-ms": { type: "string", default: "60" },
        json: { type: "string" },
        chart: { type: "string" },
        markdown: { type: "boolean", default: false },
        from: { type: "string" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const strange = values.suite.find((name) => !Object.hasOwn(SUITES, name));
  if (strange !== undefined) {
    throw new UsageError(
      `there is no suite ${strange}; there are ${Object.keys(SUITES).join(", ")}`,
    );
  }
  if (values.chart !== undefined && !/\.(svg|html)$/.test(values.chart)) {
    throw new UsageError("--chart takes a name that ends in .svg or .html");
  }
  const { quick } = values;
  return {
    ...values,
    suites: Object.keys(SUITES).filter((name) => values.suite.includes(name)),
    runs: positive(values, "runs", 100),
    turns: quick ? 1 : positive(values, "turns", 1_000),
    caseMs: quick ? 5 : positive(values, "case-ms", 60_000),
    chart: values.chart ?? values.json?.replace(/(\.json)?$/, ".html"),
  };
}

const child = fileURLToPath(new URL("./kernels/oneProcess.mjs", import.meta.url));

/** A fresh process of `suite`. What benny prints is not shown; errors are. */
function measureOnce(suite, { turns, caseMs, quick }) {
  return new Promise((resolve, reject) => {
    const job = JSON.stringify({ suite, turns, caseMs, quick });
    const running = fork(child, [job], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    let measured;
    running.once("message", (message) => {
      measured = message;
    });
    running.once("error", reject);
    running.once("exit", (code) => {
      if (measured === undefined) reject(new Error(`suite ${suite} ended with code ${code}`));
      else resolve(measured);
    });
  });
}

/** Suites in turns, each run beginning one further, so that none always meets the same load. */
async function measureAll(options) {
  const { suites, runs, turns, caseMs, quick } = options;
  const machine = describeMachine();
  const processes = [];
  for (let run = 0; run < runs; run++) {
    for (let step = 0; step < suites.length; step++) {
      const suite = suites[(step + run) % suites.length];
      console.error(`run ${run + 1} of ${runs}: ${suite}`);
      processes.push(await measureOnce(suite, options));
    }
  }
  const asked = { machine, loadAverageAtEnd: loadavg()[0], runs, turns, caseMs, quick };
  return makeReport({ ...asked, processes, suites });
}

function write(path, content) {
  writeFileSync(path, content);
  console.error(`wrote ${path}`);
}

async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(HELP.trimEnd());
    return;
  }
  for (const path of [options.json, options.chart]) {
    if (path !== undefined) mkdirSync(dirname(path), { recursive: true });
  }
  if (
    options.from === undefined &&
    !existsSync(new URL("../dist/kernels/index.js", import.meta.url))
  ) {
    throw new UsageError("dist/ is missing: run `npm run build` first");
  }
  const report =
    options.from === undefined
      ? await measureAll(options)
      : JSON.parse(readFileSync(options.from, "utf8"));
  console.log(options.markdown ? formatMarkdown(report) : formatText(report));
  if (options.json !== undefined) write(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.chart !== undefined) {
    write(options.chart, options.chart.endsWith(".svg") ? drawSvg(report) : drawHtml(report));
  }
}

try {
  await main();
} catch (error) {
  console.error(`bench:kernels: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
