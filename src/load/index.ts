export { generate } from "./generator.js";
export { generateInThread } from "./generatorThread.js";
export { reportOf } from "./report.js";
export { type LoadOptions, type LoadResult, runLoad } from "./runLoad.js";
export { WORKLOADS, type Workload } from "./schedule.js";
export type { LoadAccount } from "./signing.js";
export { summaryOf } from "./summary.js";
