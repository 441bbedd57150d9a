/**
 * Plans a network: its genesis record, the keys of its validators and of its named accounts.
 * A demo network takes its keys from public text, so that everybody gets the same one; a test
 * network draws them.
 */

import { createHash, randomBytes } from "node:crypto";
import { concatBytes, toHex, utf8 } from "../../base/bytes.js";
import { accountId } from "../../crypto/digests.js";
import { encodeGenesis } from "../../crypto/genesisFile.js";
import { createNobleSigner, nobleHasher } from "../../crypto/noble/index.js";
import { ASSET_FLAG, ASSET_KIND } from "../../declarations/assets.js";
import {
  type ChainParameters,
  type Genesis,
  type GenesisAccount,
  type GenesisOrganisation,
  ROLE,
} from "../../types/genesis.js";
import { singleKeyPolicy } from "../../types/keyPolicy.js";

export interface NetworkPlanOptions {
  readonly networkName: string;
  readonly validatorCount: number;
  /** Addresses of validator i; a home's own configuration may name others. */
  readonly addressOf: (validator: number) => string;
  readonly timeMs: number;
  /** Seeds from public text instead of random ones: only for demo networks. */
  readonly isDemo: boolean;
  /** Funded accounts for load, whose keys come from one seed. */
  readonly loadAccounts: number;
  readonly parameters?: Partial<ChainParameters>;
}

export interface PlannedValidator {
  readonly organisation: string;
  readonly consensusSeed: Uint8Array;
  readonly tlsSeed: Uint8Array;
}

export interface PlannedAccount {
  readonly name: string;
  readonly organisation: number;
  readonly organisationCode: string;
  readonly seed: Uint8Array;
  readonly accountId: Uint8Array;
}

export interface NetworkPlan {
  readonly genesisBytes: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly validators: readonly PlannedValidator[];
  readonly accounts: readonly PlannedAccount[];
  /** Seed of the load accounts' keys. */
  readonly loadSeed: Uint8Array;
  readonly loadAccounts: readonly Uint8Array[];
}

export const DEFAULT_PARAMETERS: ChainParameters = {
  deltaMs: 250,
  blockIntervalMs: 100,
  maxIdleMs: 60_000,
  retryIntervalMs: 1_000,
  inactiveAfterMs: 10_000,
  timeSkewMs: 500,
  maxUnfinalized: 16,
  maxBlockSizeBytes: 8 * 1024 * 1024,
  maxBlockCost: 1_000_000n,
  maxTimersPerBlock: 256,
  quotaCostPerMinute: 100_000_000n,
  quotaRows: 4_000_000,
  quotaTimers: 100_000,
  quotaChannels: 1_000_000,
};

const ASSETS = [
  { code: "CNY", iso4217: 156 },
  { code: "USD", iso4217: 840 },
  { code: "EUR", iso4217: 978 },
  { code: "CHF", iso4217: 756 },
] as const;

/** Opening balance of a person, in minor units: 1,000,000.00 of each currency. */
const OPENING_BALANCE = 100_000_000n;
/** What the bank holds at the start: 1,000,000,000.00 of each currency. */
const BANK_BALANCE = 100_000_000_000n;

const ORGANISATION_NAMES = [
  "Banco di Rialto",
  "Arsenale",
  "Murano",
  "Giudecca",
  "Torcello",
  "Lido",
  "Burano",
];
const ORGANISATION_CODES = [
  "rialto",
  "arsenale",
  "murano",
  "giudecca",
  "torcello",
  "lido",
  "burano",
];

/** Named accounts: the organisation that each belongs to, as an index. */
const NAMED = [
  { name: "bank", organisation: 0 },
  { name: "alice", organisation: 0 },
  { name: "bob", organisation: 1 },
  { name: "carol", organisation: 2 },
  { name: "shop", organisation: 3 },
] as const;

function publicText(...parts: readonly (string | number)[]): Uint8Array {
  return new Uint8Array(createHash("sha256").update(parts.join("/")).digest());
}

/** Key seed of load account `index`. */
export function loadAccountSeed(loadSeed: Uint8Array, index: number): Uint8Array {
  return nobleHasher.sha256(concatBytes(loadSeed, utf8(`load account ${index}`)));
}

export function planNetwork(options: NetworkPlanOptions): NetworkPlan {
  const draw = (label: string, index: number | string): Uint8Array =>
    options.isDemo ? publicText("fondaco demo", label, index) : new Uint8Array(randomBytes(32));
  const validators = Array.from({ length: options.validatorCount }, (_, i) => ({
    organisation: organisationCode(i),
    consensusSeed: draw("consensus", i),
    tlsSeed: draw("tls", i),
  }));
  const keyed: { name: string; organisation: number; seed: Uint8Array; account: GenesisAccount }[] =
    [];
  const addAccount = (name: string, organisation: number, seed: Uint8Array, roles: number) => {
    const account = {
      keyPolicy: singleKeyPolicy(createNobleSigner(seed).publicKey),
      salt: draw("salt", name).slice(0, 16),
      blindSecret: draw("blind", name),
      roles,
    };
    keyed.push({ name, organisation, seed, account });
  };
  for (let i = 0; i < options.validatorCount; i++) {
    addAccount(`${organisationCode(i)}-admin`, i, draw("admin", i), ROLE.admin | ROLE.operator);
  }
  for (const { name, organisation } of NAMED) {
    const roles = name === "bank" ? ROLE.issuer | ROLE.operator : 0;
    addAccount(
      name,
      Math.min(organisation, options.validatorCount - 1),
      draw("account", name),
      roles,
    );
  }
  const loadSeed = draw("load", 0);
  for (let i = 0; i < options.loadAccounts; i++) {
    addAccount(`load-${i}`, i % options.validatorCount, loadAccountSeed(loadSeed, i), 0);
  }
  const inOrganisation = (organisation: number) =>
    keyed.filter((item) => item.organisation === organisation);
  const organisations: GenesisOrganisation[] = validators.map((validator, i) => ({
    code: organisationCode(i),
    name: ORGANISATION_NAMES[i] ?? `Organisation ${i + 1}`,
    accounts: inOrganisation(i).map(({ account }) => account),
    validators: [
      {
        consensusKey: createNobleSigner(validator.consensusSeed).publicKey,
        tlsKey: createNobleSigner(validator.tlsSeed).publicKey,
        addresses: [options.addressOf(i)],
      },
    ],
  }));
  const record: Genesis = {
    version: 1,
    networkName: options.networkName,
    timeMs: options.timeMs,
    parameters: { ...DEFAULT_PARAMETERS, ...options.parameters },
    organisations,
    assets: ASSETS.map(({ code, iso4217 }) => ({
      code,
      scale: 2,
      organisation: 0,
      iso4217,
      kind: ASSET_KIND.currency,
      flags: ASSET_FLAG.canFreeze | ASSET_FLAG.transferable,
      maxSupply: 1_000_000_000_000_000n,
    })),
    balances: keyed
      .filter(({ name }) => !name.endsWith("-admin"))
      .flatMap(({ name, organisation }) =>
        ASSETS.map((_, asset) => ({
          organisation,
          account: inOrganisation(organisation).findIndex((item) => item.name === name),
          asset,
          amount: name === "bank" ? BANK_BALANCE : OPENING_BALANCE,
        })),
      ),
  };
  const { fileBytes, genesisHash: hash } = encodeGenesis(nobleHasher, record);
  const accounts = keyed.map(({ name, organisation, seed, account }) => ({
    name,
    organisation,
    organisationCode: organisationCode(organisation),
    seed,
    accountId: accountId(nobleHasher, hash, organisation, account.keyPolicy, account.salt),
  }));
  return {
    genesisBytes: fileBytes,
    genesisHash: hash,
    validators,
    accounts: accounts.filter(({ name }) => !name.startsWith("load-")),
    loadSeed,
    loadAccounts: accounts.filter(({ name }) => name.startsWith("load-")).map((a) => a.accountId),
  };
}

function organisationCode(index: number): string {
  return ORGANISATION_CODES[index] ?? `org-${index + 1}`;
}

/** The genesis hash in text, as commands print and take it. */
export function genesisText(plan: NetworkPlan): string {
  return toHex(plan.genesisHash);
}
