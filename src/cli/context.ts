/** What every command has: where to write, which node to ask, which keys to sign with. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { WebSocket } from "ws";
import { codeOf } from "../base/errors.js";
import {
  connect,
  type FondacoClient,
  type Wallet,
  type WebSocketConstructor,
  walletFrom,
} from "../client/index.js";
import { commandError } from "./errors.js";
import { KeyDirectory } from "./keys/keyDirectory.js";
import { openKeyFile } from "./keys/keyFile.js";
import { Output } from "./output.js";

/** Options that client commands share. */
export interface ClientOptions {
  readonly node?: string;
  readonly keys?: string;
  readonly passphraseFile?: string;
  readonly genesis?: string;
  readonly json?: boolean;
}

/** How long a command waits for the node's first answer. */
const CONNECT_MS_MAX = 10_000;

const runningDev = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  http: Type.String(),
  ws: Type.String(),
  dir: Type.String(),
  keys: Type.String(),
});
export type RunningDev = Static<typeof runningDev>;

/** Where `fondaco dev` says that it runs, for client commands of the same user. */
export function runningDevPath(): string {
  return join(homedir(), ".fondaco", "dev-running.json");
}

/** The dev network that runs here, if one does. */
export function findRunningDev(): RunningDev | undefined {
  const path = runningDevPath();
  if (!existsSync(path)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (!Value.Check(runningDev, value)) return undefined;
    process.kill(value.pid, 0);
    return value;
  } catch {
    // Not JSON, or nobody with that process id: no dev network runs.
    return undefined;
  }
}

/** Adds `--node`, `--keys`, `--passphrase-file` and `--json` to a command that asks a node. */
export function withClientOptions(command: Command): Command {
  return command
    .option(
      "--node <url>",
      "node to ask, as http://host:port (default: FONDACO_NODE, else the dev network that runs here)",
    )
    .option(
      "--keys <dir>",
      "directory of key files (default: FONDACO_KEYS, else those of the dev network, else ~/.fondaco/keys)",
    )
    .option(
      "--passphrase-file <file>",
      "file whose first line opens encrypted keys (default: FONDACO_PASSPHRASE_FILE)",
    )
    .option(
      "--genesis <hash>",
      "genesis hash of the network: a node of another one is refused (default: FONDACO_GENESIS, else that of the network whose keys are used)",
    )
    .option("--json", "answer one line of JSON");
}

export function nodeUrl(options: ClientOptions): string {
  const url = options.node ?? process.env.FONDACO_NODE ?? findRunningDev()?.http;
  if (url !== undefined && url !== "") return url;
  throw commandError(
    "NODE_UNKNOWN",
    "no node is named and no dev network runs here; start one by `fondaco dev`, or name one by --node URL or FONDACO_NODE",
  );
}

/** Of `network.json`, which lies beside the keys of a network that one machine made. */
const networkOfKeys = Type.Object({
  genesisHash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  validators: Type.Array(Type.Object({ gateway: Type.String() })),
});

/** A network that a command is for, and how it is known. */
interface ExpectedNetwork {
  readonly genesisHash: string;
  readonly source: string;
}

/**
 * The network that a node must belong to: what the caller says, or that of the keys, where keys are
 * used or named, or where the node is the one of the same dev network. Undefined if nothing says.
 */
export function expectedNetwork(
  options: ClientOptions,
  hasLogin: boolean,
): ExpectedNetwork | undefined {
  const given = options.genesis ?? process.env.FONDACO_GENESIS;
  if (given !== undefined && given !== "") {
    const genesisHash = given.toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(genesisHash)) {
      throw commandError("BAD_OPTION", "--genesis is a hash of 64 hexadecimal digits");
    }
    return { genesisHash, source: "as --genesis or FONDACO_GENESIS says" };
  }
  const areKeysNamed = (options.keys ?? process.env.FONDACO_KEYS) !== undefined;
  const isNodeNamed = (options.node ?? process.env.FONDACO_NODE) !== undefined;
  if (!hasLogin && !areKeysNamed && isNodeNamed) return undefined;
  const { path } = keyDirectory(options);
  const network = networkBeside(path);
  if (network === undefined) return undefined;
  return { genesisHash: network.genesisHash, source: `to which the keys in ${path} belong` };
}

/** What `network.json` says, if it lies beside the keys: those from elsewhere have none. */
function networkBeside(keysPath: string): Static<typeof networkOfKeys> | undefined {
  const file = join(dirname(resolve(keysPath)), "network.json");
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Value.Check(networkOfKeys, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** URLs of all validators of the network whose keys are named, as far as their ports are fixed. */
export function nodesOfKeys(keysPath: string): string[] {
  const gateways = networkBeside(keysPath)?.validators.map(({ gateway }) => gateway) ?? [];
  return gateways.filter((at) => !at.endsWith(":0")).map((at) => `http://${at}`);
}

export function keyDirectory(options: ClientOptions): KeyDirectory {
  const path =
    options.keys ??
    process.env.FONDACO_KEYS ??
    findRunningDev()?.keys ??
    join(homedir(), ".fondaco", "keys");
  return new KeyDirectory(path);
}

/** The passphrase that the caller named, or undefined. Its file must be readable by its owner only. */
export function passphrase(options: Pick<ClientOptions, "passphraseFile">): string | undefined {
  const path = options.passphraseFile ?? process.env.FONDACO_PASSPHRASE_FILE;
  if (path === undefined) return undefined;
  let text: string;
  let isExposed: boolean;
  try {
    const facts = statSync(path);
    // A pipe of the shell is read once, whatever its mode says.
    isExposed = facts.isFile() && (facts.mode & 0o077) !== 0;
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const error = commandError("PASSPHRASE_FILE", `the passphrase file ${path} cannot be read`);
    error.cause = cause;
    throw error;
  }
  if (isExposed) {
    throw commandError("PASSPHRASE_FILE", `${path} can be read by others; run: chmod 600 ${path}`);
  }
  const line = text.split(/\r?\n/, 1)[0] ?? "";
  if (line === "") throw commandError("PASSPHRASE_FILE", `the first line of ${path} is empty`);
  return line;
}

/** The account and key of a key file. */
export function wallet(options: ClientOptions, name: string): Wallet {
  const file = keyDirectory(options).read(name);
  if (file.account === undefined) {
    throw commandError(
      "KEY_WITHOUT_ACCOUNT",
      `key ${name} belongs to no account yet; have one opened for it, then name it in the key file`,
    );
  }
  return walletFrom(file.account, openKeyFile(file, passphrase(options)));
}

/** Account id text of a name in the key directory, or of an id given as text. */
export function accountText(options: ClientOptions, nameOrId: string): string {
  if (/^fa1[0-9a-z]{20,}$/.test(nameOrId)) return nameOrId;
  const { account } = keyDirectory(options).read(nameOrId);
  if (account === undefined) {
    throw commandError("KEY_WITHOUT_ACCOUNT", `key ${nameOrId} belongs to no account yet`);
  }
  return account;
}

/** A session with the node; with `login`, as the account of that key. */
export async function connectTo(options: ClientOptions, login?: Wallet): Promise<FondacoClient> {
  const url = nodeUrl(options);
  const expected = expectedNetwork(options, login !== undefined);
  try {
    return await connect({
      url,
      webSocket: WebSocket as unknown as WebSocketConstructor,
      timeoutMs: CONNECT_MS_MAX,
      ...(login === undefined ? {} : { login }),
      ...(expected === undefined ? {} : { genesisHash: expected.genesisHash }),
    });
  } catch (cause) {
    if (codeOf(cause) === "WRONG_CHAIN" && expected !== undefined) {
      const error = commandError(
        "WRONG_CHAIN",
        `the node at ${url} belongs to another network than ${expected.genesisHash}, ${expected.source}; ` +
          "name a node of that network by --node, or the network that you mean by --genesis",
      );
      error.cause = cause;
      throw error;
    }
    if (codeOf(cause) !== "TIMEOUT") throw cause;
    const error = commandError(
      "NODE_SILENT",
      `no node answered at ${url} within ${CONNECT_MS_MAX / 1_000} s; look whether one runs there`,
    );
    error.cause = cause;
    throw error;
  }
}

/** Runs `work` with a session that is closed afterwards, whatever happens. */
export async function withClient<T>(
  options: ClientOptions,
  work: (client: FondacoClient) => Promise<T>,
  login?: Wallet,
): Promise<T> {
  const client = await connectTo(options, login);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/**
 * Makes the action of a command: it writes by an {@link Output} and its errors become one sentence
 * and a non-zero exit code. What it returns is the exit code; nothing means 0.
 */
export function action<A extends readonly unknown[], O extends { readonly json?: boolean }>(
  run: (output: Output, options: O, ...args: A) => Promise<number | undefined>,
): (...received: unknown[]) => Promise<void> {
  return async (...received) => {
    // commander passes the arguments, then the options, then the command.
    const options = received.at(-2) as O;
    const output = new Output(options.json === true);
    try {
      process.exitCode =
        (await run(output, options, ...(received.slice(0, -2) as unknown as A))) ?? 0;
    } catch (error) {
      output.failure(error);
      process.exitCode = 1;
    }
  };
}
