/** Transactions of each second of the last minute, as bars. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { integer } from "../text/format.js";

const HEIGHT_PX = 132;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function optionsFor(widthPx: number): uPlot.Options {
  const axis = {
    stroke: colour("--muted"),
    font: "12px system-ui, sans-serif",
    ticks: { show: false },
    border: { show: false },
  };
  const bars = uPlot.paths.bars?.({ size: [0.72, 24], radius: 0.15 });
  return {
    width: widthPx,
    height: HEIGHT_PX,
    padding: [8, 14, 0, 0],
    cursor: { show: false },
    legend: { show: false },
    scales: {
      // Half a bar of room at both ends.
      x: { time: false, range: (_, min) => [min - 0.6, 0.4] },
      y: { range: (_, __, max) => [0, Math.max(4, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        values: (_, values) => values.map((value) => (value === 0 ? "now" : `${value} s`)),
        splits: (_, __, min) => (min < -31 ? [-60, -45, -30, -15, 0] : [-30, -20, -10, 0]),
      },
      {
        ...axis,
        size: 46,
        gap: 4,
        grid: { stroke: colour("--line"), width: 1 },
        values: (_, values) =>
          values.map((value) => (Number.isInteger(value) ? integer(value) : "")),
        space: 36,
      },
    ],
    series: [
      {},
      {
        fill: colour("--accent"),
        stroke: colour("--accent"),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      },
    ],
  };
}

interface RateChartProps {
  /** Oldest first, one value a second. */
  readonly values: readonly number[];
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

export function RateChart({ values, label }: RateChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef<uPlot.AlignedData>([[], []]);
  latest.current = [values.map((_, i) => i - values.length), [...values]];

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(element.clientWidth), latest.current, element);
    };
    draw();
    const sizes = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX });
    });
    sizes.observe(element);
    // The canvas does not follow the style sheet by itself.
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => plot.current?.setData(latest.current), [values]);

  return <div class="chart" ref={place} role="img" aria-label={label} />;
}
