/** The network of a world: one organisation for each validator, two assets, some accounts. */

import { concatBytes } from "../../../src/base/bytes.js";
import { accountId } from "../../../src/crypto/digests.js";
import { encodeGenesis } from "../../../src/crypto/genesisFile.js";
import type { Hasher, Signer } from "../../../src/crypto/interfaces.js";
import { type ChainParameters, type Genesis, ROLE } from "../../../src/types/genesis.js";
import { singleKeyPolicy } from "../../../src/types/keyPolicy.js";
import type { Hash } from "../../../src/types/primitives.js";
import type { SignatureScheme } from "./keyedHashSignatures.js";
import { WORLD_START_MS } from "./virtualClock.js";

export const PARAMETERS: ChainParameters = {
  deltaMs: 100,
  blockIntervalMs: 200,
  maxIdleMs: 3_000,
  retryIntervalMs: 500,
  inactiveAfterMs: 5_000,
  timeSkewMs: 500,
  maxUnfinalized: 16,
  maxBlockSizeBytes: 8 * 1024 * 1024,
  maxBlockCost: 1_000_000n,
  maxTimersPerBlock: 64,
  quotaCostPerMinute: 1_000_000_000n,
  quotaRows: 100_000,
  quotaTimers: 1_000,
  quotaChannels: 1_000,
};

export const ASSET_COUNT = 2;
const ACCOUNTS_PER_ORGANISATION = 2;
const TRANSFERABLE = 16;

export interface SimulatedAccount {
  readonly id: Hash;
  readonly signer: Signer;
  readonly organisation: number;
}

export interface SimulatedNetworkSetup {
  readonly genesisBytes: Uint8Array;
  readonly genesisHash: Hash;
  readonly validators: readonly Signer[];
  readonly accounts: readonly SimulatedAccount[];
  /** `balances[account][asset]`. */
  readonly balances: readonly (readonly bigint[])[];
}

export function createGenesis(
  validatorCount: number,
  scheme: SignatureScheme,
  hasher: Hasher,
): SimulatedNetworkSetup {
  const filled = (value: number, sizeBytes: number) => new Uint8Array(sizeBytes).fill(value);
  const validators = Array.from({ length: validatorCount }, (_, i) => scheme.signer(i));
  const owners = Array.from({ length: validatorCount * ACCOUNTS_PER_ORGANISATION }, (_, i) => ({
    signer: scheme.signer(200 + i),
    organisation: Math.floor(i / ACCOUNTS_PER_ORGANISATION),
    salt: filled(i + 1, 16),
  }));
  const record: Genesis = {
    version: 1,
    networkName: "simulation",
    timeMs: WORLD_START_MS - 1_000,
    parameters: PARAMETERS,
    organisations: validators.map((validator, organisation) => ({
      code: `org-${organisation}`,
      name: `Organisation ${organisation}`,
      accounts: owners
        .filter((owner) => owner.organisation === organisation)
        .map((owner, i) => ({
          keyPolicy: singleKeyPolicy(owner.signer.publicKey),
          salt: owner.salt,
          blindSecret: concatBytes(owner.salt, filled(7, 16)),
          roles: i === 0 ? ROLE.admin | ROLE.issuer : 0,
        })),
      validators: [
        {
          consensusKey: validator.publicKey,
          tlsKey: scheme.signer(100 + organisation).publicKey,
          addresses: [`validator-${organisation}:1`],
        },
      ],
    })),
    assets: ["EUR", "CNY"].map((code, organisation) => ({
      code,
      scale: 2,
      organisation,
      iso4217: 0,
      kind: 1,
      flags: TRANSFERABLE,
      maxSupply: 0n,
    })),
    balances: owners.flatMap((owner, i) =>
      Array.from({ length: ASSET_COUNT }, (_, asset) => ({
        organisation: owner.organisation,
        account: i % ACCOUNTS_PER_ORGANISATION,
        asset,
        amount: openingBalance(i, asset),
      })),
    ),
  };
  const { fileBytes: genesisBytes, genesisHash: hash } = encodeGenesis(hasher, record);
  return {
    genesisBytes,
    genesisHash: hash,
    validators,
    accounts: owners.map((owner) => ({
      id: accountId(
        hasher,
        hash,
        owner.organisation,
        singleKeyPolicy(owner.signer.publicKey),
        owner.salt,
      ),
      signer: owner.signer,
      organisation: owner.organisation,
    })),
    balances: owners.map((_, i) =>
      Array.from({ length: ASSET_COUNT }, (_, asset) => openingBalance(i, asset)),
    ),
  };
}

function openingBalance(account: number, asset: number): bigint {
  return BigInt(5_000 + 100 * account + asset);
}
