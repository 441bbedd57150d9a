/** Composition root: a validator of a home, with its real adapters. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FondacoError } from "../base/errors.js";
import { type Gateway, startGateway } from "../gateway/index.js";
import { createMesh, type Mesh, type RegisteredPeer } from "../network/index.js";
import type { Clock } from "../ports/clock.js";
import type { Logger } from "../ports/logger.js";
import { silentMetrics } from "../ports/metrics.js";
import { LmdbRowStore } from "../storage/lmdbRowStore.js";
import { NodeFileSystem } from "../storage/nodeFileSystem.js";
import { createPrometheusMetrics, HealthListener } from "../telemetry/index.js";
import { quorumSize } from "../types/primitives.js";
import { createVerdictCache } from "../workers/index.js";
import { createNodeSigner } from "./adapters/nodeSigner.js";
import { systemClock } from "./adapters/systemClock.js";
import { systemEntropy } from "./adapters/systemEntropy.js";
import type { Home } from "./home.js";
import { identityOf, validatorName } from "./identity.js";
import type { Machine } from "./machine.js";
import { MeshWarnings } from "./meshWarnings.js";
import { ValidatorNode } from "./validatorNode.js";

export interface ValidatorKeys {
  readonly consensusSeed: Uint8Array;
  readonly tlsSeed: Uint8Array;
}

export interface RunningValidatorOptions {
  readonly home: Home;
  readonly keys: ValidatorKeys;
  readonly machine: Machine;
  readonly logger: Logger;
  readonly softwareVersion: string;
  /** Whether this validator serves clients. */
  readonly hasGateway: boolean;
  /** The machine's clock if absent; tests run a validator with a wrong one. */
  readonly clock?: Clock;
  /** The validator cannot go on: the process should end with an error. */
  readonly failed: (error: Error) => void;
}

/** Seats of a genesis record with the addresses at which this home reaches them. */
function registryOf({ genesis, config }: Home): RegisteredPeer[] {
  return genesis.organisations
    .flatMap(({ validators }) => validators)
    .map(({ consensusKey, tlsKey, addresses }, index) => ({
      index,
      consensusKey,
      tlsKey,
      addresses: config.addresses?.[String(index)] ?? addresses,
    }));
}

/** Pages are built beside the compiled code; run from sources, they are found there too. */
function pagesDirectory(): string | undefined {
  const own = fileURLToPath(new URL(".", import.meta.url));
  const found = [join(own, "../explorer"), join(own, "../../dist/explorer")];
  // Their sources have an index.html too; only what was built has assets.
  return found.find((path) => existsSync(join(path, "assets")));
}

/** A validator that runs in this process. */
export class RunningValidator {
  private constructor(
    readonly node: ValidatorNode,
    readonly mesh: Mesh,
    readonly gateway: Gateway | undefined,
    private readonly health: HealthListener | undefined,
    private readonly registry: readonly RegisteredPeer[],
  ) {}

  /**
   * Starts mesh, validator, gateway and health listener.
   *
   * @throws {FondacoError} PORT_TAKEN, HOME_LOCKED, WRONG_CHAIN, LOG_CORRUPT, SAFETY_CORRUPT,
   *   STORE_CORRUPT, STATE_ROOT_MISMATCH, DISK_FULL: each says in a sentence what to do.
   */
  static async start(options: RunningValidatorOptions): Promise<RunningValidator> {
    const { home, keys, machine, logger, softwareVersion } = options;
    const { config, genesisBytes, genesisHash } = home;
    const { hasher, batchVerifier } = machine;
    const metrics = config.admin === undefined ? undefined : createPrometheusMetrics(logger);
    if (metrics !== undefined) machine.reportTo(metrics);
    const signer = createNodeSigner(keys.consensusSeed);
    const registry = registryOf(home);
    const identity = identityOf(hasher, genesisBytes, config.validator, softwareVersion);
    const outside = {
      clock: options.clock ?? systemClock,
      entropy: systemEntropy,
      logger,
      metrics: metrics ?? silentMetrics,
    };
    const { clock } = outside;
    const meshWarnings = new MeshWarnings((index) => validatorName(identity, index));
    const mesh = createMesh({
      ...outside,
      self: config.validator,
      registry,
      genesisHash,
      tlsKeySeed: keys.tlsSeed,
      listen: config.mesh,
      signer,
      batchVerifier,
      hasher,
      softwareVersion,
      onFinding: (finding) => meshWarnings.note(finding, clock.nowMs()),
    });
    const fileSystem = new NodeFileSystem();
    const node = new ValidatorNode({
      genesisBytes,
      self: config.validator,
      home: join(home.path, "data"),
      consensusSigner: signer,
      ports: {
        ...outside,
        transport: mesh,
        fileSystem,
        openRowStore: (path) => LmdbRowStore.open(path),
        verifierPool: createVerdictCache(machine.verifierPool, {
          hasher,
          secret: systemEntropy.randomBytes(32),
          onLookups: (hits, misses) => {
            outside.metrics.count("fondaco_verdict_lookups_total", hits, { outcome: "hit" });
            outside.metrics.count("fondaco_verdict_lookups_total", misses, { outcome: "miss" });
          },
        }),
      },
      hasher,
      batchVerifier,
      createStateTree: () => machine.createStateTree(),
      softwareVersion,
      warnings: () => meshWarnings.current(clock.nowMs()),
      flushLatency: () => fileSystem.flushLatency(),
      failed: options.failed,
    });
    await outcomeOf((done) => node.start(done));
    let gateway: Gateway | undefined;
    try {
      await outcomeOf((done) => mesh.listening(done));
      gateway = options.hasGateway
        ? await startGateway({
            ...outside,
            node,
            hasher,
            verifier: batchVerifier,
            listener: config.listener,
            mode: config.mode,
            ...config.gateway,
            ...optional("hosts", config.hosts),
            ...optional("origins", config.origins),
            ...optional("pagesDirectory", pagesDirectory()),
          })
        : undefined;
      const health =
        config.admin === undefined || metrics === undefined
          ? undefined
          : new HealthListener({
              ...config.admin,
              notReadyReasons: () => notReadyReasons(node),
              metrics,
            });
      if (health !== undefined) await outcomeOf((done) => health.start(done));
      return new RunningValidator(node, mesh, gateway, health, registry);
    } catch (error) {
      // A listener that stayed open would keep a process alive that has said it failed.
      await gateway?.close();
      await new Promise<void>((resolve) => node.stop(resolve));
      throw error;
    }
  }

  /** Names other addresses of the other validators: those of a network on free ports. */
  setAddresses(addresses: readonly (readonly string[])[]): void {
    this.mesh.setRegistry(
      this.registry.map((peer) => ({ ...peer, addresses: addresses[peer.index] ?? [] })),
    );
  }

  async stop(): Promise<void> {
    await this.gateway?.close();
    await new Promise<void>((resolve) => this.node.stop(resolve));
    const { health } = this;
    if (health !== undefined) await new Promise<void>((resolve) => health.stop(() => resolve()));
  }
}

function notReadyReasons(node: ValidatorNode): string[] {
  const { chain } = node.status();
  const reasons: string[] = [];
  if (chain.isSyncing) reasons.push("catching up with the other validators");
  if (!chain.isVoting) reasons.push("this validator does not vote");
  const connected = chain.peers.filter(({ isConnected }) => isConnected).length + 1;
  const needed = quorumSize(chain.peers.length + 1);
  if (connected < needed) reasons.push(`${connected} of ${needed} needed validators are connected`);
  return reasons;
}

function outcomeOf(
  start: (done: (error: Error | FondacoError | undefined) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === undefined ? resolve() : reject(error)));
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
