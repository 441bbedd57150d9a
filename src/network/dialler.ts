import type { TLSSocket } from "node:tls";
import type { TrafficClass } from "../ports/transport.js";
import type { MeshContext, RegisteredPeer } from "./context.js";
import { type Dial, dial } from "./dial.js";
import { ROUTINE } from "./refusals.js";
import { backOffMs } from "./tuning.js";

export interface DiallerOwner {
  /** Whose addresses are dialled. */
  readonly peer: RegisteredPeer;
  /** Which socket is missing and ours to dial; undefined when none. */
  wanted(): TrafficClass | undefined;
  secured(socket: TLSSocket, traffic: TrafficClass): void;
}

/** Dials one validator's sockets, one attempt at a time, with back-off, for ever (NET-P8). */
export class Dialler {
  readonly #context: MeshContext;
  readonly #owner: DiallerOwner;
  #attempt: { readonly traffic: TrafficClass; readonly handle: Dial } | undefined;
  #failures = 0;
  #cancelTimer: () => void = () => {};

  constructor(context: MeshContext, owner: DiallerOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** What is being dialled, up to the end of the hello exchange. */
  get traffic(): TrafficClass | undefined {
    return this.#attempt?.traffic;
  }

  get isSecured(): boolean {
    return this.#attempt?.handle.isSecured === true;
  }

  /** Dials after `delayMs`, if a socket is wanted then. */
  after(delayMs: number): void {
    this.cancel();
    this.#cancelTimer = this.#context.clock.after(delayMs, () => this.now());
  }

  /** Dials after the present back-off. */
  again(): void {
    const random = this.#context.entropy.randomBytes(1)[0] as number;
    this.after(backOffMs(this.#context.tuning, this.#failures, random));
  }

  now(): void {
    const { peer } = this.#owner;
    const traffic = this.#owner.wanted();
    if (traffic === undefined || this.#attempt !== undefined || peer.addresses.length === 0) return;
    const address = peer.addresses[this.#failures % peer.addresses.length] as string;
    const handle = dial(
      this.#context,
      peer,
      address,
      (socket) => this.#owner.secured(socket, traffic),
      (code, detail) => {
        const { logger } = this.#context;
        logger.debug("cannot reach a validator", { peer: peer.index, address, detail });
        if (!ROUTINE.has(code)) {
          this.#context.report({ code, by: "us", peer: peer.index, address, detail });
        }
        this.failed();
      },
    );
    this.#attempt = { traffic, handle };
  }

  /** The attempt came to nothing, before or after TLS stood. */
  failed(): void {
    this.#attempt = undefined;
    this.#failures++;
    this.#context.metrics.count("fondaco_p2p_dials_failed_total");
    this.again();
  }

  /** A link that came up and went, or did not complete, changes how long the next dial waits. */
  linkEnded(wasUp: boolean): void {
    if (!wasUp) this.#failures++;
    this.again();
  }

  /** The next dial is the first: the link is up, or there are other addresses. */
  reset(): void {
    this.#failures = 0;
  }

  /** The attempt has become a socket of the link. */
  release(): void {
    this.#attempt = undefined;
  }

  /** Gives up the attempt; its socket is destroyed. */
  abandon(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.handle.abort();
  }

  cancel(): void {
    this.#cancelTimer();
  }
}
