/** Counters, gauges and histograms by name; `telemetry/` knows their help texts and buckets. */
export interface Metrics {
  count(name: string, by?: number, labels?: MetricLabels): void;
  gauge(name: string, value: number, labels?: MetricLabels): void;
  observe(name: string, value: number, labels?: MetricLabels): void;
}

export type MetricLabels = Readonly<Record<string, string>>;

export const silentMetrics: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} };
