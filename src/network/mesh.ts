import { constants } from "node:crypto";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { assert } from "../base/assert.js";
import { equalBytes, mapKey } from "../base/bytes.js";
import { codeOf, FondacoError, messageOf } from "../base/errors.js";
import type { BatchVerifier, Hasher, Signer } from "../crypto/interfaces.js";
import type { Clock } from "../ports/clock.js";
import type { Entropy } from "../ports/entropy.js";
import type { Logger } from "../ports/logger.js";
import type { Metrics } from "../ports/metrics.js";
import type { TrafficClass, Transport, TransportHandler } from "../ports/transport.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import { AddressBlocks } from "./addressBlocks.js";
import { CallerLimits } from "./callerLimits.js";
import { createTlsIdentity } from "./certificate.js";
import {
  keyOfChannel,
  type MeshContext,
  type MeshFinding,
  type RegisteredPeer,
  tlsOptions,
} from "./context.js";
import { SESSION_SIZE_BYTES } from "./hello.js";
import { Link } from "./link.js";
import { assertSendable } from "./messageLimits.js";
import type { LinkCode } from "./refusals.js";
import { TokenBucket } from "./tokenBucket.js";
import { DEFAULT_TUNING, type MeshTuning } from "./tuning.js";

export interface MeshOptions {
  readonly self: ValidatorIndex;
  /** All validators of the epoch, this one too. */
  readonly registry: readonly RegisteredPeer[];
  readonly genesisHash: Hash;
  /** 32 secret bytes of the TLS key that the registry names for `self`. */
  readonly tlsKeySeed: Uint8Array;
  /** Port 0 takes a free one; {@link Mesh.port} tells which. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Consensus key: signs the hello. */
  readonly signer: Signer;
  readonly batchVerifier: BatchVerifier;
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly softwareVersion?: string;
  readonly tuning?: Partial<MeshTuning>;
  /** Refusals and breaches, after they were logged and counted. */
  readonly onFinding?: (finding: MeshFinding) => void;
}

export interface PeerStatus {
  readonly index: ValidatorIndex;
  readonly isConnected: boolean;
  /** Round trip of the last ping; undefined before the first answer. */
  readonly rttMs: number | undefined;
  readonly sockets: Readonly<Record<TrafficClass, number>>;
  readonly pendingBytes: Readonly<Record<TrafficClass, number>>;
}

/** Findings about strangers that are logged: ten at once, then one a second. */
const STRANGER_LOGS = { perSecond: 1, burst: 10 } as const;

/**
 * The authenticated mesh of validators over TLS 1.3.
 *
 * @throws {FondacoError} TLS_KEY_NOT_REGISTERED when the seed is not that of the registered key.
 */
export function createMesh(options: MeshOptions): Mesh {
  return new Mesh(options);
}

type ListenDone = (error: FondacoError | undefined) => void;

/** See {@link createMesh}. */
export class Mesh implements Transport {
  readonly #options: MeshOptions;
  readonly #context: Omit<MeshContext, "handler">;
  readonly #links = new Map<ValidatorIndex, Link>();
  readonly #linksByKey = new Map<string, Link>();
  readonly #blocks = new AddressBlocks();
  readonly #callerLimits: CallerLimits;
  readonly #strangerLogs: TokenBucket;
  /** Every accepted socket, and those of them that have not shown a registered key. */
  readonly #accepted = new Set<Socket>();
  readonly #strangers = new Map<string, { readonly socket: Socket; readonly ended: () => void }>();
  #registry: readonly RegisteredPeer[];
  #listener: Server | undefined;
  #tls: TlsServer | undefined;
  #handler: TransportHandler | undefined;
  #listenOutcome: { readonly error: FondacoError | undefined } | undefined;
  #listenWaiters: ListenDone[] = [];
  #isStopped = false;

  constructor(options: MeshOptions) {
    const { self, registry, clock, entropy } = options;
    const identity = createTlsIdentity(options.tlsKeySeed);
    const own = registry.find(({ index }) => index === self);
    if (own === undefined || !equalBytes(own.tlsKey, identity.publicKey)) {
      throw new FondacoError(
        { code: "TLS_KEY_NOT_REGISTERED" },
        `the TLS key of this node is not the one registered for validator ${self}; ` +
          "use the key file that was made with this home",
      );
    }
    this.#options = options;
    this.#registry = registry;
    this.#strangerLogs = new TokenBucket(
      STRANGER_LOGS.perSecond,
      STRANGER_LOGS.burst,
      clock.nowMs(),
    );
    const tuning = { ...DEFAULT_TUNING, ...options.tuning };
    this.#callerLimits = new CallerLimits(tuning.handshakes, clock.nowMs());
    this.#context = {
      self,
      genesisHash: options.genesisHash,
      session: entropy.randomBytes(SESSION_SIZE_BYTES),
      softwareVersion: options.softwareVersion ?? "fondaco",
      identity,
      signer: options.signer,
      batchVerifier: options.batchVerifier,
      hasher: options.hasher,
      clock,
      entropy,
      logger: options.logger,
      metrics: options.metrics,
      tuning,
      dialled: new Set(),
      report: (finding) => this.#report(finding),
      // Who was dialled may have to call after a restart, while strangers flood both ends.
      reached: (address) => this.#callerLimits.succeeded(address),
    };
  }

  /** Listens, then dials. Wait for the outcome of listening with {@link Mesh.listening}. */
  start(handler: TransportHandler): void {
    assert(this.#handler === undefined, "a mesh starts once");
    this.#handler = {
      connected: (peer) => {
        this.#gaugePeers();
        handler.connected(peer);
      },
      disconnected: (peer, reason) => {
        this.#gaugePeers();
        handler.disconnected(peer, reason);
      },
      message: (from, bytes) => handler.message(from, bytes),
    };
    const tls = createTlsServer(
      {
        ...tlsOptions(this.#context.identity),
        handshakeTimeout: this.#context.tuning.handshakeMs,
        secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
      },
      (socket) => this.#onSecure(socket),
    );
    tls.on("tlsClientError", (error, socket) => {
      // A caller that hangs up has most often seen that the pair has its socket already.
      if (codeOf(error) === "ECONNRESET") socket.destroy();
      else this.#refuseStranger(socket, "TLS_FAILED", error.message);
    });
    this.#tls = tls;
    const listener = createTcpServer({ noDelay: true }, (socket) => this.#onCaller(socket));
    this.#listener = listener;
    const { host, port } = this.#options.listen;
    listener.once("error", (error) => this.#listened(listenError(error, host, port)));
    listener.listen({ host, port, exclusive: true }, () => {
      this.#listened(undefined);
      if (!this.#isStopped) this.setRegistry(this.#registry);
    });
  }

  /**
   * Calls back once it is known whether this node listens; at once if it is known already.
   * The error is PORT_TAKEN or LISTEN_FAILED.
   */
  listening(done: ListenDone): void {
    if (this.#listenOutcome !== undefined) done(this.#listenOutcome.error);
    else this.#listenWaiters.push(done);
  }

  /** The port that is listened on. */
  get port(): number {
    const address = this.#listener?.address() as AddressInfo | null | undefined;
    assert(address, "the port is known while the mesh listens");
    return address.port;
  }

  /**
   * Takes another list of validators: of a new epoch, or with other addresses. Links whose keys
   * stay are kept; those whose keys went are closed.
   */
  setRegistry(registry: readonly RegisteredPeer[]): void {
    this.#registry = registry;
    const handler = this.#handler;
    if (handler === undefined || this.#listenOutcome?.error !== undefined || this.#isStopped)
      return;
    const context: MeshContext = { ...this.#context, handler };
    const byIndex = new Map(registry.map((peer) => [peer.index, peer]));
    for (const [index, link] of this.#links) {
      const peer = byIndex.get(index);
      if (peer !== undefined && hasSameKeys(peer, link.peer)) {
        link.setAddresses(peer);
        continue;
      }
      const wasUp = link.isUp;
      this.#links.delete(index);
      this.#linksByKey.delete(mapKey(link.peer.tlsKey));
      link.stop("REGISTRY_CHANGED");
      if (wasUp) handler.disconnected(index, "REGISTRY_CHANGED: its keys are no longer registered");
    }
    for (const peer of registry) {
      if (peer.index === this.#context.self || this.#links.has(peer.index)) continue;
      const link = new Link(peer, context);
      this.#links.set(peer.index, link);
      this.#linksByKey.set(mapKey(peer.tlsKey), link);
      link.start();
    }
  }

  send(to: ValidatorIndex, bytes: Uint8Array, traffic: TrafficClass): boolean {
    assertSendable(bytes, traffic);
    const taken = this.#links.get(to)?.send(bytes, traffic) ?? false;
    if (!taken) this.#context.metrics.count("fondaco_p2p_sends_refused_total", 1, { traffic });
    return taken;
  }

  disconnect(peer: ValidatorIndex, reason: string, forMs: number): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#context.logger.warn("validator cut off", { peer, reason, forMs });
    this.#context.metrics.count("fondaco_p2p_cut_offs_total");
    link.cutOff(reason, forMs);
  }

  /** One entry a peer, by index. */
  status(): readonly PeerStatus[] {
    return [...this.#links.values()]
      .sort((a, b) => a.peer.index - b.peer.index)
      .map((link) => ({
        index: link.peer.index,
        isConnected: link.isUp,
        rttMs: link.rttMs,
        sockets: link.sockets,
        pendingBytes: { control: link.pendingBytes("control"), bulk: link.pendingBytes("bulk") },
      }));
  }

  /** Sockets that callers hold, also those not in use: for tests and support. */
  get acceptedSockets(): number {
    return this.#accepted.size;
  }

  /** Closes all sockets and the listener; afterwards no handler is called. */
  stop(done: () => void): void {
    assert(!this.#isStopped, "a mesh stops once");
    this.#isStopped = true;
    for (const link of this.#links.values()) link.stop("STOPPED");
    for (const { socket } of this.#strangers.values()) socket.destroy();
    const listener = this.#listener;
    // Peers close as soon as they have read why; who does not is closed by the link's own timer.
    const dialled = [...this.#context.dialled];
    let open = dialled.length + 1;
    const closed = () => {
      open--;
      if (open === 0) done();
    };
    for (const socket of dialled) socket.once("close", closed);
    if (listener === undefined) this.#context.clock.soon(closed);
    else listener.close(closed);
  }

  #listened(error: FondacoError | undefined): void {
    this.#listenOutcome = { error };
    const waiters = this.#listenWaiters;
    this.#listenWaiters = [];
    for (const done of waiters) done(error);
  }

  // Callers, before they have shown a registered key.

  #onCaller(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const { clock, metrics } = this.#context;
    const nowMs = clock.nowMs();
    const isBlocked = this.#blocks.isBlocked(address, nowMs) && !this.#isFromPeer(address);
    const isRefused = isBlocked || this.#isStopped;
    const ended = isRefused ? undefined : this.#callerLimits.begin(address, nowMs);
    if (ended === undefined) {
      metrics.count("fondaco_p2p_callers_dropped_total");
      socket.destroy();
      return;
    }
    const endpoint = endpointOf(socket);
    this.#accepted.add(socket);
    // Sockets that were reset before they came here have no address, hence one endpoint.
    this.#forgetStranger(endpoint);
    this.#strangers.set(endpoint, { socket, ended });
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#accepted.delete(socket);
      // Still a stranger: it never showed a registered key.
      if (this.#forgetStranger(endpoint)) this.#blocks.failed(address, clock.nowMs());
    });
    this.#tls?.emit("connection", socket);
  }

  /** Whether it was one until now. */
  #forgetStranger(endpoint: string): boolean {
    const stranger = this.#strangers.get(endpoint);
    stranger?.ended();
    return this.#strangers.delete(endpoint);
  }

  /** A validator behind the same address (NAT, one machine) must not be locked out by a stranger. */
  #isFromPeer(address: string): boolean {
    for (const link of this.#links.values()) if (link.remoteAddress === address) return true;
    return false;
  }

  /** The key is judged before anything is read from the channel (NET-P2). */
  #onSecure(socket: TLSSocket): void {
    socket.on("error", () => {});
    if (this.#isStopped) {
      socket.destroy();
      return;
    }
    const channel = keyOfChannel(socket);
    if ("refused" in channel) {
      this.#refuseStranger(socket, channel.refused, "not a channel of this protocol");
      return;
    }
    const link = this.#linksByKey.get(mapKey(channel.key));
    if (link === undefined) {
      this.#refuseStranger(socket, "UNKNOWN_KEY", "the TLS key is of no registered validator");
      return;
    }
    this.#forgetStranger(endpointOf(socket));
    const address = socket.remoteAddress ?? "";
    this.#blocks.succeeded(address);
    this.#callerLimits.succeeded(address);
    link.inbound(socket);
  }

  #refuseStranger(socket: TLSSocket, code: LinkCode, detail: string): void {
    const address = socket.remoteAddress ?? "";
    socket.destroy();
    if (this.#isStopped) return;
    this.#report({ code, by: "us", peer: undefined, address, detail });
  }

  #report(finding: MeshFinding): void {
    const { logger, metrics, clock } = this.#context;
    const { code, by, peer, address, detail } = finding;
    metrics.count("fondaco_p2p_refusals_total", 1, { code, by });
    if (peer !== undefined || this.#strangerLogs.take(1, clock.nowMs())) {
      logger.warn(by === "us" ? "link refused" : "peer refused the link", {
        code,
        peer,
        address,
        detail,
      });
    }
    this.#options.onFinding?.(finding);
  }

  #gaugePeers(): void {
    let connected = 0;
    for (const link of this.#links.values()) if (link.isUp) connected++;
    this.#context.metrics.gauge("fondaco_p2p_peers", connected);
  }
}

function hasSameKeys(a: RegisteredPeer, b: RegisteredPeer): boolean {
  return equalBytes(a.tlsKey, b.tlsKey) && equalBytes(a.consensusKey, b.consensusKey);
}

/** Equal for a TCP socket and the TLS socket over it. */
function endpointOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function listenError(error: Error, host: string, port: number): FondacoError {
  const isTaken = codeOf(error) === "EADDRINUSE";
  return new FondacoError(
    { code: isTaken ? "PORT_TAKEN" : "LISTEN_FAILED" },
    isTaken
      ? `port ${port} on ${host} is taken by another program; stop it or configure another port`
      : `cannot listen on ${host}:${port}: ${messageOf(error)}`,
    { cause: error },
  );
}
