/** A run as one page that opens anywhere: figures, charts, checks, and all data at its end. */

import { chart, escapeText, type Line } from "./charts.js";
import type { Percentiles } from "./latency.js";
import type { LoadResult, NodeFigures } from "./runLoad.js";

const COLOURS = ["#1b6ca8", "#c8553d", "#4f8a3c", "#8a5fa8", "#b58900", "#2a9d8f"];
const STYLE = `
body{font:15px/1.45 system-ui,sans-serif;max-width:820px;margin:24px auto;padding:0 16px;color:#1c2733}
h1{font-size:22px}h2{font-size:17px;margin-top:28px}
table{border-collapse:collapse;margin:8px 0}td,th{padding:3px 10px;border-bottom:1px solid #d8dee4;text-align:right}
td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto;margin:8px 0}
svg text{font:11px system-ui,sans-serif;fill:#43525f}svg .title{font-weight:600;font-size:13px}
svg .grid{stroke:#e4e9ee}.badge{display:inline-block;padding:2px 10px;border-radius:4px;color:#fff}
.valid{background:#2e7d32}.invalid{background:#b3261e}.failed{color:#b3261e;font-weight:600}
code{font-size:13px;overflow-wrap:anywhere}`;

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, values: readonly string[]) =>
    `<tr>${values.map((value) => `<${tag}>${escapeText(value)}</${tag}>`).join("")}</tr>`;
  return `<table>${cells("th", headings)}${rows.map((row) => cells("td", row)).join("")}</table>`;
}

function percentileRow(name: string, p: Percentiles): string[] {
  return [
    name,
    ...[p.p50, p.p90, p.p95, p.p99, p.p999, p.max].map((ms) => ms.toFixed(1)),
    String(p.count),
  ];
}

/** Percent on an axis that stretches towards 100: 90, 99, 99.9 lie equally far apart. */
function stretched(percent: number): number {
  return -Math.log10(Math.max(1 - percent / 100, 1e-5));
}

function distribution(result: LoadResult): string {
  const line = (name: string, colour: string, steps: LoadResult["responseDistribution"]): Line => ({
    name,
    colour,
    points: steps.map(([percent, ms]) => [stretched(percent), ms] as const),
  });
  return chart({
    title: "Distribution",
    xLabel: "percent of payments that were final by then",
    yLabel: "ms",
    isLogarithmic: true,
    xTicks: [0, 50, 90, 99, 99.9, 99.99].map((p) => [stretched(p), `${p} %`] as const),
    lines: [
      line("response", COLOURS[0] as string, result.responseDistribution),
      line("service", COLOURS[1] as string, result.serviceDistribution),
    ],
  });
}

function nodeChart(
  title: string,
  yLabel: string,
  nodes: readonly NodeFigures[],
  pick: (sample: NodeFigures["samples"][number]) => number | null,
): string {
  const lines = nodes.map(({ samples }, i) => ({
    name: `node ${i}`,
    colour: COLOURS[i % COLOURS.length] as string,
    points: samples.flatMap((sample) => {
      const value = pick(sample);
      return value === null ? [] : [[sample.second, value] as const];
    }),
  }));
  return chart({ title, xLabel: "seconds", yLabel, lines });
}

export function reportOf(result: LoadResult): string {
  const { seconds, nodes, checks, network, machine } = result;
  const series = (name: string, colour: number, pick: (s: (typeof seconds)[number]) => number) => ({
    name,
    colour: COLOURS[colour] as string,
    points: seconds.map((second) => [second.second, pick(second)] as const),
  });
  const flush = nodes
    .map(({ flushMs }) => `${flushMs.p50.toFixed(1)} / ${flushMs.p99.toFixed(1)}`)
    .join(", ");
  const badge = result.isValid ? "valid" : "invalid";
  const parts = [
    `<h1>${result.finalPerSecond} payments a second, final <span class="badge ${badge}">${badge.toUpperCase()}</span></h1>`,
    `<p>${result.rate} offered a second for ${result.durationS} s after ${result.warmUpS} s of warm-up, ` +
      `${escapeText(result.workload)}, ${network.validators} validators, ${result.accounts} accounts, seed ${result.seed}. ` +
      `fsync p50 / p99 of the nodes: ${flush} ms. p99 of the response: ${result.response.p99} ms.</p>`,
    `<p><code>${escapeText(result.command)}</code></p>`,
    "<h2>Latency in milliseconds</h2>",
    table(
      ["", "p50", "p90", "p95", "p99", "p99.9", "max", "payments"],
      [
        percentileRow("response: due to final", result.response),
        percentileRow("service: sent to final", result.service),
        percentileRow("sent to admitted (sample)", result.admitted),
        percentileRow("sent late by", result.lateness),
      ],
    ),
    "<h2>Checks</h2>",
    `<ul>${checks
      .map(
        ({ name, ok, detail }) =>
          `<li class="${ok ? "ok" : "failed"}">${ok ? "ok" : "FAILED"}: ${escapeText(name)} <small>(${escapeText(detail)})</small></li>`,
      )
      .join("")}</ul>`,
    "<h2>Over time</h2>",
    chart({
      title: "Payments a second",
      xLabel: "seconds",
      yLabel: "payments",
      lines: [
        series("offered", 0, (s) => s.offered),
        series("final", 2, (s) => s.final),
        series("refused", 1, (s) => s.refused),
      ],
    }),
    chart({
      title: "Response by the second in which payments were due",
      xLabel: "seconds",
      yLabel: "ms",
      isLogarithmic: true,
      lines: [
        series("p50", 0, (s) => s.p50),
        series("p99", 4, (s) => s.p99),
        series("max", 1, (s) => s.max),
      ],
    }),
    distribution(result),
    nodeChart("Memory of each node", "MiB", nodes, ({ rssMiB }) => rssMiB),
    nodeChart("Payments waiting at each node", "payments", nodes, ({ pending }) => pending),
    "<h2>Endings</h2>",
    table(
      ["ending", "payments"],
      Object.entries(result.endings).map(([name, count]) => [name, String(count)]),
    ),
    "<h2>Nodes</h2>",
    table(
      ["node", "fsync p50", "fsync p99", "flushes", "cores", "MiB at most", "version"],
      nodes.map(({ url, flushMs, cpuCores, rssMaxMiB, softwareVersion }) => [
        url,
        flushMs.p50.toFixed(2),
        flushMs.p99.toFixed(2),
        String(flushMs.count),
        String(cpuCores ?? "-"),
        String(rssMaxMiB ?? "-"),
        softwareVersion,
      ]),
    ),
    `<p>Made ${result.startedAt} on ${escapeText(machine.cpu)}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ` +
      `${escapeText(machine.system)}, Node ${machine.node}; load average before: ${machine.loadBefore}. ` +
      `The generator used ${result.generator.cpuCores} cores of the same machine. ` +
      `Genesis ${network.genesisHash}, heights ${network.fromHeight + 1} to ${network.toHeight}.</p>`,
    // "<" cannot end the element early: JSON may write it as an escape.
    `<script type="application/json" id="result">${JSON.stringify(result).replaceAll("<", "\\u003c")}</script>`,
  ];
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width,initial-scale=1">` +
    `<title>Fondaco load: ${result.finalPerSecond} payments a second</title><style>${STYLE}</style></head>` +
    `<body>${parts.join("\n")}</body></html>\n`
  );
}
