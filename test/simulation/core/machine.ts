/**
 * The computer of one validator: disk, row store, clock. It outlives the validator's processes and
 * gives each of them ports of its own that go dead with it.
 */

import { FondacoError } from "../../../src/base/errors.js";
import type { BatchVerifier, Hasher, SignatureJob } from "../../../src/crypto/interfaces.js";
import type { NodeFaults } from "../../../src/node/faults.js";
import type { StorageSizes } from "../../../src/node/options.js";
import { ValidatorNode } from "../../../src/node/validatorNode.js";
import type { Logger } from "../../../src/ports/logger.js";
import { silentMetrics } from "../../../src/ports/metrics.js";
import type { VerifierPool } from "../../../src/ports/verifierPool.js";
import { CheckFailure } from "../checkers/failure.js";
import type { SimulatedNetworkSetup } from "./genesis.js";
import { Incarnation } from "./liveness.js";
import { MachineDisk } from "./machineDisk.js";
import type { SimulatedNetwork } from "./network.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";
import { type ClockError, createVirtualClock } from "./virtualClock.js";

export interface MachineOptions {
  readonly index: number;
  readonly scheduler: Scheduler;
  readonly network: SimulatedNetwork;
  readonly random: Random;
  readonly setup: SimulatedNetworkSetup;
  readonly hasher: Hasher;
  readonly verifier: BatchVerifier;
  readonly createStateTree: ConstructorParameters<typeof ValidatorNode>[0]["createStateTree"];
  readonly faults: NodeFaults | undefined;
  readonly storageSizes: StorageSizes;
  /** Called for each line of the log that says more than debug. */
  readonly log: (level: "info" | "warn" | "error", message: string, fields: object) => void;
}

export class Machine {
  readonly disk: MachineDisk;
  readonly clockError: ClockError;
  readonly options: MachineOptions;
  #life: Incarnation | undefined;
  #node: ValidatorNode | undefined;
  #starts = 0;

  constructor(options: MachineOptions) {
    this.options = options;
    const { random } = options;
    this.clockError = {
      offsetMs: random.between(-50, 50),
      rate: 1 + (random.unit() - 0.5) * 2e-4,
    };
    this.disk = new MachineDisk(options.scheduler, random);
  }

  get index(): number {
    return this.options.index;
  }

  get starts(): number {
    return this.#starts;
  }

  /** Whether a process runs, be it still recovering. */
  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get life(): Incarnation | undefined {
    return this.#life;
  }

  /** The running validator, once it has recovered. */
  get node(): ValidatorNode | undefined {
    return this.#node;
  }

  /** Starts a validator on what the disk holds; `ready` is called when it has recovered. */
  start(ready: (node: ValidatorNode) => void): void {
    const { options } = this;
    const { scheduler, random } = options;
    const life = new Incarnation(options.index, this.#starts++);
    const clock = createVirtualClock(scheduler, life, this.clockError, random, {
      slowChance: 0.02,
      slowMsMax: 20,
    });
    const { fileSystem, openRowStore } = this.disk.ports();
    const node = new ValidatorNode({
      genesisBytes: options.setup.genesisBytes,
      self: options.index,
      home: "/home",
      consensusSigner: options.setup.validators[options.index]!,
      ports: {
        clock,
        transport: options.network.transportOf(life),
        fileSystem,
        openRowStore,
        verifierPool: this.#verifierPool(life),
        entropy: { randomBytes: (sizeBytes: number) => random.bytes(sizeBytes) },
        logger: this.#logger(),
        metrics: silentMetrics,
      },
      hasher: options.hasher,
      batchVerifier: options.verifier,
      createStateTree: options.createStateTree,
      softwareVersion: "0.0.0-simulated",
      failed: (error) => this.#failed(error),
      storageSizes: options.storageSizes,
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    });
    this.#life = life;
    node.start((error) => {
      if (!life.isAlive) return;
      if (error !== undefined) this.#failed(error);
      this.#node = node;
      ready(node);
    });
  }

  #failed(error: Error): never {
    throw new CheckFailure("exception", `validator ${this.index} stopped: ${describe(error)}`);
  }

  /** The process ends at once; what it had written is in the operating system's cache. */
  crash(): void {
    this.#end(false);
    this.disk.processEnded();
  }

  /** The power goes: of what was not flushed, any part may be lost. */
  powerCut(): void {
    this.#end(true);
    this.disk.powerCut();
  }

  #end(isSilent: boolean): void {
    const life = this.#life;
    if (life === undefined) return;
    life.end();
    this.options.network.drop(life, isSilent);
    this.#life = undefined;
    this.#node = undefined;
  }

  /** Signatures are checked at once and answered after a while, in any order. */
  #verifierPool(life: Incarnation): VerifierPool {
    const { scheduler, random, verifier } = this.options;
    return {
      verify: (jobs: readonly SignatureJob[], done: (verdicts: boolean[]) => void) => {
        if (random.chance(0.002)) return false;
        const verdicts = verifier.verify(jobs);
        const delayMs = random.chance(0.05) ? 30 * random.unit() : 0.05 + random.unit();
        scheduler.after(delayMs, () => {
          if (life.isAlive) done(verdicts);
        });
        return true;
      },
      close: (done) => {
        scheduler.after(0, () => {
          if (life.isAlive) done();
        });
      },
    };
  }

  #logger(): Logger {
    const at =
      (level: "info" | "warn" | "error") =>
      (message: string, fields: object = {}) =>
        this.options.log(level, message, fields);
    return { debug: () => {}, info: at("info"), warn: at("warn"), error: at("error") };
  }
}

/** Words for anything that was thrown. */
export function describe(error: unknown): string {
  if (error instanceof FondacoError) return `${error.code}: ${error.message}\n${error.stack}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
