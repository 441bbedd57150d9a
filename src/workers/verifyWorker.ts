import { randomBytes } from "node:crypto";
import { workerData } from "node:worker_threads";
import type { SignatureJob } from "../crypto/interfaces.js";
import {
  type CompiledKernels,
  instantiateKernelsSync,
  type SignatureCounts,
} from "../kernels/index.js";
import { countsSince } from "./checkStats.js";
import { openSlab, type SlabTask, type TaskCounts, writeCounts } from "./slab.js";

/** What a thread is given at its start. */
export interface VerifyWorkerData {
  readonly compiled: CompiledKernels;
  /** Its share of the tables of the process. */
  readonly keyTablesSizeBytes: number;
}

/** Answer to a signature that came by itself. */
export interface LongVerdict {
  readonly valid: boolean;
  readonly counts: TaskCounts;
}

// The entry of a worker thread. The code comes compiled; an instance of it takes well under a millisecond.
const { compiled, keyTablesSizeBytes } = workerData as VerifyWorkerData;
const kernels = instantiateKernelsSync(compiled, { keyTablesSizeBytes });
const verifier = kernels.createBatchVerifier(randomBytes);
let known: SignatureCounts = verifier.counts;

/** Runs `check`; gives its time, and what the counts of the verifier grew by. */
function counted(check: () => void): TaskCounts {
  const startedMs = performance.now();
  check();
  const callMs = performance.now() - startedMs;
  const before = known;
  known = verifier.counts;
  return { callMs, ...countsSince(before, known) };
}

/** Runs one task: verdicts go into the slab, so nothing is sent back. */
export function verifySlab(task: SlabTask): void {
  const { items, input, verdicts } = openSlab(task);
  const counts = counted(() => verifier.verifyPacked(task.count, items, input, verdicts));
  writeCounts(task.slab, counts);
}

/** Checks one signature whose message is too long for a slab. */
export function verifyLong(job: SignatureJob): LongVerdict {
  let valid = false;
  const counts = counted(() => {
    valid = verifier.verify([job])[0] === true;
  });
  return { valid, counts };
}
