export { createInlinePool, type Gathering, type InlinePoolOptions } from "./inlinePool.js";
export { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from "./workerPool.js";
