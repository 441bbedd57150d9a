/**
 * The genesis record and the founding. The record names a network: its hash (SHA-256 of its BCS
 * bytes) is the genesis hash. It holds what everybody may know and what a proof needs: parameters,
 * organisations, validators, and the hash of the founding. The founding holds accounts, assets and
 * opening balances; with its salts and blind secrets it is for the members of the network alone.
 * Account ids, validator ids and the state root are computed from the hash and stand in neither.
 */

import { LIMITS } from "../base/limits.js";
import {
  bytes,
  count,
  fixedBytes,
  type Infer,
  list,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from "../codec/schema.js";
import { keyPolicy } from "./keyPolicy.js";
import { hash, publicKey } from "./primitives.js";

/** Parameters that all validators share. Times in milliseconds. */
export const chainParameters = struct({
  /** Base network bound Delta_0, with the time to validate a block. */
  deltaMs: u32,
  /** Minimum time between a block and the next proposal. */
  blockIntervalMs: u32,
  /** Longest silence of an idle chain. */
  maxIdleMs: u32,
  /** Rebroadcast period t_r. */
  retryIntervalMs: u32,
  /** A leader that said nothing for this long has its view nullified at once. */
  inactiveAfterMs: u32,
  /** How far a block's time may lie ahead of a voter's clock. */
  timeSkewMs: u32,
  /** Blocks that may be executed and not final before only empty ones are proposed. */
  maxUnfinalized: u32,
  maxBlockSizeBytes: u32,
  maxBlockCost: u64,
  maxTimersPerBlock: u32,
  /** Cost that each organisation may spend in one minute of block time. */
  quotaCostPerMinute: u64,
  /** Rows, open timers and channels that one organisation may own. */
  quotaRows: u32,
  quotaTimers: u32,
  quotaChannels: u32,
});
export type ChainParameters = Infer<typeof chainParameters>;

/**
 * Least and most of each parameter. A network with others would not work: a block that holds no
 * whole batch never gets one, one that no validator can log stops all of them, and with a time of
 * hours nothing would be seen to go wrong.
 */
export const PARAMETER_RANGES: Readonly<
  Record<keyof ChainParameters, readonly [min: number, max: number]>
> = {
  deltaMs: [10, 60_000],
  blockIntervalMs: [1, 60_000],
  maxIdleMs: [1_000, 3_600_000],
  retryIntervalMs: [50, 60_000],
  inactiveAfterMs: [500, 600_000],
  timeSkewMs: [10, 60_000],
  maxUnfinalized: [1, 1_024],
  maxBlockSizeBytes: [LIMITS.batchSizeBytesMax, LIMITS.blockSizeBytesMax],
  maxBlockCost: [10_000, LIMITS.blockCostMax],
  maxTimersPerBlock: [1, 4_096],
  quotaCostPerMinute: [10_000, 1e15],
  quotaRows: [10, 1_000_000_000],
  quotaTimers: [0, 100_000_000],
  quotaChannels: [1, 1_000_000_000],
};

/** The first parameter that is out of its range, in words. */
export function parameterOutOfRange(parameters: ChainParameters): string | undefined {
  for (const [name, [min, max]] of Object.entries(PARAMETER_RANGES)) {
    const value = parameters[name as keyof ChainParameters];
    if (value < min || value > max) return `${name} is ${value}, allowed are ${min} to ${max}`;
  }
  return undefined;
}

/** Roles of an account within its organisation, as bits. */
export const ROLE = { admin: 1, issuer: 2, auditor: 4, operator: 8 } as const;

export const genesisAccount = struct({
  keyPolicy,
  salt: fixedBytes(16),
  /** From it come the blinds of this account's rows in the state tree. */
  blindSecret: fixedBytes(32),
  roles: u16,
});
export type GenesisAccount = Infer<typeof genesisAccount>;

export const genesisValidator = struct({
  consensusKey: publicKey,
  tlsKey: publicKey,
  /** `host:port` of its control listener; a validator's own configuration may name others. */
  addresses: list(text(128, 3), 4),
});
export type GenesisValidator = Infer<typeof genesisValidator>;

export const genesisOrganisation = struct({
  /** Short name: letters, digits and hyphens. */
  code: text(24, 1),
  name: text(64, 1),
  validators: list(genesisValidator, LIMITS.validatorsMax),
});

export const genesisAsset = struct({
  code: text(12, 1),
  scale: u8,
  /** Index of the issuing organisation. */
  organisation: u32,
  /** ISO 4217 number, or 0. */
  iso4217: u16,
  kind: u8,
  flags: u16,
  maxSupply: u64,
});
export type GenesisAsset = Infer<typeof genesisAsset>;

/** An opening balance: it counts as issued. */
export const genesisBalance = struct({
  organisation: u32,
  /** Index into the organisation's accounts. */
  account: u32,
  asset: u32,
  amount: u64,
});

/** What is founded before block 1. */
export const founding = struct({
  /** For each organisation of the record, its accounts. */
  accounts: list(list(genesisAccount, LIMITS.genesisAccountsMax, 1), LIMITS.organisationsMax, 1),
  assets: list(genesisAsset, 10_000),
  balances: list(genesisBalance, 4 * LIMITS.genesisAccountsMax),
});
export type Founding = Infer<typeof founding>;

export const genesisRecord = struct({
  version: u16,
  networkName: text(64, 1),
  timeMs: count,
  parameters: chainParameters,
  organisations: list(genesisOrganisation, LIMITS.organisationsMax, 1),
  /** SHA-256 of the BCS bytes of the founding. */
  foundingHash: hash,
});
export type GenesisRecord = Infer<typeof genesisRecord>;

/** The file that members get: record and founding as they were hashed. */
export const genesisFile = struct({
  record: bytes(LIMITS.genesisRecordSizeBytesMax, 1),
  founding: bytes(LIMITS.genesisSizeBytesMax, 1),
});

/** An organisation with its accounts. */
export interface GenesisOrganisation extends Infer<typeof genesisOrganisation> {
  readonly accounts: readonly GenesisAccount[];
}

/** Record and founding in one, as a validator uses them. */
export interface Genesis extends Omit<GenesisRecord, "organisations" | "foundingHash"> {
  readonly organisations: readonly GenesisOrganisation[];
  readonly assets: Founding["assets"];
  readonly balances: Founding["balances"];
}
