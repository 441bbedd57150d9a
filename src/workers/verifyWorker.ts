import { randomBytes } from "node:crypto";
import { workerData } from "node:worker_threads";
import { type CompiledKernels, instantiateKernelsSync } from "../kernels/index.js";
import { readJobs, type VerifyTask, writeVerdicts } from "./slab.js";

/** What a thread is given at its start. */
export interface VerifyWorkerData {
  readonly compiled: CompiledKernels;
  /** Its share of the tables of the process. */
  readonly keyTablesSizeBytes: number;
}

// The entry of a worker thread. The code comes compiled; an instance of it takes well under a millisecond.
const { compiled, keyTablesSizeBytes } = workerData as VerifyWorkerData;
const kernels = instantiateKernelsSync(compiled, { keyTablesSizeBytes });
const verifier = kernels.createBatchVerifier(randomBytes);

/** Runs one task: verdicts go into the slab, so nothing is sent back. */
export function verifySlab(task: VerifyTask): void {
  writeVerdicts(task.slab, verifier.verify(readJobs(task)));
}
