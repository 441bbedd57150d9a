/**
 * The home of one validator:
 *
 *     config.json     where it listens, and where it finds the others
 *     genesis.bin     the genesis record of its network
 *     keys/           consensus.key.json, tls.key.json (mode 0600)
 *     data/           log/, safety/, rows/: written by the validator alone
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { FondacoError } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import { type OpenedGenesis, readGenesis as openGenesis } from "../crypto/genesisFile.js";
import { nobleHasher } from "../crypto/noble/index.js";

const endpoint = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255 }),
    /** 0 takes a free port. */
    port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  },
  { additionalProperties: false },
);

const config = Type.Object(
  {
    version: Type.Literal(1),
    /** Index of this validator in the genesis record. */
    validator: Type.Integer({ minimum: 0, maximum: LIMITS.validatorsMax - 1 }),
    /** Where the other validators reach it. */
    mesh: endpoint,
    /** Where clients reach it: JSON-RPC and pages. */
    gateway: endpoint,
    /** Health and metrics; none without it. */
    admin: Type.Optional(endpoint),
    /** `open` lets anyone read everything; for development networks. */
    mode: Type.Union([Type.Literal("open"), Type.Literal("scoped")]),
    listener: Type.Union([Type.Literal("auto"), Type.Literal("uws"), Type.Literal("ws")]),
    /** Threads that check signatures. 0 checks them in the main thread. */
    workers: Type.Integer({ minimum: 0, maximum: 64 }),
    /** Addresses of other validators by index, where the genesis record's do not hold here. */
    addresses: Type.Optional(
      Type.Record(
        Type.String({ pattern: "^[0-9]{1,3}$" }),
        Type.Array(Type.String(), { maxItems: 4 }),
      ),
    ),
    /** Further names by which clients address the gateway. */
    hosts: Type.Optional(Type.Array(Type.String(), { maxItems: 64 })),
    origins: Type.Optional(Type.Array(Type.String(), { maxItems: 64 })),
  },
  { additionalProperties: false },
);
export type HomeConfig = Static<typeof config>;

export interface Home {
  readonly path: string;
  readonly config: HomeConfig;
  readonly genesisBytes: Uint8Array;
  readonly genesis: OpenedGenesis["genesis"];
  readonly genesisHash: Uint8Array;
}

export class HomeError extends FondacoError<{
  readonly code: "HOME_MISSING" | "HOME_MALFORMED" | "HOME_EXISTS" | "GENESIS_PARAMETER";
}> {
  override readonly name = "HomeError";
}

function malformed(message: string): HomeError {
  return new HomeError({ code: "HOME_MALFORMED" }, message);
}

function readOrRefuse(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new HomeError(
      { code: "HOME_MISSING" },
      `${path} is missing or cannot be read: name a validator's home, as \`fondaco testnet create\` makes it`,
      { cause },
    );
  }
}

/** @throws {HomeError} HOME_MISSING, HOME_MALFORMED. */
export function readHome(path: string): Home {
  const configPath = join(path, "config.json");
  const text = new TextDecoder().decode(readOrRefuse(configPath));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HomeError({ code: "HOME_MALFORMED" }, `${configPath} is not JSON`, { cause });
  }
  if (!Value.Check(config, value)) {
    const [first] = [...Value.Errors(config, value)];
    throw malformed(
      `${configPath}: ${first?.instancePath || "/"} ${first?.message ?? "is malformed"}`,
    );
  }
  const genesisPath = join(path, "genesis.bin");
  const genesisBytes = readOrRefuse(genesisPath);
  const { genesis, genesisHash } = readGenesis(genesisBytes, genesisPath);
  return { path, config: value, genesisBytes, genesis, genesisHash };
}

/** @throws {HomeError} HOME_MALFORMED, GENESIS_PARAMETER. */
export function readGenesis(bytes: Uint8Array, path: string): OpenedGenesis {
  if (bytes.length > LIMITS.genesisSizeBytesMax)
    throw malformed(`${path} is too large for a genesis record`);
  const decoded = openGenesis(nobleHasher, bytes);
  if (!decoded.ok && decoded.code === "PARAMETER_OUT_OF_RANGE") {
    throw new HomeError(
      { code: "GENESIS_PARAMETER" },
      `${path}: ${decoded.message}; correct the parameter and make the network anew`,
    );
  }
  if (!decoded.ok) throw malformed(`${path} is no genesis record: ${decoded.message}`);
  return decoded.value;
}

/** Writes config and genesis of a new home. Keys are written by the caller. */
export function writeHome(path: string, value: HomeConfig, genesisBytes: Uint8Array): void {
  if (existsSync(join(path, "config.json"))) {
    throw new HomeError(
      { code: "HOME_EXISTS" },
      `${path} holds a validator already; choose another folder`,
    );
  }
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, "config.json"), `${JSON.stringify(value, null, 2)}\n`);
  // It holds the salts and blind secrets of accounts, and the folder may have been there before.
  writeFileSync(join(path, "genesis.bin"), genesisBytes, { mode: 0o600 });
}
