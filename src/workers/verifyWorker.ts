import { randomBytes } from "node:crypto";
import { workerData } from "node:worker_threads";
import { type CompiledKernels, instantiateKernelsSync } from "../kernels/index.js";
import { readJobs, type VerifyTask, writeVerdicts } from "./slab.js";

// The entry of a worker thread. The code comes compiled; an instance of it takes well under a millisecond.
const kernels = instantiateKernelsSync(workerData as CompiledKernels);
const verifier = kernels.createBatchVerifier(randomBytes);

/** Runs one task: verdicts go into the slab, so nothing is sent back. */
export function verifySlab(task: VerifyTask): void {
  writeVerdicts(task.slab, verifier.verify(readJobs(task)));
}
