import { randomBytes } from "node:crypto";
import { TREE_TAGS } from "../crypto/domainTags.js";
import type { BatchVerifier, Hasher } from "../crypto/interfaces.js";
import { type Kernels, loadKernels } from "../kernels/index.js";
import type { StateTree } from "../merkle/stateTree.js";
import type { Metrics } from "../ports/metrics.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import {
  createInlinePool,
  createWorkerPool,
  type Gathering,
  type TaskReport,
} from "../workers/index.js";

/** What all validators of one process share: kernels and the threads that check signatures. */
export interface Machine {
  readonly hasher: Hasher;
  readonly batchVerifier: BatchVerifier;
  readonly verifierPool: VerifierPool;
  createStateTree(): StateTree;
  /** Metrics of the signature checks go there too from now on, those of all validators of the process. */
  reportTo(metrics: Metrics): void;
  stop(): Promise<void>;
}

export interface MachineOptions {
  /** Threads that check signatures; 0 checks them in the main thread. */
  readonly workers: number;
  readonly simd?: boolean;
}

/** Signatures that may wait: two full batches a validator of a small network. */
const QUEUED_SIGNATURES_MAX = 32_768;

/** Tables for the keys of 128 validators. */
const VOTE_KEY_TABLES_SIZE_BYTES = 4 * 1024 * 1024;

/**
 * At 5,000 payments a second some 50 signatures come in this time. Keys with tables cost a tenth
 * less in such batches than in those of eight, unknown keys a fifth; it is a small part of what
 * finality takes under that load.
 */
const GATHERING: Gathering = {
  delayMs: 10,
  nowMs: () => performance.now(),
  after: (delayMs, run) => void setTimeout(run, delayMs),
};

export async function createMachine(options: MachineOptions): Promise<Machine> {
  const { simd, workers } = options;
  const kernels: Kernels = await loadKernels({
    ...(simd === undefined ? {} : { simd }),
    // With threads the main one checks little but votes.
    ...(workers > 0 ? { keyTablesSizeBytes: VOTE_KEY_TABLES_SIZE_BYTES } : {}),
  });
  const { hasher, compiled } = kernels;
  const batchVerifier = kernels.createBatchVerifier((size) => new Uint8Array(randomBytes(size)));
  const sinks: Metrics[] = [];
  const onTask = (report: TaskReport) => {
    for (const metrics of sinks) reportTask(metrics, report);
  };
  const maxQueue = QUEUED_SIGNATURES_MAX;
  const { nowMs } = GATHERING;
  const verifierPool =
    workers === 0
      ? createInlinePool(batchVerifier, {
          maxQueue,
          gathering: GATHERING,
          measuring: { nowMs, counts: () => batchVerifier.counts, onTask },
        })
      : createWorkerPool({ threads: workers, maxQueue, compiled, onTask });
  const leafKey = hasher.sha256(TREE_TAGS.leaf);
  const nodeKey = hasher.sha256(TREE_TAGS.node);
  return {
    hasher,
    batchVerifier,
    verifierPool,
    createStateTree: () => kernels.createStateTree({ leafKey, nodeKey }),
    reportTo: (metrics) => void sinks.push(metrics),
    stop: () => new Promise((resolve) => verifierPool.close(resolve)),
  };
}

function reportTask(metrics: Metrics, report: TaskReport): void {
  metrics.observe("fondaco_signatures_call_signatures", report.signatures);
  metrics.observe("fondaco_signatures_wait_seconds", report.waitMs / 1_000);
  metrics.observe("fondaco_signatures_call_seconds", report.callMs / 1_000);
  metrics.count("fondaco_signatures_checked_total", report.withTables, { tier: "tables" });
  metrics.count("fondaco_signatures_checked_total", report.inBatches, { tier: "combination" });
  metrics.count("fondaco_signatures_cofactored_total", report.cofactored);
  metrics.count("fondaco_signatures_taken_over_total", report.stolen);
  metrics.count("fondaco_signature_tables_built_total", report.tablesBuilt);
}
