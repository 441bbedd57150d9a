/** Line charts as inline SVG: no script, no network. */

export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
  /** Values of y are drawn by their logarithm. */
  readonly isLogarithmic?: boolean;
  /** Places on the x axis with their texts; by default round numbers. */
  readonly xTicks?: readonly (readonly [number, string])[];
}

const WIDTH = 760;
const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 12;
const TOP = 28;
const BOTTOM = 40;
const TICKS = 5;

export function escapeText(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] as string);
}

/** Round values between two ends: steps of 1, 2 or 5 times a power of ten. */
export function roundTicks(min: number, max: number): number[] {
  const raw = (max - min) / TICKS;
  if (!(raw > 0)) return [min];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) as number) * power;
  const ticks: number[] = [];
  for (let at = Math.ceil(min / step) * step; at <= max + step / 1e6; at += step) ticks.push(at);
  return ticks;
}

function powerTicks(min: number, max: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(min)); 10 ** power <= max; power++) {
    if (10 ** power >= min) ticks.push(10 ** power);
  }
  return ticks.length > 0 ? ticks : [min, max];
}

function short(value: number): string {
  return Number(value.toPrecision(6)).toString();
}

export function chart(options: ChartOptions): string {
  const { title, xLabel, yLabel, lines, isLogarithmic = false } = options;
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return `<p>${escapeText(title)}: nothing to show.</p>`;
  const positive = points.map(([, y]) => y).filter((y) => y > 0);
  const [xMin, xMax] = [Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x))];
  const yMax = Math.max(...positive, 1e-3) * (isLogarithmic ? 1.2 : 1.05);
  const yMin = isLogarithmic ? Math.min(...positive, yMax / 10) / 1.2 : 0;
  const scale = (y: number) => (isLogarithmic ? Math.log10(Math.max(y, yMin)) : y);
  const xOf = (x: number) => LEFT + ((x - xMin) / (xMax - xMin || 1)) * (WIDTH - LEFT - RIGHT);
  const yOf = (y: number) =>
    HEIGHT -
    BOTTOM -
    ((scale(y) - scale(yMin)) / (scale(yMax) - scale(yMin) || 1)) * (HEIGHT - TOP - BOTTOM);
  const parts: string[] = [];
  for (const y of isLogarithmic ? powerTicks(yMin, yMax) : roundTicks(yMin, yMax)) {
    const at = yOf(y).toFixed(1);
    parts.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${short(y)}</text>`);
  }
  const xTicks = options.xTicks ?? roundTicks(xMin, xMax).map((x) => [x, short(x)] as const);
  for (const [x, text] of xTicks) {
    if (x < xMin || x > xMax) continue;
    const at = xOf(x).toFixed(1);
    parts.push(
      `<text x="${at}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escapeText(text)}</text>`,
    );
  }
  lines.forEach(({ name, colour, points: own }, i) => {
    const path = own.map(([x, y]) => `${xOf(x).toFixed(1)},${yOf(y).toFixed(1)}`).join(" ");
    parts.push(`<polyline fill="none" stroke="${colour}" stroke-width="1.6" points="${path}"/>`);
    parts.push(
      `<text x="${WIDTH - RIGHT - 110 * (lines.length - i)}" y="16" fill="${colour}">${escapeText(name)}</text>`,
    );
  });
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(title)}">` +
    `<text x="${LEFT}" y="16" class="title">${escapeText(title)}</text>${parts.join("")}` +
    `<text x="${middle}" y="${HEIGHT - 6}" text-anchor="middle">${escapeText(xLabel)}</text>` +
    `<text transform="translate(14 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeText(yLabel)}</text></svg>`
  );
}
