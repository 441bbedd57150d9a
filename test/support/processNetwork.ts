/** A network of real validator processes, made and started as a person would. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { hexBytes } from "../../src/base/bytes.js";
import { loadAccountSeed } from "../../src/cli/network/networkPlan.js";
import {
  connect,
  type FondacoClient,
  type Wallet,
  type WebSocketConstructor,
} from "../../src/client/index.js";
import { idFromText } from "../../src/codec/text.js";
import { createNodeSigner } from "../../src/node/adapters/nodeSigner.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Runs the command and answers its JSON line. */
export function runCommand(args: readonly string[], env: Record<string, string> = {}): unknown {
  const text = execFileSync(process.execPath, [MAIN, ...args, "--json"], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return JSON.parse(text.trim().split("\n").at(-1) as string);
}

export class ProcessNetwork {
  readonly directory: string;
  readonly genesis: string;
  readonly urls: readonly string[];
  readonly #children: (ChildProcess | undefined)[] = [];
  readonly #clients = new Set<FondacoClient>();

  constructor(
    options: {
      readonly validators?: number;
      readonly loadAccounts?: number;
      readonly mode?: "open" | "scoped";
    } = {},
  ) {
    const { validators = 4, loadAccounts = 16, mode = "scoped" } = options;
    this.directory = join(mkdtempSync(join(tmpdir(), "fondaco-net-")), "net");
    const made = runCommand([
      "testnet",
      "create",
      "-n",
      String(validators),
      "--out",
      this.directory,
      "--load-accounts",
      String(loadAccounts),
      "--mode",
      mode,
    ]) as { genesis: string; nodes: string[] };
    this.genesis = made.genesis;
    this.urls = made.nodes;
  }

  get validators(): number {
    return this.urls.length;
  }

  home(validator: number): string {
    return join(this.directory, `validator-${validator}`);
  }

  /** Resolves when the validator has printed that it started. */
  start(validator: number): Promise<void> {
    const child = spawn(
      process.execPath,
      [MAIN, "start", "--home", this.home(validator), "--json"],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    this.#children[validator] = child;
    let errors = "";
    child.stderr.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    return new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const said = JSON.parse(line) as { event?: string; error?: { message: string } };
        if (said.event === "started") resolve();
        else if (said.error !== undefined) reject(new Error(said.error.message));
      });
      child.once("exit", (code, signal) =>
        reject(new Error(`validator ${validator} ended (${signal ?? code}): ${errors}`)),
      );
    });
  }

  async startAll(): Promise<void> {
    await Promise.all(this.urls.map((_, i) => this.start(i)));
  }

  /** Ends a process by signal and resolves when it is gone. */
  kill(validator: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#children[validator];
    this.#children[validator] = undefined;
    if (child === undefined || child.exitCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.kill(signal);
    });
  }

  async connect(validator: number, login?: Wallet): Promise<FondacoClient> {
    const client = await connect({
      url: this.urls[validator] as string,
      webSocket: WebSocket as unknown as WebSocketConstructor,
      timeoutMs: 20_000,
      ...(login === undefined ? {} : { login }),
    });
    this.#clients.add(client);
    return client;
  }

  /** Funded accounts whose keys this test has. */
  wallets(): Wallet[] {
    const text = readFileSync(join(this.directory, "keys", "load.json"), "utf8");
    const { seed, accounts } = JSON.parse(text) as { seed: string; accounts: string[] };
    return accounts.map((account, i) => ({
      account: idFromText("account", account) as Uint8Array,
      signers: [createNodeSigner(loadAccountSeed(hexBytes(seed), i))],
    }));
  }

  /** One public call by POST. */
  async call<T>(validator: number, method: string, params: object): Promise<T> {
    const response = await fetch(`${this.urls[validator]}/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const answer = (await response.json()) as { result?: T; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(answer.error.message);
    return answer.result as T;
  }

  async height(validator: number): Promise<number> {
    const { at } = await this.call<{ at: { height: number } }>(validator, "node.status", {});
    return at.height;
  }

  /** What execution of a block gave, as this validator says. */
  async resultHash(validator: number, height: number): Promise<string> {
    const found = await this.call<{ header: { resultHash: string } }>(validator, "chain.block", {
      height,
    });
    return found.header.resultHash;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.urls.map((_, i) => this.kill(i)));
    rmSync(join(this.directory, ".."), { recursive: true, force: true });
  }
}

/** Asks until the answer is as wanted; gives up with what it last saw. */
export async function until<T>(
  ask: () => Promise<T>,
  isWanted: (value: T) => boolean,
  timeoutMs: number,
  what: string,
): Promise<T> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask().catch((error: unknown) => error as T);
    if (!(value instanceof Error) && isWanted(value)) return value;
    if (Date.now() > endMs) throw new Error(`${what}: last saw ${String(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
