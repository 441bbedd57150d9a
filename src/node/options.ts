import type { BatchVerifier, Hasher, Signer } from "../crypto/interfaces.js";
import type { StateTree } from "../merkle/stateTree.js";
import type { Clock } from "../ports/clock.js";
import type { Entropy } from "../ports/entropy.js";
import type { FileSystem } from "../ports/fileSystem.js";
import type { Logger } from "../ports/logger.js";
import type { Metrics } from "../ports/metrics.js";
import type { NodeStatus } from "../ports/nodeApi.js";
import type { RowStore } from "../ports/rowStore.js";
import type { Transport } from "../ports/transport.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import type { NodeFaults } from "./faults.js";

/** Everything outside one validator. */
export interface NodePorts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly fileSystem: FileSystem;
  readonly openRowStore: (path: string) => RowStore;
  readonly verifierPool: VerifierPool;
  readonly entropy: Entropy;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Sizes that only tests change, so that files roll, are pruned and checkpointed within seconds. */
export interface StorageSizes {
  readonly safetySegmentSizeBytes?: number;
  /** Final blocks between two checkpoints. */
  readonly checkpointBlocks?: number;
  /** Views of finality between two looks whether the safety file should be pruned. */
  readonly pruneViews?: number;
}

export interface NodeOptions {
  readonly genesisBytes: Uint8Array;
  /** Index of this validator in the genesis record. */
  readonly self: number;
  /** Directory of its data; only this validator writes to it. */
  readonly home: string;
  readonly consensusSigner: Signer;
  readonly ports: NodePorts;
  readonly hasher: Hasher;
  /** Checks votes and certificates in the main thread. */
  readonly batchVerifier: BatchVerifier;
  readonly createStateTree: () => StateTree;
  /** Said to peers and clients; the command has it from package.json. */
  readonly softwareVersion: string;
  /** What parts beside the validator found that an operator should act on, for `status`. */
  readonly warnings?: () => NodeStatus["warnings"];
  /** Latency of flushes to disk, for `status`. */
  readonly flushLatency?: () => NodeStatus["flushMs"];
  /**
   * Called once when the disk failed or a rule inside was broken: the process must end, as nothing
   * that it says from then on could be trusted.
   */
  readonly failed?: (error: Error) => void;
  readonly storageSizes?: StorageSizes;
  /** Planted bugs, for simulation only. */
  readonly faults?: NodeFaults;
}
