// Draws a report: for each table bars of how many times faster than its baseline each contestant is. A bar of the
// baseline's length is as fast as that; bars begin at 0, so their lengths can be compared.

import { machineLine } from "./machine.mjs";
import { formatRatio, formatTime } from "./tables.mjs";

const WIDTH = 1120;
const MARGIN = 32;
const LABEL_WIDTH = 370;
const BAR_WIDTH = 420;
const ROW = 26;
const BARS_AT = MARGIN + LABEL_WIDTH;
const TIMES_AT = BARS_AT + BAR_WIDTH + 96;
const RATIOS_AT = TIMES_AT + 60;

const COLOURS = {
  own: "#0b6e4f",
  rival: "#9aa5b1",
  text: "#1f2933",
  faint: "#616e7c",
  line: "#cbd2d9",
};

const escapeXml = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);

function text(
  x,
  y,
  words,
  { size = 14, fill = COLOURS.text, weight = "normal", anchor = "start" } = {},
) {
  return (
    `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" font-weight="${weight}" ` +
    `text-anchor="${anchor}">${escapeXml(words)}</text>`
  );
}

const rectangle = (x, y, width, height, fill) =>
  `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`;

const line = (x1, y1, x2, y2, stroke, more = "") =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}"${more}/>`;

/** Steps of 1, 2 or 5 times a power of ten, about five of them up to `highest`. */
function ticks(highest) {
  const rough = highest / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  return Array.from({ length: Math.floor(highest / step + 1e-9) + 1 }, (_, i) => i * step);
}

function bar({ label, own, nanos, timesBaseline }, y, xOf) {
  const { median, min, max } = timesBaseline;
  const middle = y + ROW / 2;
  const colour = own ? COLOURS.own : COLOURS.rival;
  const low = xOf(min).toFixed(1);
  const high = xOf(max).toFixed(1);
  const weight = own ? "bold" : "normal";
  const span = min === max ? "" : `${formatRatio(min)} - ${formatRatio(max)}`;
  return [
    text(BARS_AT - 10, middle + 5, label, { anchor: "end", weight }),
    rectangle(BARS_AT, y + 4, xOf(median) - BARS_AT, ROW - 8, colour),
    line(low, middle, high, middle, COLOURS.text, ' stroke-width="1.5"'),
    line(low, middle - 4, low, middle + 4, COLOURS.text),
    line(high, middle - 4, high, middle + 4, COLOURS.text),
    text(TIMES_AT, middle + 5, formatTime(nanos.median), { anchor: "end", weight }),
    text(RATIOS_AT, middle + 5, formatRatio(median), { anchor: "end", weight }),
    text(RATIOS_AT + 14, middle + 5, span, { size: 12, fill: COLOURS.faint }),
  ];
}

/** The parts of one table from `top` on, and where they end. */
function group({ title, unit, baseline, cases, notes }, top) {
  const shown = cases.filter(({ timesBaseline }) => timesBaseline !== null);
  const highest = Math.max(...shown.map(({ timesBaseline }) => timesBaseline.max)) * 1.02;
  const xOf = (ratio) => BARS_AT + (BAR_WIDTH * ratio) / highest;
  const barsTop = top + 46;
  const bottom = barsTop + ROW * shown.length;
  const parts = [
    text(MARGIN, top + 8, title, { size: 18, weight: "bold" }),
    text(MARGIN, top + 27, `one ${unit}`, { size: 12, fill: COLOURS.faint }),
    text(TIMES_AT, barsTop - 8, "time", { size: 12, fill: COLOURS.faint, anchor: "end" }),
    text(RATIOS_AT, barsTop - 8, "times", { size: 12, fill: COLOURS.faint, anchor: "end" }),
  ];
  for (const tick of ticks(highest)) {
    const x = xOf(tick).toFixed(1);
    const words = String(Number(tick.toPrecision(3)));
    parts.push(line(x, barsTop, x, bottom, COLOURS.line));
    parts.push(text(x, bottom + 15, words, { size: 12, fill: COLOURS.faint, anchor: "middle" }));
  }
  parts.push(...shown.flatMap((one, i) => bar(one, barsTop + ROW * i, xOf)));
  const one = xOf(1).toFixed(1);
  // The name stays clear of the columns at the right.
  const anchor = one > BARS_AT + 0.8 * BAR_WIDTH ? "end" : "middle";
  parts.push(line(one, barsTop - 4, one, bottom, "#c0392b", ' stroke-dasharray="4 3"'));
  parts.push(text(one, barsTop - 8, `${baseline} = 1`, { size: 12, fill: "#c0392b", anchor }));
  parts.push(
    ...notes.map((note, i) =>
      text(MARGIN, bottom + 34 + 17 * i, note, { size: 12, fill: COLOURS.faint }),
    ),
  );
  return { parts, bottom: bottom + 34 + 17 * notes.length + 22 };
}

export function drawSvg(report) {
  const parts = [
    text(MARGIN, 44, "Fondaco's kernels beside their rivals", { size: 24, weight: "bold" }),
    text(MARGIN, 68, machineLine(report), { size: 13, fill: COLOURS.faint }),
    text(
      MARGIN,
      87,
      "Bars: times faster than the group's baseline, longer is better. Thin lines: lowest to highest process. Processor time.",
      { size: 13, fill: COLOURS.faint },
    ),
    rectangle(MARGIN, 100, 14, 14, COLOURS.own),
    text(MARGIN + 20, 112, "Fondaco", { size: 13 }),
    rectangle(MARGIN + 100, 100, 14, 14, COLOURS.rival),
    text(MARGIN + 120, 112, "others, in the same run", { size: 13 }),
  ];
  let top = 146;
  for (const table of report.tables) {
    const drawn = group(table, top);
    parts.push(...drawn.parts);
    top = drawn.bottom;
  }
  const box = `width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${box} font-family="system-ui, 'DejaVu Sans', sans-serif">`,
    rectangle(0, 0, WIDTH, top, "#ffffff"),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** The chart as a page that needs nothing else. */
export function drawHtml(report) {
  return [
    "<!DOCTYPE html>",
    '<html lang="en"><head><meta charset="utf-8"/><title>Fondaco\'s kernels</title>',
    "<style>body{margin:0;background:#f5f7fa}svg{display:block;margin:24px auto;max-width:100%;height:auto}</style>",
    `</head><body>${drawSvg(report)}</body></html>`,
    "",
  ].join("\n");
}
