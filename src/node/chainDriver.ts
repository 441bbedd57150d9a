import { present } from "../base/assert.js";
import { concatBytes, toHex } from "../base/bytes.js";
import { FondacoError } from "../base/errors.js";
import { decode, encode } from "../codec/schema.js";
import { batchHash } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import type { Clock } from "../ports/clock.js";
import type { Logger } from "../ports/logger.js";
import type { Metrics } from "../ports/metrics.js";
import type { Transport } from "../ports/transport.js";
import type { VoteSigner } from "../ports/voteSigner.js";
import { readBatch } from "../types/batch.js";
import { BULK_KINDS, type PeerMessage, peerMessage } from "../types/message.js";
import type { ValidatorIndex } from "../types/primitives.js";
import { type Certificate, VOTE_KIND } from "../types/vote.js";
import type { ChainEffect, ChainEvent, ChainStatus, VoteRequest } from "../validator/interface.js";
import { SteadyTime } from "./steadyTime.js";

export interface ChainPort {
  step(event: ChainEvent, nowMs: number): readonly ChainEffect[];
  status(nowMs: number): ChainStatus;
}

type EffectOf<K extends ChainEffect["kind"]> = Extract<ChainEffect, { kind: K }>;

/** What the driver hands to the rest of the shell. */
export interface ChainDriverHandler {
  execute(effect: EffectOf<"execute">): void;
  checkBatch(effect: EffectOf<"checkBatch">): void;
  admitted(effect: EffectOf<"admitted">): void;
  storeBatch(effect: EffectOf<"storeBatch">): void;
  dropBatches(effect: EffectOf<"dropBatches">): void;
  storeBlock(effect: EffectOf<"storeBlock">): void;
  storeFinal(effect: EffectOf<"storeFinal">): void;
  loadRange(effect: EffectOf<"loadRange">): void;
  storeCertificate(certificate: Certificate): void;
  /** Calls back when everything appended to the log so far is durable. */
  flushLog(done: () => void): void;
  stopVoting(code: string, detail: string): void;
}

export interface ChainDriverOptions {
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly voteSigner: VoteSigner;
  readonly hasher: Hasher;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly validatorCount: number;
  readonly self: ValidatorIndex;
  readonly handler: ChainDriverHandler;
}

/** How long a peer that broke a rule is cut off. */
const CUT_OFF_MS = 60_000;

/**
 * Feeds the chain reducer one event at a time and carries out what it answers, in order. Nothing
 * here decides anything.
 */
export class ChainDriver {
  readonly #options: ChainDriverOptions;
  readonly #time: SteadyTime;
  #events: ChainEvent[] = [];
  #isPumping = false;
  #isScheduled = false;
  #cancelWake: () => void = () => {};
  #isStopped = false;

  constructor(options: ChainDriverOptions) {
    this.#options = options;
    this.#time = new SteadyTime(options.clock);
  }

  /** Queues an event; a turn steps all that came before it. */
  push(event: ChainEvent): void {
    if (this.#isStopped) return;
    this.#events.push(event);
    if (this.#isPumping || this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.clock.soon(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  /** Decodes and queues a peer's message; bytes that are none cut the peer off. */
  receive(from: ValidatorIndex, bytes: Uint8Array): void {
    let message: PeerMessage;
    try {
      message = decode(peerMessage, bytes);
    } catch (error) {
      if (!(error instanceof FondacoError)) throw error;
      this.#report(from, "MALFORMED_MESSAGE", error.message, true);
      return;
    }
    this.#options.metrics.count("fondaco_p2p_messages_total", 1, { kind: message.kind });
    this.push({ kind: "message", from, message });
  }

  status(): ChainStatus {
    return this.#options.chain.status(this.#time.nowMs());
  }

  stop(): void {
    this.#isStopped = true;
    this.#events = [];
    this.#cancelWake();
  }

  #pump(): void {
    this.#isPumping = true;
    try {
      for (let i = 0; i < this.#events.length && !this.#isStopped; i++) {
        const event = this.#events[i] as ChainEvent;
        const effects = this.#options.chain.step(event, this.#time.nowMs());
        for (const effect of effects) this.#carryOut(effect);
      }
    } finally {
      this.#events = [];
      this.#isPumping = false;
    }
  }

  #carryOut(effect: ChainEffect): void {
    const { handler, logger } = this.#options;
    switch (effect.kind) {
      case "send":
        this.#send(effect.to, effect.message);
        return;
      case "signBatch":
        this.#signBatch(effect);
        return;
      case "castVote":
        this.#castVote(effect.request);
        return;
      case "storeCertificate":
        handler.storeCertificate(effect.certificate);
        return;
      case "wake":
        this.#wake(effect.atMs);
        return;
      case "reportPeer":
        this.#report(effect.peer, effect.code, effect.detail, effect.disconnect);
        return;
      case "notice":
        logger.info(effect.detail, { code: effect.code });
        return;
      case "stopVoting":
        logger.error(effect.detail, { code: effect.code });
        handler.stopVoting(effect.code, effect.detail);
        return;
      case "execute":
        handler.execute(effect);
        return;
      case "checkBatch":
        handler.checkBatch(effect);
        return;
      case "admitted":
        handler.admitted(effect);
        return;
      case "storeBatch":
        handler.storeBatch(effect);
        return;
      case "dropBatches":
        handler.dropBatches(effect);
        return;
      case "storeBlock":
        handler.storeBlock(effect);
        return;
      case "storeFinal":
        handler.storeFinal(effect);
        return;
      case "loadRange":
        handler.loadRange(effect);
        return;
    }
  }

  #send(to: ValidatorIndex | "all", message: PeerMessage): void {
    const bytes = encode(peerMessage, message);
    const traffic = BULK_KINDS.has(message.kind) ? "bulk" : "control";
    if (to !== "all") {
      this.#options.transport.send(to, bytes, traffic);
      return;
    }
    for (let peer = 0; peer < this.#options.validatorCount; peer++) {
      if (peer !== this.#options.self) this.#options.transport.send(peer, bytes, traffic);
    }
  }

  #signBatch({ bodyBytes }: EffectOf<"signBatch">): void {
    const digest = batchHash(this.#options.hasher, bodyBytes);
    const signature = this.#options.voteSigner.signBatch(digest);
    const read = readBatch(concatBytes(bodyBytes, signature));
    const batch = present(read.ok ? read.value : undefined, "an own batch is well-formed");
    this.push({ kind: "batchSigned", batch });
  }

  /** CON-W2, W4: what a vote rests on is in the flushed log before the vote is recorded. */
  #castVote(request: VoteRequest): void {
    const cast = () => {
      if (this.#isStopped) return;
      this.#options.voteSigner.cast(request, (outcome) => {
        if (outcome.ok) this.push({ kind: "voteCast", vote: outcome.vote });
        else {
          const { statement } = request;
          this.#options.logger.error("the signer refused a vote", {
            reason: outcome.reason,
            view: statement.view,
            kind: statement.kind,
            blockHash: toHex(statement.blockHash),
          });
          this.push({ kind: "voteRefused", statement, reason: outcome.reason });
        }
      });
    };
    if (request.statement.kind === VOTE_KIND.nullify) cast();
    else this.#options.handler.flushLog(cast);
  }

  #wake(atMs: number): void {
    this.#cancelWake();
    const delayMs = Math.max(0, atMs - this.#time.nowMs());
    this.#cancelWake = this.#options.clock.after(delayMs, () => this.push({ kind: "tick" }));
  }

  #report(peer: ValidatorIndex, code: string, detail: string, disconnect: boolean): void {
    this.#options.logger.warn(`validator ${peer}: ${detail}`, { code, peer, disconnect });
    this.#options.metrics.count("fondaco_p2p_violations_total", 1, { code });
    if (disconnect) this.#options.transport.disconnect(peer, code, CUT_OFF_MS);
  }
}
