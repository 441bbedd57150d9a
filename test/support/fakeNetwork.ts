/** A small consortium with known keys: what the fake node of the gateway's tests lives on. */

import { present } from "../../src/base/assert.js";
import { compareBytes } from "../../src/base/bytes.js";
import { idToText } from "../../src/codec/text.js";
import * as digests from "../../src/crypto/digests.js";
import { encodeGenesis } from "../../src/crypto/genesisFile.js";
import { nobleHasher as hasher } from "../../src/crypto/noble/index.js";
import { type Genesis, ROLE } from "../../src/types/genesis.js";
import type { KeyPolicy } from "../../src/types/keyPolicy.js";
import { named, SMALL_PARAMETERS } from "./consortium.js";

export const START_MS = 1_760_000_000_000;

const names = named("fake network");
export const { seedOf, signerOf } = names;
const { account, validator } = names;

/** Two keys of which both must sign. */
function pairPolicy(first: string, second: string): KeyPolicy {
  const keys = [first, second]
    .map((name) => ({ publicKey: signerOf(name).publicKey, weight: 1 }))
    .sort((a, b) => compareBytes(a.publicKey, b.publicKey));
  return { threshold: 2, keys };
}

export const VALIDATOR_NAMES = ["nord-1", "nord-2", "sued-1", "sued-2"] as const;

export const genesis: Genesis = {
  version: 1,
  networkName: "fake",
  timeMs: START_MS,
  parameters: SMALL_PARAMETERS,
  organisations: [
    {
      code: "NORD",
      name: "Nordbank",
      accounts: [
        account("nord", ROLE.admin | ROLE.issuer),
        account("alice"),
        account("carol"),
        account("pair", 0, pairPolicy("pair-1", "pair-2")),
      ],
      validators: [validator("nord-1"), validator("nord-2")],
    },
    {
      code: "SUED",
      name: "Sued Handel",
      accounts: [account("sued", ROLE.admin), account("bob")],
      validators: [validator("sued-1"), validator("sued-2")],
    },
    { code: "PRUEF", name: "Pruefer", accounts: [account("audit", ROLE.auditor)], validators: [] },
  ],
  assets: ["EUR", "CHF"].map((code) => ({
    code,
    scale: 2,
    organisation: 0,
    iso4217: 0,
    kind: 1,
    flags: 16,
    maxSupply: 0n,
  })),
  balances: [
    { organisation: 0, account: 1, asset: 0, amount: 1_000_00n },
    { organisation: 0, account: 2, asset: 0, amount: 500_00n },
    { organisation: 1, account: 1, asset: 0, amount: 200_00n },
  ],
};

const encodedGenesis = encodeGenesis(hasher, genesis);
/** The record, which is what is hashed. */
export const genesisBytes = encodedGenesis.recordBytes;
export const { genesisHash } = encodedGenesis;

export const ACCOUNT_PLACES = {
  nord: [0, 0],
  alice: [0, 1],
  carol: [0, 2],
  pair: [0, 3],
  sued: [1, 0],
  bob: [1, 1],
  audit: [2, 0],
} as const;
export type AccountName = keyof typeof ACCOUNT_PLACES;

export function accountId(organisation: number, index: number): Uint8Array {
  const entry = present(genesis.organisations[organisation]?.accounts[index], "an account");
  return digests.accountId(hasher, genesisHash, organisation, entry.keyPolicy, entry.salt);
}

export function idOf(name: AccountName): Uint8Array {
  const [organisation, index] = ACCOUNT_PLACES[name];
  return accountId(organisation, index);
}

export const textOf = (name: AccountName) => idToText("account", idOf(name));
