/**
 * Links between simulated validators. Within one class messages stay in order while a link lives,
 * as the transport port promises; beyond that promise they may be lost, doubled, held back or
 * blocked in one direction without either side noticing at once.
 */

import type { TrafficClass, Transport, TransportHandler } from "../../../src/ports/transport.js";
import type { Incarnation } from "./liveness.js";
import type { Random } from "./random.js";
import type { Scheduler } from "./scheduler.js";

/** Quality of all links. Times in milliseconds of virtual time. */
export interface LinkQuality {
  delayMsMin: number;
  delayMsMax: number;
  lossChance: number;
  duplicateChance: number;
  /** Chance that a message is held back by up to `stallMsMax` (and all behind it). */
  stallChance: number;
  stallMsMax: number;
}

export const CALM: LinkQuality = {
  delayMsMin: 1,
  delayMsMax: 8,
  lossChance: 0,
  duplicateChance: 0,
  stallChance: 0,
  stallMsMax: 0,
};

export interface NetworkCounts {
  sent: number;
  delivered: number;
  lost: number;
  duplicated: number;
  stalled: number;
  blocked: number;
  linkBreaks: number;
}

export interface NetworkObserver {
  /** A message left a process, in whatever way its link will treat it. */
  sent(from: number, to: number, bytes: Uint8Array): void;
  /** A message is about to be handed to its receiver. */
  delivered(from: number, to: number, bytes: Uint8Array): void;
  /** A validator cut another one off. */
  cutOff(by: number, peer: number, reason: string): void;
}

/** What a faulty validator's messages become: none, one or several, each with its bytes. */
export type OutboundFilter = (to: number, bytes: Uint8Array) => readonly Uint8Array[];

interface Endpoint {
  readonly life: Incarnation;
  readonly handler: TransportHandler;
}

interface Session {
  readonly number: number;
  /** Time before which nothing may arrive, for each direction and class. */
  readonly arrivalMs: Record<string, number>;
}

const BYTES_PER_MS = 20_000;

export class SimulatedNetwork {
  readonly quality: LinkQuality = { ...CALM };
  readonly counts: NetworkCounts = {
    sent: 0,
    delivered: 0,
    lost: 0,
    duplicated: 0,
    stalled: 0,
    blocked: 0,
    linkBreaks: 0,
  };
  readonly outbound = new Map<number, OutboundFilter>();
  readonly #endpoints: (Endpoint | undefined)[];
  readonly #sessions = new Map<string, Session>();
  readonly #blocked = new Set<string>();
  readonly #cutUntilMs = new Map<string, number>();
  readonly #connecting = new Set<string>();
  #sessionNumber = 0;

  constructor(
    readonly validatorCount: number,
    readonly scheduler: Scheduler,
    readonly random: Random,
    readonly observer: NetworkObserver,
  ) {
    this.#endpoints = Array.from({ length: validatorCount }, () => undefined);
  }

  /** The transport that one run of a validator is given. */
  transportOf(life: Incarnation): Transport {
    const self = life.validator;
    return {
      start: (handler) => {
        if (!life.isAlive) return;
        this.#endpoints[self] = { life, handler };
        this.#connectAll(self);
      },
      send: (to, bytes, traffic) => {
        if (!life.isAlive || this.#endpoints[self]?.life !== life) return false;
        return this.#send(self, to, bytes, traffic);
      },
      disconnect: (peer, reason, forMs) => {
        if (!life.isAlive) return;
        this.observer.cutOff(self, peer, reason);
        this.#cutUntilMs.set(pairOf(self, peer), this.scheduler.nowMs + forMs);
        this.#break(self, peer, reason, 1);
        this.scheduler.after(forMs + 1, () => this.#connectAll(self));
      },
      stop: (done) => {
        this.drop(life, false);
        this.scheduler.after(0, () => {
          if (life.isAlive) done();
        });
      },
    };
  }

  /** The process is gone. After a power cut nobody says so: the peers find out after a while. */
  drop(life: Incarnation, isSilent: boolean): void {
    const self = life.validator;
    if (this.#endpoints[self]?.life !== life) return;
    for (let peer = 0; peer < this.validatorCount; peer++) {
      if (peer === self) continue;
      const delayMs = isSilent ? this.random.between(500, 3_000) : this.random.between(1, 30);
      this.#break(self, peer, "connection reset", delayMs);
    }
    this.#endpoints[self] = undefined;
  }

  block(from: number, to: number): void {
    const key = directed(from, to);
    if (this.#blocked.has(key)) return;
    this.#blocked.add(key);
    const session = this.#sessions.get(pairOf(from, to));
    if (session === undefined) return;
    // Neither side learns of it until a keep-alive fails.
    this.scheduler.after(this.random.between(800, 4_000), () => {
      if (this.#sessions.get(pairOf(from, to)) !== session) return;
      if (this.#isPassable(from, to)) return;
      this.#break(from, to, "no answer", 1);
    });
  }

  unblock(from: number, to: number): void {
    if (!this.#blocked.delete(directed(from, to))) return;
    this.#connect(from, to);
  }

  unblockAll(): void {
    this.#blocked.clear();
    for (let i = 0; i < this.validatorCount; i++) this.#connectAll(i);
  }

  #isPassable(a: number, b: number): boolean {
    return !this.#blocked.has(directed(a, b)) && !this.#blocked.has(directed(b, a));
  }

  #connectAll(self: number): void {
    for (let peer = 0; peer < this.validatorCount; peer++) {
      if (peer !== self) this.#connect(self, peer);
    }
  }

  #connect(a: number, b: number): void {
    const pair = pairOf(a, b);
    if (this.#sessions.has(pair) || this.#connecting.has(pair)) return;
    this.#connecting.add(pair);
    this.scheduler.after(this.random.between(5, 150), () => {
      this.#connecting.delete(pair);
      const first = this.#endpoints[a];
      const second = this.#endpoints[b];
      if (first === undefined || second === undefined) return;
      if (!this.#isPassable(a, b)) return;
      if ((this.#cutUntilMs.get(pair) ?? 0) > this.scheduler.nowMs) return;
      this.#sessions.set(pair, { number: this.#sessionNumber++, arrivalMs: {} });
      first.handler.connected(b);
      if (second.life.isAlive) second.handler.connected(a);
    });
  }

  #break(self: number, peer: number, reason: string, peerLearnsAfterMs: number): void {
    const pair = pairOf(self, peer);
    if (!this.#sessions.delete(pair)) return;
    this.counts.linkBreaks++;
    const mine = this.#endpoints[self];
    const theirs = this.#endpoints[peer];
    this.scheduler.after(0, () => {
      if (mine?.life.isAlive) mine.handler.disconnected(peer, reason);
    });
    // Until the peer has noticed, it takes no second session of the same identity.
    this.#connecting.add(pair);
    this.scheduler.after(peerLearnsAfterMs, () => {
      if (theirs?.life.isAlive) theirs.handler.disconnected(self, reason);
      this.#connecting.delete(pair);
      this.#connect(self, peer);
    });
  }

  #send(from: number, to: number, bytes: Uint8Array, traffic: TrafficClass): boolean {
    const session = this.#sessions.get(pairOf(from, to));
    if (session === undefined) return false;
    const filter = this.outbound.get(from);
    if (filter === undefined) this.#carry(session, from, to, bytes, traffic);
    else for (const item of filter(to, bytes)) this.#carry(session, from, to, item, traffic);
    return true;
  }

  #carry(
    session: Session,
    from: number,
    to: number,
    bytes: Uint8Array,
    traffic: TrafficClass,
  ): void {
    const { quality, random, scheduler, counts } = this;
    counts.sent++;
    this.observer.sent(from, to, bytes);
    if (this.#blocked.has(directed(from, to))) {
      counts.blocked++;
      return;
    }
    if (random.chance(quality.lossChance)) {
      counts.lost++;
      return;
    }
    let delayMs = quality.delayMsMin + random.unit() * (quality.delayMsMax - quality.delayMsMin);
    if (traffic === "bulk") delayMs += bytes.length / BYTES_PER_MS;
    if (random.chance(quality.stallChance)) {
      counts.stalled++;
      delayMs += random.unit() * quality.stallMsMax;
    }
    const lane = `${from}>${traffic}`;
    const arriveMs = Math.max(scheduler.nowMs + delayMs, session.arrivalMs[lane] ?? 0);
    session.arrivalMs[lane] = arriveMs;
    this.#deliverAt(session, from, to, bytes, arriveMs);
    if (random.chance(quality.duplicateChance)) {
      counts.duplicated++;
      const againMs = arriveMs + random.unit() * 10 * quality.delayMsMax;
      this.#deliverAt(session, from, to, bytes, againMs);
    }
  }

  #deliverAt(session: Session, from: number, to: number, bytes: Uint8Array, atMs: number): void {
    this.scheduler.after(atMs - this.scheduler.nowMs, () => {
      if (this.#sessions.get(pairOf(from, to)) !== session) return;
      if (this.#blocked.has(directed(from, to))) {
        this.counts.blocked++;
        return;
      }
      const endpoint = this.#endpoints[to];
      if (endpoint === undefined || !endpoint.life.isAlive) return;
      this.counts.delivered++;
      this.observer.delivered(from, to, bytes);
      endpoint.handler.message(from, bytes);
    });
  }
}

function directed(from: number, to: number): string {
  return `${from}>${to}`;
}

function pairOf(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
