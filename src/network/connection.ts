import type { TLSSocket } from "node:tls";
import { assert } from "../base/assert.js";
import { LIMITS } from "../base/limits.js";
import type { Clock } from "../ports/clock.js";
import type { Metrics } from "../ports/metrics.js";
import type { TrafficClass } from "../ports/transport.js";
import {
  encodeFrame,
  FRAME,
  FRAME_HEADER_SIZE_BYTES,
  FrameReader,
  type FrameType,
} from "./frames.js";
import { EXPORTER_SIZE_BYTES, SESSION_SIZE_BYTES } from "./hello.js";
import { classSizeBytesMax, messageSizeBytesMax } from "./messageLimits.js";
import { Outbox } from "./outbox.js";
import { decodeRefusal, encodeRefusal, isTold, type LinkCode } from "./refusals.js";
import { TokenBucket } from "./tokenBucket.js";
import { BURST_SECONDS, type MeshTuning } from "./tuning.js";

/** How long the other side may take to read why it was refused. */
const LINGER_MS = 1_000;
const EMPTY = new Uint8Array(0);

export interface ConnectionContext {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tuning: MeshTuning;
}

export interface ConnectionEvents {
  hello(body: Uint8Array): void;
  accept(): void;
  message(body: Uint8Array): void;
  rtt(ms: number): void;
  /** Once. `by` says who ended it; `detail` is a phrase for a log. */
  closed(code: LinkCode, detail: string, by: "us" | "peer"): void;
}

/**
 * One TLS socket whose key has been compared with the registry. It frames, bounds, queues and
 * watches; who the peer is and which socket is used, its {@link ConnectionEvents} decide.
 */
export class Connection {
  readonly #socket: TLSSocket;
  readonly #context: ConnectionContext;
  readonly #events: ConnectionEvents;
  readonly #outbox: Outbox;
  readonly #reader: FrameReader;
  #phase: "handshake" | "live" | "closed" = "handshake";
  #traffic: TrafficClass = "control";
  #cancelTimer: () => void;
  #frameBucket: TokenBucket | undefined;
  #byteBucket: TokenBucket | undefined;
  #heard = false;
  #silentTicks = 0;
  #pingSentAtMs: number | undefined;
  #framesReceived = 0;
  #bytesReceived = 0;
  #counted = { framesSent: 0, bytesSent: 0, framesReceived: 0, bytesReceived: 0 };
  readonly remoteAddress: string;
  /** 32 bytes that only the two ends of this TLS channel know (RFC 8446, 7.5). */
  readonly exporter: Uint8Array;
  /** Names this channel in the hello of its bulk sibling. */
  readonly linkId: Uint8Array;

  constructor(socket: TLSSocket, context: ConnectionContext, events: ConnectionEvents) {
    this.#socket = socket;
    this.#context = context;
    this.#events = events;
    this.remoteAddress = socket.remoteAddress ?? "";
    const none = Buffer.alloc(0);
    const hello = socket.exportKeyingMaterial(EXPORTER_SIZE_BYTES, "fondaco-hello", none);
    const link = socket.exportKeyingMaterial(SESSION_SIZE_BYTES, "fondaco-link", none);
    this.exporter = new Uint8Array(hello);
    this.linkId = new Uint8Array(link);
    this.#outbox = new Outbox(socket, context.clock, () => {
      // A bulk socket that takes our bytes is alive, even if its answers wait behind others.
      if (this.#traffic === "bulk") this.#heard = true;
    });
    this.#outbox.sizeBytesMax = LIMITS.controlQueueSizeBytesMax;
    this.#reader = new FrameReader({
      header: (type, sizeBytes) => this.#judgeHeader(type, sizeBytes),
      firstByte: (type, byte, sizeBytes) =>
        type === FRAME.message && sizeBytes > messageSizeBytesMax(byte, this.#traffic)
          ? "OVERSIZED"
          : undefined,
    });
    this.#cancelTimer = context.clock.after(context.tuning.handshakeMs, () =>
      this.close("TIMEOUT", "the hello exchange took too long"),
    );
    socket.on("data", (chunk: Uint8Array) => this.#read(chunk));
    socket.on("error", (error) => this.#gone(error.message));
    socket.on("close", () => this.#gone("the peer closed the socket"));
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
  }

  get pendingBytes(): number {
    return this.#outbox.pendingBytes;
  }

  /** A frame of the handshake. */
  sendHandshake(type: FrameType, body: Uint8Array = EMPTY): void {
    this.#outbox.push(type, body);
  }

  /** False when the queue is full or the connection is not live. */
  sendMessage(body: Uint8Array): boolean {
    return this.#phase === "live" && this.#outbox.push(FRAME.message, body);
  }

  /** Both sides know each other: messages flow, rates are limited, pings begin. */
  goLive(traffic: TrafficClass): void {
    assert(this.#phase === "handshake", "a connection goes live once");
    const nowMs = this.#context.clock.nowMs();
    const { framesPerSecond, bytesPerSecond } = this.#context.tuning.rates[traffic];
    this.#frameBucket = new TokenBucket(framesPerSecond, framesPerSecond * BURST_SECONDS, nowMs);
    this.#byteBucket = new TokenBucket(bytesPerSecond, bytesPerSecond * BURST_SECONDS, nowMs);
    this.#outbox.sizeBytesMax =
      traffic === "control" ? LIMITS.controlQueueSizeBytesMax : LIMITS.bulkQueueSizeBytesMax;
    this.#traffic = traffic;
    this.#phase = "live";
    this.#cancelTimer();
    this.#startTick();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#phase !== "closed") this.#socket.resume();
  }

  /** Ends the connection and tells the peer why. */
  close(code: LinkCode, detail: string): void {
    if (!this.#end(code, detail, "us")) return;
    if (!isTold(code) || this.#socket.destroyed) {
      this.#socket.destroy();
      return;
    }
    // What still comes is dropped, or the kernel would answer it with a reset that eats our words.
    this.#socket.resume();
    this.#socket.end(encodeFrame(FRAME.refuse, encodeRefusal({ code, detail })));
    this.#linger();
  }

  /** Ends the connection at once and in silence. */
  destroy(code: LinkCode, detail: string): void {
    this.#end(code, detail, "us");
    this.#socket.destroy();
  }

  #linger(): void {
    this.#socket.once(
      "close",
      this.#context.clock.after(LINGER_MS, () => this.#socket.destroy()),
    );
  }

  #gone(detail: string): void {
    this.#end("CLOSED", detail, "peer");
    this.#socket.destroy();
  }

  #end(code: LinkCode, detail: string, by: "us" | "peer"): boolean {
    if (this.#phase === "closed") return false;
    this.#countTraffic();
    this.#phase = "closed";
    this.#cancelTimer();
    this.#outbox.close();
    this.#events.closed(code, detail, by);
    return true;
  }

  #read(chunk: Uint8Array): void {
    if (this.#phase === "closed") return;
    this.#heard = true;
    const fault = this.#reader.push(chunk, (type, body) => {
      this.#framesReceived++;
      this.#bytesReceived += FRAME_HEADER_SIZE_BYTES + body.length;
      this.#handle(type, body);
      return !this.isClosed;
    });
    if (fault !== undefined) this.close(fault, FAULT_TEXTS[fault]);
  }

  #judgeHeader(
    type: FrameType,
    sizeBytes: number,
  ): "OVERSIZED" | "MALFORMED" | "FLOOD" | undefined {
    if (this.#phase === "live") {
      const nowMs = this.#context.clock.nowMs();
      const frameSizeBytes = FRAME_HEADER_SIZE_BYTES + sizeBytes;
      if (type === FRAME.message) {
        if (sizeBytes === 0) return "MALFORMED";
        if (sizeBytes > classSizeBytesMax(this.#traffic)) return "OVERSIZED";
      } else if (type === FRAME.refuse) {
        if (sizeBytes > LIMITS.handshakeFrameSizeBytesMax) return "OVERSIZED";
      } else if (type === FRAME.hello || type === FRAME.accept || sizeBytes > 0) {
        return "MALFORMED";
      }
      const within =
        this.#frameBucket?.take(1, nowMs) && this.#byteBucket?.take(frameSizeBytes, nowMs);
      return within ? undefined : "FLOOD";
    }
    const isExpected = type === FRAME.hello || type === FRAME.refuse;
    if (!isExpected && (type !== FRAME.accept || sizeBytes > 0)) return "MALFORMED";
    return sizeBytes > LIMITS.handshakeFrameSizeBytesMax ? "OVERSIZED" : undefined;
  }

  #handle(type: FrameType, body: Uint8Array): void {
    switch (type) {
      case FRAME.message:
        this.#events.message(body);
        return;
      case FRAME.hello:
        this.#events.hello(body);
        return;
      case FRAME.accept:
        this.#events.accept();
        return;
      case FRAME.refuse: {
        const refusal = decodeRefusal(body);
        const detail = refusal?.detail || "no reason was given";
        this.#end(refusal?.code ?? "CLOSED", detail, "peer");
        this.#socket.end();
        this.#linger();
        return;
      }
      case FRAME.ping:
        // A peer that sends pings and reads no pongs gets no more of them.
        this.#outbox.pushFirst(FRAME.pong, body);
        return;
      case FRAME.pong:
        if (this.#pingSentAtMs !== undefined) {
          const ms = this.#context.clock.nowMs() - this.#pingSentAtMs;
          this.#pingSentAtMs = undefined;
          // Outside this range the clock was set in between.
          if (ms >= 0 && ms < this.#context.tuning.deadAfterMs[this.#traffic]) this.#events.rtt(ms);
        }
    }
  }

  /** Counts in ticks, not by the clock: a stalled process then does not take its peers for dead. */
  #startTick(): void {
    const { pingMs, deadAfterMs } = this.#context.tuning;
    this.#cancelTimer = this.#context.clock.after(pingMs[this.#traffic], () => {
      this.#countTraffic();
      this.#silentTicks = this.#heard ? 0 : this.#silentTicks + 1;
      this.#heard = false;
      if (this.#silentTicks * pingMs[this.#traffic] >= deadAfterMs[this.#traffic]) {
        this.close("DEAD", `nothing was heard for ${deadAfterMs[this.#traffic]} ms`);
        return;
      }
      if (this.#pingSentAtMs === undefined) {
        this.#pingSentAtMs = this.#context.clock.nowMs();
        this.#outbox.pushFirst(FRAME.ping, EMPTY);
      }
      this.#startTick();
    });
  }

  /** Counters go to the metrics once a tick, not once a frame. */
  #countTraffic(): void {
    const { framesSent, bytesSent } = this.#outbox;
    const now = {
      framesSent,
      bytesSent,
      framesReceived: this.#framesReceived,
      bytesReceived: this.#bytesReceived,
    };
    const before = this.#counted;
    this.#counted = now;
    const { metrics } = this.#context;
    const sent = { direction: "sent", traffic: this.#traffic };
    const received = { direction: "received", traffic: this.#traffic };
    metrics.count("fondaco_p2p_frames_total", framesSent - before.framesSent, sent);
    metrics.count("fondaco_p2p_bytes_total", bytesSent - before.bytesSent, sent);
    const { framesReceived, bytesReceived } = now;
    metrics.count("fondaco_p2p_frames_total", framesReceived - before.framesReceived, received);
    metrics.count("fondaco_p2p_bytes_total", bytesReceived - before.bytesReceived, received);
  }
}

const FAULT_TEXTS = {
  OVERSIZED: "a frame was longer than its kind allows",
  MALFORMED: "a frame that the protocol does not know",
  FLOOD: "more frames or bytes than a validator ever sends",
} as const;
