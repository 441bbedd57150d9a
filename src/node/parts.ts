import type { SafetyVoteSigner } from "../storage/safetyVoteSigner.js";
import type { ChainDriver } from "./chainDriver.js";
import type { ChainStore } from "./chainStore.js";
import type { ExecutorDriver } from "./executorDriver.js";
import type { OpenedHome } from "./opening.js";
import type { ReadModel } from "./readModel.js";
import type { TransactionPool } from "./transactionPool.js";

/** What a started validator consists of. */
export interface NodeParts {
  readonly opened: OpenedHome;
  readonly store: ChainStore;
  readonly signer: SafetyVoteSigner;
  readonly chain: ChainDriver;
  readonly executor: ExecutorDriver;
  readonly reads: ReadModel;
  readonly pool: TransactionPool;
}
