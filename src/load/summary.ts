/** The result of a run in words, for a terminal. */

import type { Percentiles } from "./latency.js";
import type { LoadResult } from "./runLoad.js";

function line(name: string, p: Percentiles): string {
  const cells = [p.p50, p.p90, p.p95, p.p99, p.p999, p.max].map((ms) => ms.toFixed(1).padStart(9));
  return `${name.padEnd(22)}${cells.join("")}   (${p.count})`;
}

export function summaryOf(result: LoadResult): string {
  const { nodes, network, generator, endings, overloaded } = result;
  const flush = nodes
    .map(({ flushMs }) => `${flushMs.p50.toFixed(1)}/${flushMs.p99.toFixed(1)}`)
    .join(" ");
  const lines = [
    `${result.isValid ? "VALID" : "INVALID"}: ${result.finalPerSecond} payments/s final of ${result.rate} offered, ${result.durationS} s, ${result.workload}, ${network.validators} validators`,
    `fsync p50/p99 ms of each node: ${flush}`,
    "",
    `${"milliseconds".padEnd(22)}${["p50", "p90", "p95", "p99", "p99.9", "max"].map((name) => name.padStart(9)).join("")}`,
    line("response (due-final)", result.response),
    line("service (sent-final)", result.service),
    line("sent-admitted, sample", result.admitted),
    line("sent late by", result.lateness),
    "",
    `endings: ${Object.entries(endings)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ")}`,
  ];
  if (overloaded.count > 0) {
    lines.push(
      `OVERLOADED: ${overloaded.count}, retryAfterMs ${overloaded.retryAfterMsMean} on average`,
    );
  }
  for (const { url, cpuCores, cpuUsPerPayment, rssMaxMiB } of nodes) {
    if (rssMaxMiB === null) continue;
    lines.push(
      `${url}: ${cpuCores} cores, ${cpuUsPerPayment} us a payment, at most ${rssMaxMiB} MiB`,
    );
  }
  lines.push(
    `generator: ${generator.cpuCores} cores, ${generator.rssMiB} MiB; load average before ${result.machine.loadBefore} on ${result.machine.cores} cores`,
    "",
    ...result.checks.map(
      ({ name, ok, detail }) => `${ok ? "ok    " : "FAILED"} ${name}${ok ? "" : `: ${detail}`}`,
    ),
  );
  return lines.join("\n");
}
