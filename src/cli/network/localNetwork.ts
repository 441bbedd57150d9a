/** A network of validators in this process: what `fondaco dev` runs. */

import { join } from "node:path";
import { readHome } from "../../node/home.js";
import { createMachine, type Machine } from "../../node/machine.js";
import { RunningValidator } from "../../node/runningValidator.js";
import type { Logger } from "../../ports/logger.js";
import { KeyDirectory } from "../keys/keyDirectory.js";
import { openKeyFile } from "../keys/keyFile.js";
import { SOFTWARE_VERSION } from "../version.js";
import { homePath } from "./networkFiles.js";

export interface LocalNetworkOptions {
  readonly directory: string;
  readonly validatorCount: number;
  /** Port of the first validator's gateway; the others take free ones. */
  readonly port: number;
  readonly loggerOf: (validator: number) => Logger;
  readonly failed: (error: Error) => void;
}

export class LocalNetwork {
  private constructor(
    readonly validators: readonly RunningValidator[],
    private readonly machine: Machine,
  ) {}

  static async start(options: LocalNetworkOptions): Promise<LocalNetwork> {
    const machine = await createMachine({ workers: 1 });
    const running: RunningValidator[] = [];
    try {
      for (let i = 0; i < options.validatorCount; i++) {
        const read = readHome(homePath(options.directory, i));
        const gateway = { host: "127.0.0.1", port: i === 0 ? options.port : 0 };
        const home = { ...read, config: { ...read.config, gateway } };
        const keys = new KeyDirectory(join(home.path, "keys"));
        const seedOf = (name: string) => openKeyFile(keys.read(name), undefined);
        running.push(
          await RunningValidator.start({
            home,
            keys: { consensusSeed: seedOf("consensus"), tlsSeed: seedOf("tls") },
            machine,
            logger: options.loggerOf(i),
            softwareVersion: SOFTWARE_VERSION,
            hasGateway: true,
            failed: options.failed,
          }),
        );
      }
    } catch (error) {
      await stopAll(running, machine);
      throw error;
    }
    const addresses = running.map(({ mesh }) => [`127.0.0.1:${mesh.port}`]);
    for (const validator of running) validator.setAddresses(addresses);
    return new LocalNetwork(running, machine);
  }

  /** Resolves when a quorum is connected, so that payments can be sent. */
  async ready(): Promise<void> {
    const isReady = () =>
      this.validators.every(({ node }) =>
        node.status().chain.peers.every(({ isConnected }) => isConnected),
      );
    while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  stop(): Promise<void> {
    return stopAll(this.validators, this.machine);
  }
}

async function stopAll(validators: readonly RunningValidator[], machine: Machine): Promise<void> {
  await Promise.all(validators.map((validator) => validator.stop()));
  await machine.stop();
}
