/** A network of real validators in this process: real homes, meshes, gateways, disks. */

import { join } from "node:path";
import { WebSocket } from "ws";
import { present } from "../../src/base/assert.js";
import { toHex } from "../../src/base/bytes.js";
import { KeyDirectory } from "../../src/cli/keys/keyDirectory.js";
import { openKeyFile } from "../../src/cli/keys/keyFile.js";
import { anyPortsConfig, homePath, writeNetwork } from "../../src/cli/network/networkFiles.js";
import {
  loadAccountSeed,
  type NetworkPlan,
  planNetwork,
} from "../../src/cli/network/networkPlan.js";
import {
  connect,
  type FondacoClient,
  type Wallet,
  type WebSocketConstructor,
} from "../../src/client/index.js";
import { createTlsIdentity, type RegisteredPeer } from "../../src/network/index.js";
import { createNodeSigner } from "../../src/node/adapters/nodeSigner.js";
import { readHome } from "../../src/node/home.js";
import { createMachine, type Machine } from "../../src/node/machine.js";
import { RunningValidator } from "../../src/node/runningValidator.js";
import type { Clock } from "../../src/ports/clock.js";
import { silentLogger } from "../../src/ports/logger.js";
import { temporaryHome } from "./homes.js";

export interface InProcessOptions {
  readonly mode: "open" | "scoped";
  readonly validatorCount?: number;
  readonly loadAccounts?: number;
  readonly clockOf?: (validator: number) => Clock;
}

export class InProcessNetwork {
  readonly directory = join(temporaryHome(), "net");
  readonly plan: NetworkPlan;
  readonly validators: RunningValidator[] = [];
  /** Why a validator stopped by itself; tests expect none. */
  readonly failures: Error[] = [];
  readonly #options: InProcessOptions;
  readonly #clients = new Set<FondacoClient>();

  private constructor(
    options: InProcessOptions,
    private readonly machine: Machine,
  ) {
    this.#options = options;
    const { mode, validatorCount = 4, loadAccounts = 0 } = options;
    this.plan = planNetwork({
      networkName: "test",
      validatorCount,
      addressOf: () => "127.0.0.1:1",
      timeMs: Date.now(),
      isDemo: false,
      loadAccounts,
    });
    writeNetwork({
      directory: this.directory,
      plan: this.plan,
      isDemo: false,
      configOf: (validator) => anyPortsConfig(validator, mode),
    });
  }

  static async start(options: InProcessOptions): Promise<InProcessNetwork> {
    const network = new InProcessNetwork(options, await createMachine({ workers: 1 }));
    for (let i = 0; i < network.plan.validators.length; i++) await network.#startOne(i);
    const addresses = network.validators.map(({ mesh }) => [`127.0.0.1:${mesh.port}`]);
    for (const validator of network.validators) validator.setAddresses(addresses);
    return network;
  }

  async #startOne(index: number): Promise<void> {
    const home = readHome(homePath(this.directory, index));
    const keys = new KeyDirectory(join(home.path, "keys"));
    const seedOf = (name: string) => openKeyFile(keys.read(name), undefined);
    const clock = this.#options.clockOf?.(index);
    this.validators[index] = await RunningValidator.start({
      home,
      keys: { consensusSeed: seedOf("consensus"), tlsSeed: seedOf("tls") },
      machine: this.machine,
      logger: silentLogger,
      softwareVersion: "0.0.0-test",
      hasGateway: true,
      failed: (error) => this.failures.push(error),
      ...(clock === undefined ? {} : { clock }),
    });
  }

  validator(index: number): RunningValidator {
    return present(this.validators[index], "a validator of this index");
  }

  url(index: number): string {
    return present(this.validator(index).gateway, "every validator has a gateway").httpUrl;
  }

  wsUrl(index: number): string {
    return present(this.validator(index).gateway, "every validator has a gateway").wsUrl;
  }

  /** All seats, with the addresses of those that are named. */
  registry(reachable: readonly number[]): RegisteredPeer[] {
    return this.plan.validators.map(({ consensusSeed, tlsSeed }, index) => ({
      index,
      consensusKey: createNodeSigner(consensusSeed).publicKey,
      tlsKey: createTlsIdentity(tlsSeed).publicKey,
      addresses: reachable.includes(index) ? [`127.0.0.1:${this.validator(index).mesh.port}`] : [],
    }));
  }

  get genesisHash(): Uint8Array {
    return this.plan.genesisHash;
  }

  get genesisText(): string {
    return toHex(this.plan.genesisHash);
  }

  /** A named account with its key. */
  wallet(name: string): Wallet {
    const found = present(
      this.plan.accounts.find((account) => account.name === name),
      `an account named ${name}`,
    );
    return { account: found.accountId, signers: [createNodeSigner(found.seed)] };
  }

  /** A funded account that only this test uses. */
  loadWallet(index: number): Wallet {
    const account = present(this.plan.loadAccounts[index], "a load account of this index");
    return { account, signers: [createNodeSigner(loadAccountSeed(this.plan.loadSeed, index))] };
  }

  async connect(validator: number, login?: Wallet): Promise<FondacoClient> {
    const client = await connect({
      url: this.url(validator),
      webSocket: WebSocket as unknown as WebSocketConstructor,
      timeoutMs: 60_000,
      ...(login === undefined ? {} : { login }),
    });
    this.#clients.add(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.validators.map((validator) => validator.stop()));
    await this.machine.stop();
  }
}
