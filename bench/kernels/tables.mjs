// Reports as text: whole tables for the terminal, and the short one of the README.

import { machineLine } from "./machine.mjs";

/** Three digits that matter, with a unit. */
export function formatTime(nanos) {
  const [value, unit] =
    nanos < 1_000 ? [nanos, "ns"] : nanos < 1e6 ? [nanos / 1e3, "us"] : [nanos / 1e6, "ms"];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

export const formatRatio = (ratio) => ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0);

const range = ({ min, max }, format) => `${format(min)} - ${format(max)}`;

function textTable({ title, unit, baseline, cases, notes }) {
  const rows = cases.map(({ label, own, nanos, timesBaseline }) => [
    `${own ? "*" : " "} ${label}`,
    formatTime(nanos.median),
    range(nanos, formatTime),
    timesBaseline === null ? "" : formatRatio(timesBaseline.median),
    timesBaseline === null ? "" : range(timesBaseline, formatRatio),
  ]);
  const header = [
    `  one ${unit}`,
    "time",
    "lowest - highest",
    `times ${baseline}`,
    "lowest - highest",
  ];
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i].length)));
  const line = (row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("   ");
  const shown = notes.map((note) => `  ${note}`);
  return ["", title, line(header), ...rows.map(line), ...shown].join("\n");
}

export function formatText(report) {
  const { machine, tables, missing } = report;
  const lines = tables.map(textTable);
  lines.push(
    "",
    machineLine(report),
    "Processor time; medians of processes, of each the median of its turns. * is Fondaco's. Ratios are taken within a turn.",
    `Load average of the machine: ${machine.loadAverage.toFixed(1)} at the start, ${report.loadAverageAtEnd.toFixed(1)} at the end.`,
    ...missing,
  );
  return lines.join("\n");
}

/**
 * Rows of the README: what users ask for first, and whether the rivals beside the baseline are named there too. The
 * rest is in the JSON.
 */
const HEADLINES = [
  ["ed25519/hot n=64", "Ed25519, keys with tables, batches of 64", true],
  ["ed25519/hot n=1", "Ed25519, keys with tables, alone", false],
  ["ed25519/unknown n=32", "Ed25519, keys never seen, batches of 32", false],
  ["ed25519/unknown n=128", "Ed25519, keys never seen, batches of 128", false],
  ["ed25519/unknown n=1024", "Ed25519, keys never seen, batches of 1,024", false],
  ["sha256/node", "SHA-256 of a tree node", true],
  ["blake3/node", "BLAKE3 of a tree node (beside native SHA-256)", true],
  ["sha256/111 bytes", "SHA-256 of 111 bytes", true],
  ["sha512/192 bytes", "SHA-512 of 192 bytes", true],
  ["blake3/64 KiB", "BLAKE3 of 64 KiB", true],
  ["rfc9162/1024", "RFC 9162 tree of 1,024 leaves, a leaf", true],
];

function headline(name, words, namesOthers, tables) {
  const table = tables.find(({ cases }) => cases.some((one) => one.name === name));
  if (table === undefined) return [];
  const own = table.cases.find((one) => one.name === name);
  const baseline = table.cases.find((one) => one.name === table.baseline);
  if (baseline === undefined) return [];
  const others = table.cases
    .filter((one) => namesOthers && !one.own && one !== baseline)
    .map((one) => `${one.name} ${formatTime(one.nanos.median)}`);
  const cells = [
    words,
    formatTime(own.nanos.median),
    `${baseline.name} ${formatTime(baseline.nanos.median)}`,
    `**${formatRatio(own.timesBaseline.median)}** (${range(own.timesBaseline, formatRatio)})`,
    others.join(", "),
  ];
  return [`| ${cells.join(" | ")} |`];
}

export function formatMarkdown(report) {
  return [
    `${machineLine(report)}. Processor time, medians; ratios are taken within one run, in brackets the lowest and highest process:`,
    "",
    "| one | Fondaco | beside | times faster | others in the same run |",
    "|---|---|---|---|---|",
    ...HEADLINES.flatMap(([name, words, namesOthers]) =>
      headline(name, words, namesOthers, report.tables),
    ),
  ].join("\n");
}
