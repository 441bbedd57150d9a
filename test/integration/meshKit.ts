import {
  createNobleSigner,
  nobleBatchVerifier,
  nobleHasher,
} from "../../src/crypto/noble/index.js";
import {
  createMesh,
  createTlsIdentity,
  type Mesh,
  type MeshFinding,
  type MeshOptions,
  type RegisteredPeer,
} from "../../src/network/index.js";
import { systemClock } from "../../src/node/adapters/systemClock.js";
import { systemEntropy } from "../../src/node/adapters/systemEntropy.js";
import type { Clock } from "../../src/ports/clock.js";
import { silentLogger } from "../../src/ports/logger.js";
import { silentMetrics } from "../../src/ports/metrics.js";

export const GENESIS = new Uint8Array(32).fill(7);

export function seedOf(kind: "tls" | "consensus", index: number): Uint8Array {
  const seed = new Uint8Array(32).fill(index + 1);
  seed[0] = kind === "tls" ? 1 : 2;
  return seed;
}

export function registryOf(count: number): RegisteredPeer[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    tlsKey: createTlsIdentity(seedOf("tls", index)).publicKey,
    consensusKey: createNobleSigner(seedOf("consensus", index)).publicKey,
    addresses: [],
  }));
}

/** Timers that run only when the test says so; `soon` is real, for the sockets are real. */
export class ManualClock implements Clock {
  #nowMs = 1_000_000;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs);
      const next = due.sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }
}

/** One validator's mesh with everything it told. */
export class MeshNode {
  readonly mesh: Mesh;
  readonly events: string[] = [];
  readonly received: { readonly from: number; readonly bytes: Uint8Array }[] = [];
  readonly findings: MeshFinding[] = [];
  onMessage: ((from: number, bytes: Uint8Array) => void) | undefined;
  #waiters: { readonly holds: () => boolean; readonly done: () => void }[] = [];

  constructor(
    readonly index: number,
    readonly registry: readonly RegisteredPeer[],
    overrides: Partial<MeshOptions> = {},
  ) {
    this.mesh = createMesh({
      self: index,
      registry,
      genesisHash: GENESIS,
      tlsKeySeed: seedOf("tls", index),
      listen: { host: "127.0.0.1", port: 0 },
      signer: createNobleSigner(seedOf("consensus", index)),
      batchVerifier: nobleBatchVerifier,
      hasher: nobleHasher,
      clock: systemClock,
      entropy: systemEntropy,
      logger: silentLogger,
      metrics: silentMetrics,
      softwareVersion: "fondaco/test",
      ...overrides,
      onFinding: (finding) => {
        this.findings.push(finding);
        this.#wake();
      },
    });
  }

  async start(): Promise<this> {
    this.mesh.start({
      connected: (peer) => this.#event(`+${peer}`),
      disconnected: (peer, reason) => this.#event(`-${peer} ${reason}`),
      message: (from, bytes) => {
        if (this.onMessage !== undefined) this.onMessage(from, bytes);
        else this.received.push({ from, bytes });
        this.#wake();
      },
    });
    await this.listening();
    return this;
  }

  listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.mesh.listening((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Resolves when `holds` does; looked at after each event of this node. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((done) => this.#waiters.push({ holds, done }));
  }

  get connectedPeers(): number[] {
    return this.mesh.status().flatMap((peer) => (peer.isConnected ? [peer.index] : []));
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.mesh.stop(resolve));
  }

  #event(event: string): void {
    this.events.push(event);
    this.#wake();
  }

  #wake(): void {
    const ready = this.#waiters.filter(({ holds }) => holds());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { done } of ready) done();
  }
}

/** The registry of `nodes` with the ports that they got. */
export function addressed(nodes: readonly MeshNode[], count: number): RegisteredPeer[] {
  return registryOf(count).map((peer) => {
    const node = nodes.find(({ index }) => index === peer.index);
    return node === undefined ? peer : { ...peer, addresses: [`127.0.0.1:${node.mesh.port}`] };
  });
}

/** Starts `count` validators on free ports and tells each the addresses of all. */
export async function startNodes(
  count: number,
  overrides: Partial<MeshOptions> = {},
): Promise<MeshNode[]> {
  const nodes = registryOf(count).map(
    ({ index }) => new MeshNode(index, registryOf(count), overrides),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const registry = addressed(nodes, count);
  for (const node of nodes) node.mesh.setRegistry(registry);
  return nodes;
}

export async function allConnected(nodes: readonly MeshNode[]): Promise<void> {
  await Promise.all(
    nodes.map((node) => node.until(() => node.connectedPeers.length === nodes.length - 1)),
  );
}
