import type { TLSSocket } from "node:tls";
import { equalBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { TrafficClass } from "../ports/transport.js";
import { Connection, type ConnectionEvents } from "./connection.js";
import { faultOfHello, type MeshContext, ownHello, type RegisteredPeer } from "./context.js";
import { Dialler } from "./dialler.js";
import { FRAME } from "./frames.js";
import { decodeHello, type Hello } from "./hello.js";
import { BREACHES, type LinkCode, ROUTINE } from "./refusals.js";

/** Ends of a whole link; any other code is about one of its sockets. */
const OWN_ENDS: ReadonlySet<LinkCode> = new Set([
  "CUT_OFF",
  "REPLACED",
  "STOPPED",
  "REGISTRY_CHANGED",
]);

/** A socket with what its hellos have shown so far. */
interface Candidate {
  readonly connection: Connection;
  readonly isOutbound: boolean;
  hello: Hello | undefined;
}

/**
 * The link to one validator: one control and one bulk socket, which live and die together.
 *
 * Control: both may dial. The lower index decides which socket is used, by an `accept` frame; it
 * keeps its own dial once TLS stands (NET-P3). Bulk: dialled by whoever dialled control, and bound
 * to that very channel by its id, so that sockets of an old and a new link never mix.
 */
export class Link {
  readonly #context: MeshContext;
  readonly #decides: boolean;
  #peer: RegisteredPeer;
  #control: Candidate | undefined;
  #bulk: Candidate | undefined;
  #isUp = false;
  /** Messages of a peer that saw the link complete before we did; its socket is paused. */
  #early: Uint8Array[] = [];
  readonly #pending = new Set<Candidate>();
  readonly #dialler: Dialler;
  /** A dialled socket whose hello exchange is going on. */
  #dialled: Candidate | undefined;
  #cancelCompletion: () => void = () => {};
  #cancelCutOff: (() => void) | undefined;
  #isStopped = false;
  #rttMs: number | undefined;

  constructor(peer: RegisteredPeer, context: MeshContext) {
    this.#peer = peer;
    this.#context = context;
    this.#decides = context.self < peer.index;
    const peerNow = () => this.#peer;
    this.#dialler = new Dialler(context, {
      get peer() {
        return peerNow();
      },
      wanted: () => this.#wanted(),
      secured: (socket, traffic) => this.#onDialled(socket, traffic),
    });
  }

  get peer(): RegisteredPeer {
    return this.#peer;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** Sockets in use by class. */
  get sockets(): Readonly<Record<TrafficClass, number>> {
    return { control: this.#control ? 1 : 0, bulk: this.#bulk ? 1 : 0 };
  }

  get remoteAddress(): string | undefined {
    return this.#control?.connection.remoteAddress;
  }

  pendingBytes(traffic: TrafficClass): number {
    return this.#candidate(traffic)?.connection.pendingBytes ?? 0;
  }

  start(): void {
    this.#dialler.after(this.#decides ? 0 : this.#context.tuning.headStartMs);
  }

  /** New addresses are used from the next dial on. */
  setAddresses(peer: RegisteredPeer): void {
    const isSame = peer.addresses.join() === this.#peer.addresses.join();
    this.#peer = peer;
    if (isSame || this.#control !== undefined || this.#dialler.traffic !== undefined) return;
    this.#dialler.reset();
    this.start();
  }

  send(bytes: Uint8Array, traffic: TrafficClass): boolean {
    if (!this.#isUp) return false;
    return this.#candidate(traffic)?.connection.sendMessage(bytes) ?? false;
  }

  /** Takes a socket that the peer dialled; its key is this peer's. */
  inbound(socket: TLSSocket): void {
    if (this.#pending.size >= LIMITS.pendingHandshakesPerPeerMax) {
      socket.destroy();
      return;
    }
    const candidate = this.#candidateOf(socket, false);
    this.#pending.add(candidate);
    if (this.#cancelCutOff !== undefined) {
      candidate.connection.close("CUT_OFF", "this validator waits after a breach of the protocol");
    }
  }

  cutOff(reason: string, forMs: number): void {
    this.#cancelCutOff?.();
    this.#dialler.cancel();
    this.#cancelCutOff = this.#context.clock.after(forMs, () => {
      this.#cancelCutOff = undefined;
      this.#dialler.after(0);
    });
    this.#abandonDial();
    for (const candidate of this.#pending) candidate.connection.close("CUT_OFF", reason);
    this.#drop("CUT_OFF", reason);
  }

  /** Ends everything. No handler is called any more. */
  stop(code: LinkCode): void {
    this.#isStopped = true;
    this.#dialler.cancel();
    this.#cancelCutOff?.();
    this.#abandonDial();
    for (const { connection } of this.#pending) connection.destroy(code, "stopped");
    this.#drop(code, "stopped");
  }

  #candidate(traffic: TrafficClass): Candidate | undefined {
    return traffic === "control" ? this.#control : this.#bulk;
  }

  #candidateOf(socket: TLSSocket, isOutbound: boolean): Candidate {
    const events: ConnectionEvents = {
      hello: (body) => this.#onHello(candidate, body),
      accept: () => this.#onAccept(candidate),
      message: (body) => this.#onMessage(candidate, body),
      rtt: (ms) => this.#onRtt(ms),
      closed: (code, detail, by) => this.#onClosed(candidate, code, detail, by),
    };
    const connection = new Connection(socket, this.#context, events);
    const candidate: Candidate = { connection, isOutbound, hello: undefined };
    return candidate;
  }

  // Dialling.

  #wanted(): TrafficClass | undefined {
    if (this.#isStopped || this.#isUp || this.#cancelCutOff !== undefined) return undefined;
    if (this.#control === undefined) return "control";
    return this.#control.isOutbound ? "bulk" : undefined;
  }

  #onDialled(socket: TLSSocket, traffic: TrafficClass): void {
    const candidate = this.#candidateOf(socket, true);
    this.#dialled = candidate;
    const session =
      traffic === "control" ? this.#context.session : this.#control?.connection.linkId;
    if (session === undefined) {
      candidate.connection.close("SIBLING_LOST", "the control socket is gone");
      return;
    }
    const { exporter } = candidate.connection;
    const hello = ownHello(this.#context, traffic, session, exporter);
    candidate.connection.sendHandshake(FRAME.hello, hello);
  }

  #abandonDial(): void {
    const candidate = this.#dialled;
    this.#dialled = undefined;
    candidate?.connection.destroy("REPLACED", "another socket is used");
    this.#dialler.abandon();
  }

  // The hello exchange: the dialler speaks first.

  #onHello(candidate: Candidate, body: Uint8Array): void {
    const { connection } = candidate;
    const hello = decodeHello(body);
    if (candidate.hello !== undefined || hello === undefined) {
      connection.close("MALFORMED", "a hello that cannot be read, or a second one");
      return;
    }
    candidate.hello = hello;
    const fault = faultOfHello(this.#context, hello, this.#peer, connection.exporter);
    if (fault !== undefined) {
      connection.close(fault.code, fault.detail);
    } else if (hello.traffic === "control") {
      this.#onControlHello(candidate, hello);
    } else {
      this.#onBulkHello(candidate, hello);
    }
  }

  #onControlHello(candidate: Candidate, hello: Hello): void {
    const { connection, isOutbound } = candidate;
    if (isOutbound && this.#dialler.traffic !== "control") {
      connection.close("MALFORMED", "the hello is of another class of traffic");
      return;
    }
    if (this.#isSecondSession(hello)) {
      connection.close("SECOND_SESSION", "a live session exists under this identity");
      return;
    }
    if (!this.#decides) {
      if (!isOutbound) this.#answerHello(candidate, "control", this.#context.session);
      return;
    }
    const keepsOwnDial = !isOutbound && this.#dialler.isSecured;
    if (this.#control !== undefined || keepsOwnDial) {
      connection.close("DUPLICATE", "another socket of this pair is used");
      return;
    }
    if (!isOutbound) this.#answerHello(candidate, "control", this.#context.session);
    connection.sendHandshake(FRAME.accept);
    this.#installControl(candidate);
  }

  #onBulkHello(candidate: Candidate, hello: Hello): void {
    const { connection, isOutbound } = candidate;
    const linkId = this.#control?.connection.linkId;
    const fits =
      linkId !== undefined &&
      this.#control?.isOutbound === isOutbound &&
      this.#bulk === undefined &&
      equalBytes(hello.session, linkId);
    if (!fits) {
      connection.close("NO_CONTROL", "no control socket waits for this bulk socket");
    } else if (!isOutbound) {
      this.#answerHello(candidate, "bulk", linkId);
      connection.sendHandshake(FRAME.accept);
      this.#installBulk(candidate);
    }
  }

  #onAccept(candidate: Candidate): void {
    const { connection, isOutbound, hello } = candidate;
    const isExpected =
      hello !== undefined && (hello.traffic === "bulk" ? isOutbound : !this.#decides);
    if (!isExpected) {
      connection.close("MALFORMED", "an accept that nobody waits for");
    } else if (hello.traffic === "bulk") {
      if (this.#control === undefined)
        connection.close("SIBLING_LOST", "the control socket is gone");
      else this.#installBulk(candidate);
    } else if (this.#isSecondSession(hello)) {
      connection.close("SECOND_SESSION", "a live session exists under this identity");
    } else {
      // The side that decides has dropped the socket before this one; we have not seen it yet.
      this.#drop("REPLACED", "the peer uses a newer socket");
      if (!connection.isClosed) this.#installControl(candidate);
    }
  }

  #answerHello(candidate: Candidate, traffic: TrafficClass, session: Uint8Array): void {
    const { connection } = candidate;
    const hello = ownHello(this.#context, traffic, session, connection.exporter);
    connection.sendHandshake(FRAME.hello, hello);
  }

  #isSecondSession(hello: Hello): boolean {
    const live = this.#control?.hello;
    return live !== undefined && !equalBytes(live.session, hello.session);
  }

  // The link.

  #installControl(candidate: Candidate): void {
    this.#release(candidate);
    this.#abandonDial();
    this.#dialler.cancel();
    this.#control = candidate;
    candidate.connection.goLive("control");
    this.#cancelCompletion = this.#context.clock.after(2 * this.#context.tuning.handshakeMs, () =>
      this.#drop("TIMEOUT", "no bulk socket followed the control socket"),
    );
    if (candidate.isOutbound) this.#dialler.now();
  }

  #installBulk(candidate: Candidate): void {
    this.#release(candidate);
    this.#dialler.cancel();
    this.#cancelCompletion();
    this.#bulk = candidate;
    candidate.connection.goLive("bulk");
    this.#dialler.reset();
    this.#isUp = true;
    const { logger, handler } = this.#context;
    const address = candidate.connection.remoteAddress;
    const software = candidate.hello?.softwareVersion;
    logger.info("validator connected", { peer: this.#peer.index, address, software });
    handler.connected(this.#peer.index);
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) if (this.#isUp) handler.message(this.#peer.index, bytes);
    this.#control?.connection.resume();
  }

  /** From now on the candidate is neither an attempt of ours nor a caller in waiting. */
  #release(candidate: Candidate): void {
    this.#pending.delete(candidate);
    if (this.#dialled !== candidate) return;
    this.#dialled = undefined;
    this.#dialler.release();
  }

  #onMessage(candidate: Candidate, bytes: Uint8Array): void {
    if (this.#isUp) {
      this.#context.handler.message(this.#peer.index, bytes);
    } else if (candidate === this.#control) {
      // At most what one chunk of the socket still holds.
      candidate.connection.pause();
      this.#early.push(bytes);
    }
  }

  #onRtt(ms: number): void {
    this.#rttMs = ms;
    const labels = { peer: String(this.#peer.index) };
    this.#context.metrics.observe("fondaco_p2p_rtt_seconds", ms / 1_000, labels);
    for (const traffic of ["control", "bulk"] as const) {
      const waiting = this.pendingBytes(traffic);
      this.#context.metrics.gauge("fondaco_p2p_queue_bytes", waiting, { ...labels, traffic });
    }
  }

  #onClosed(candidate: Candidate, code: LinkCode, detail: string, by: "us" | "peer"): void {
    const address = candidate.connection.remoteAddress;
    const index = this.#peer.index;
    this.#context.logger.debug("socket closed", { peer: index, address, code, by, detail });
    const isLinked = candidate === this.#control || candidate === this.#bulk;
    if (!isLinked && candidate !== this.#dialled && !this.#pending.has(candidate)) return;
    // Whoever calls while cut off is told so; the operator knows it already.
    const isNews = !ROUTINE.has(code) && !(code === "CUT_OFF" && by === "us");
    if (isNews) this.#context.report({ code, by, peer: index, address, detail });
    if (isLinked) {
      if (BREACHES.has(code) && by === "us") {
        this.cutOff(`${code}: ${detail}`, this.#context.tuning.cutOffMs);
      } else {
        this.#drop(code, detail);
      }
      return;
    }
    this.#pending.delete(candidate);
    if (candidate !== this.#dialled) return;
    this.#dialled = undefined;
    if (!this.#isStopped) this.#dialler.failed();
  }

  /** Both sockets end; the link is built anew. */
  #drop(code: LinkCode, detail: string): void {
    const sockets = [this.#control?.connection, this.#bulk?.connection];
    if (sockets[0] === undefined) return;
    this.#control = undefined;
    this.#bulk = undefined;
    this.#early = [];
    this.#cancelCompletion();
    if (this.#dialler.traffic === "bulk") this.#abandonDial();
    for (const connection of sockets) {
      connection?.close(OWN_ENDS.has(code) ? code : "SIBLING_LOST", detail);
    }
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (this.#isStopped) return;
    if (wasUp) {
      const { logger, metrics, handler } = this.#context;
      logger.info("validator disconnected", { peer: this.#peer.index, code, detail });
      metrics.count("fondaco_p2p_links_lost_total", 1, { code });
      handler.disconnected(this.#peer.index, `${code}: ${detail}`);
    }
    this.#dialler.linkEnded(wasUp);
  }
}
