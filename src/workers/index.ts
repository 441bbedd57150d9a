export type { CheckStats, OnTask, TaskReport } from "./checkStats.js";
export {
  createInlinePool,
  type Gathering,
  type InlinePool,
  type InlinePoolOptions,
} from "./inlinePool.js";
export { createVerdictCache, type VerdictCache, type VerdictCacheOptions } from "./verdictCache.js";
export { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from "./workerPool.js";
