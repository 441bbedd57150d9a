import type { BatchVerifier, Hasher } from "../crypto/interfaces.js";
import type { ChainParameters } from "../types/genesis.js";
import type { Hash, OrganisationId, ValidatorIndex } from "../types/primitives.js";
import type { ChainFaults } from "./faults.js";
import type { RecoveredChain } from "./interface.js";

/** A seat of the epoch's validator list. */
export interface ValidatorSeat {
  readonly index: ValidatorIndex;
  readonly validatorId: Hash;
  readonly consensusKey: Uint8Array;
  readonly organisation: OrganisationId;
}

export interface ChainOptions {
  readonly genesisHash: Hash;
  /** Result hash of the genesis state: parent result of the block at height 1. */
  readonly genesisResultHash: Hash;
  readonly genesisTimeMs: number;
  readonly parameters: ChainParameters;
  /** In order of index, without gaps. */
  readonly validators: readonly ValidatorSeat[];
  readonly self: ValidatorIndex;
  readonly hasher: Hasher;
  /** For votes and certificates; synchronous, a quorum of signatures at a time. */
  readonly batchVerifier: BatchVerifier;
  readonly recovered?: RecoveredChain | undefined;
  /**
   * Why this validator must not sign anything in this run (a lost safety file): it reads, checks
   * and serves, and counts as a fault of the network's f.
   */
  readonly mustNotVote?: { readonly code: string; readonly detail: string } | undefined;
  readonly faults?: ChainFaults | undefined;
  /** Smaller in tests than that of the limits. */
  readonly unfinalBlocksMax?: number | undefined;
}
