// Turns the figures of many processes into medians, spreads and ratios.

import { median } from "../support.mjs";

/** Median over processes, with the lowest and the highest, and the figure of each process. */
function spread(perProcess) {
  return {
    median: median(perProcess),
    min: Math.min(...perProcess),
    max: Math.max(...perProcess),
    perProcess,
  };
}

/**
 * How many times faster `own` is than `other`, one figure a process. Both are compared within each turn, because from
 * one turn to the next the machine may have become faster or slower.
 */
const ratioOf = (own, other) =>
  spread(
    own.cpu.map((turns, run) => median(turns.map((nanos, turn) => other.cpu[run][turn] / nanos))),
  );

function reportTable(first, tables) {
  const { cases: firstCases, hasShortKeys, ...table } = first;
  const cases = firstCases.map(({ name, label, own }, i) => {
    const cpu = tables.map(({ cases }) => cases[i].cpu);
    const wall = tables.map(({ cases }) => cases[i].wall);
    return {
      name,
      label,
      own,
      nanos: spread(cpu.map(median)),
      wallNanos: median(wall.map(median)),
      cpu,
    };
  });
  const baseline = cases.find(({ name }) => name === table.baseline);
  const ratios = {};
  for (const own of cases.filter((one) => one.own)) {
    for (const rival of cases.filter((one) => !one.own)) {
      ratios[`${own.name} vs ${rival.name}`] = ratioOf(own, rival);
    }
    if (hasShortKeys && baseline !== undefined) ratios[own.name] = ratioOf(own, baseline);
  }
  return {
    ratios,
    table: {
      ...table,
      cases: cases.map(({ cpu, ...one }) => ({
        ...one,
        timesBaseline: baseline === undefined ? null : ratioOf({ cpu }, baseline),
        turnsNanos: cpu,
      })),
    },
  };
}

/** `processes`: what `oneProcess.mjs` sent, in the order in which they ran. */
export function makeReport({ processes, suites, ...rest }) {
  const report = { ...rest, ratios: {}, facts: {}, missing: [], ratioSpreads: {}, tables: [] };
  for (const suite of suites) {
    const own = processes.filter((one) => one.suite === suite);
    Object.assign(report.facts, own[0].facts);
    report.missing.push(...own[0].missing);
    for (const [i, first] of own[0].tables.entries()) {
      const { ratios, table } = reportTable(
        first,
        own.map(({ tables }) => tables[i]),
      );
      Object.assign(report.ratioSpreads, ratios);
      report.tables.push({ suite, ...table });
    }
  }
  report.missing = [...new Set(report.missing)];
  for (const [key, { median: ratio }] of Object.entries(report.ratioSpreads))
    report.ratios[key] = ratio;
  return report;
}
