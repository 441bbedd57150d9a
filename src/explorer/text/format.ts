/** Numbers, amounts, times and ids as people read them. */

import { amountText } from "../../client/amounts.js";

const integers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const rates = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function integer(value: number): string {
  return integers.format(value);
}

/** A rate: whole numbers from ten up, one decimal place below. */
export function rate(value: number): string {
  return value >= 10 ? integers.format(value) : rates.format(value);
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}

/** Decimal text of minor units with the thousands apart: `-1,234.50`. */
export function amount(units: bigint | string, scale: number): string {
  const [whole = "0", fraction] = amountText(units, scale).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A short span: `85 ms`, `1.24 s`, `48 s`, `3 min`. */
export function duration(spanMs: number): string {
  const ms = Math.max(0, spanMs);
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(2)} s`;
  if (ms < 100_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 6_000_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}

/** How long ago, in whole seconds or more. */
export function age(spanMs: number): string {
  return spanMs < 1_000
    ? "now"
    : `${duration(Math.floor(spanMs / 1_000) * 1_000).replace(".00", "")} ago`;
}

const dateTimes = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Local date and time. */
export function localTime(timeMs: number): string {
  return dateTimes.format(timeMs);
}

/** A long id with its middle left out: its prefix and its end tell ids apart. */
export function shortId(id: string, head = 8, tail = 6): string {
  return id.length <= head + tail + 1 ? id : `${id.slice(0, head)}…${id.slice(-tail)}`;
}
