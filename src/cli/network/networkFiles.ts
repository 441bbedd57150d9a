/**
 * Files of a network that one machine makes: a home for each validator, the keys of its named
 * accounts, and one file that says what there is.
 *
 *     network.json     what there is: genesis hash, homes, accounts
 *     validator-0/...  homes (node/home.ts)
 *     keys/            NAME.key.json of each account, accounts.json, load.json
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { toHex } from "../../base/bytes.js";
import { idToText } from "../../codec/text.js";
import { type HomeConfig, writeHome } from "../../node/home.js";
import { commandError } from "../errors.js";
import { KeyDirectory, writeNewSecretFile } from "../keys/keyDirectory.js";
import { makeKeyFile } from "../keys/keyFile.js";
import type { NetworkPlan } from "./networkPlan.js";

const networkFile = Type.Object(
  {
    version: Type.Literal(1),
    isDemo: Type.Boolean(),
    genesisHash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    validators: Type.Array(
      Type.Object({ home: Type.String(), organisation: Type.String(), gateway: Type.String() }),
      { maxItems: 100 },
    ),
    accounts: Type.Array(
      Type.Object({ name: Type.String(), account: Type.String(), organisation: Type.String() }),
    ),
  },
  { additionalProperties: false },
);
export type NetworkFile = Static<typeof networkFile>;

export function homePath(directory: string, validator: number): string {
  return join(directory, `validator-${validator}`);
}

export function networkFilePath(directory: string): string {
  return join(directory, "network.json");
}

export function hasNetwork(directory: string): boolean {
  return existsSync(networkFilePath(directory));
}

export function readNetwork(directory: string): NetworkFile {
  const path = networkFilePath(directory);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const error = commandError(
      "NETWORK_MISSING",
      `${path} is missing or no JSON; make a network by \`fondaco testnet create --out DIR\``,
    );
    error.cause = cause;
    throw error;
  }
  if (!Value.Check(networkFile, value)) {
    throw commandError("NETWORK_MALFORMED", `${path} does not describe a network of version 1`);
  }
  return value;
}

export interface WriteNetworkOptions {
  readonly directory: string;
  readonly plan: NetworkPlan;
  readonly isDemo: boolean;
  readonly configOf: (validator: number) => HomeConfig;
}

/** Of a validator that other processes need not find: it listens on this machine, on any ports. */
export function anyPortsConfig(validator: number, mode: HomeConfig["mode"]): HomeConfig {
  return {
    version: 1,
    validator,
    mesh: { host: "127.0.0.1", port: 0 },
    gateway: { host: "127.0.0.1", port: 0 },
    mode,
    listener: "auto",
    workers: 1,
  };
}

/** Writes a new network. Nothing is written over what is there. */
export function writeNetwork({
  directory,
  plan,
  isDemo,
  configOf,
}: WriteNetworkOptions): NetworkFile {
  if (hasNetwork(directory)) {
    throw commandError(
      "NETWORK_EXISTS",
      `${directory} holds a network already; choose another folder`,
    );
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  plan.validators.forEach(({ consensusSeed, tlsSeed }, i) => {
    const home = homePath(directory, i);
    writeHome(home, configOf(i), plan.genesisBytes);
    const keys = new KeyDirectory(join(home, "keys"));
    keys.write(makeKeyFile("consensus", consensusSeed, undefined));
    keys.write(makeKeyFile("tls", tlsSeed, undefined));
  });
  const keys = new KeyDirectory(join(directory, "keys"));
  for (const { name, seed, accountId } of plan.accounts) {
    keys.write(makeKeyFile(name, seed, undefined, idToText("account", accountId)));
  }
  const load = {
    version: 1,
    seed: toHex(plan.loadSeed),
    accounts: plan.loadAccounts.map((id) => idToText("account", id)),
  };
  writeNewSecretFile(join(keys.path, "load.json"), `${JSON.stringify(load)}\n`);
  const file: NetworkFile = {
    version: 1,
    isDemo,
    genesisHash: toHex(plan.genesisHash),
    validators: plan.validators.map(({ organisation }, i) => {
      const { gateway } = configOf(i);
      return { home: `validator-${i}`, organisation, gateway: `${gateway.host}:${gateway.port}` };
    }),
    accounts: plan.accounts.map(({ name, accountId, organisationCode }) => ({
      name,
      account: idToText("account", accountId),
      organisation: organisationCode,
    })),
  };
  // Last: a network is there when this file is.
  writeFileSync(networkFilePath(directory), `${JSON.stringify(file, null, 2)}\n`);
  return file;
}
