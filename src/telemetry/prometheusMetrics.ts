import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Logger } from "../ports/logger.js";
import type { MetricLabels, Metrics } from "../ports/metrics.js";
import { canonicalName, METRICS, type MetricDefinition } from "./metricCatalogue.js";

/** Label sets of one metric that are kept; more are counted under the label value `other`. */
const LABEL_SETS_MAX = 1_000;
/** Unknown names that are logged, once each. */
const UNKNOWN_NAMES_MAX = 64;
const LABEL_VALUE_LENGTH_MAX = 64;

export interface PrometheusMetrics extends Metrics {
  readonly contentType: string;
  /** All metrics in Prometheus' text form. */
  text(): Promise<string>;
  /** Forgets everything, for a process that goes on without it. */
  close(): void;
}

type Series = { readonly definition: MetricDefinition; readonly seen: Set<string> } & (
  | { readonly kind: "counter"; readonly metric: Counter }
  | { readonly kind: "gauge"; readonly metric: Gauge }
  | { readonly kind: "histogram"; readonly metric: Histogram }
);

function createSeries(registry: Registry, name: string, definition: MetricDefinition): Series {
  const configuration = {
    name,
    help: definition.help,
    labelNames: [...definition.labels],
    registers: [registry],
  };
  const seen = new Set<string>();
  switch (definition.kind) {
    case "counter":
      return { kind: "counter", metric: new Counter(configuration), definition, seen };
    case "gauge":
      return { kind: "gauge", metric: new Gauge(configuration), definition, seen };
    case "histogram": {
      const buckets = [...definition.buckets];
      const metric = new Histogram({ ...configuration, buckets });
      return { kind: "histogram", metric, definition, seen };
    }
  }
}

/**
 * The metrics port over prom-client, with a registry of its own. A wrong name or label never
 * throws: telemetry must not stop a validator. It is logged once and counted.
 */
export function createPrometheusMetrics(logger: Logger): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const all = new Map<string, Series>();
  for (const [name, definition] of Object.entries(METRICS)) {
    all.set(name, createSeries(registry, name, definition));
  }
  const unknown = new Set<string>();

  function find(name: string, kind: Series["kind"]): Series | undefined {
    const fullName = canonicalName(name, kind === "counter");
    const series = all.get(fullName);
    if (series?.kind === kind) return series;
    const lost = all.get("fondaco_telemetry_unknown_metrics_total");
    if (lost?.kind === "counter") lost.metric.inc();
    if (!unknown.has(fullName) && unknown.size < UNKNOWN_NAMES_MAX) {
      unknown.add(fullName);
      logger.warn("a metric is not in the catalogue", { metric: fullName, kind });
    }
    return undefined;
  }

  /** Exactly the labels of the definition, bounded in length and number. */
  function labelsOf({ definition, seen }: Series, given: MetricLabels = {}): MetricLabels {
    if (definition.labels.length === 0) return {};
    const values = definition.labels.map((label) =>
      (given[label] ?? "none").slice(0, LABEL_VALUE_LENGTH_MAX),
    );
    const key = values.join("\n");
    const isKept = seen.has(key) || seen.size < LABEL_SETS_MAX;
    if (isKept) seen.add(key);
    return Object.fromEntries(
      definition.labels.map((label, i) => [label, isKept ? (values[i] as string) : "other"]),
    );
  }

  return {
    contentType: registry.contentType,
    count(name, by = 1, labels) {
      const series = find(name, "counter");
      if (series?.kind === "counter" && by > 0) series.metric.inc(labelsOf(series, labels), by);
    },
    gauge(name, value, labels) {
      const series = find(name, "gauge");
      if (series?.kind === "gauge") series.metric.set(labelsOf(series, labels), value);
    },
    observe(name, value, labels) {
      const series = find(name, "histogram");
      if (series?.kind === "histogram") series.metric.observe(labelsOf(series, labels), value);
    },
    text: () => registry.metrics(),
    close: () => registry.clear(),
  };
}
