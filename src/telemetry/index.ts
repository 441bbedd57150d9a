export { HealthListener, type HealthOptions } from "./healthListener.js";
export {
  createJsonLogger,
  type JsonLogger,
  type JsonLoggerOptions,
  type LogLevel,
} from "./jsonLogger.js";
export { createPrometheusMetrics, type PrometheusMetrics } from "./prometheusMetrics.js";
