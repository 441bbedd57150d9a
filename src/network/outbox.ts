import type { Clock } from "../ports/clock.js";
import { FRAME_HEADER_SIZE_BYTES, type FrameType, writeFrameHeader } from "./frames.js";

/** One write to the socket holds about this much: some TLS records, and few calls. */
const BLOCK_SIZE_BYTES = 256 * 1024;
/** Given to the socket and not yet taken by the kernel; more would only wait elsewhere. */
const IN_FLIGHT_SIZE_BYTES_MAX = 2 * BLOCK_SIZE_BYTES;
/** Taken frames are dropped from the list's front when there are this many. */
const COMPACT_AT = 1_024;

/** Pings and pongs that wait: with more, nobody reads what is sent. */
const URGENT_FRAMES_MAX = 64;

interface Queued {
  readonly type: FrameType;
  readonly body: Uint8Array;
}

export interface ByteSink {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
}

/**
 * Bounded queue of one socket. Frames that are queued in one turn become one write; a socket that
 * does not take its bytes fills this queue and nothing else.
 */
export class Outbox {
  readonly #sink: ByteSink;
  readonly #clock: Clock;
  readonly #onProgress: () => void;
  #frames: Queued[] = [];
  #head = 0;
  /** Small frames of the link itself: they leave before all others, in their own order. */
  #urgent: Queued[] = [];
  #queuedBytes = 0;
  #inFlightBytes = 0;
  #scheduled = false;
  #closed = false;
  sizeBytesMax = 0;
  framesSent = 0;
  bytesSent = 0;

  constructor(sink: ByteSink, clock: Clock, onProgress: () => void) {
    this.#sink = sink;
    this.#clock = clock;
    this.#onProgress = onProgress;
  }

  /** Bytes that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#queuedBytes + this.#inFlightBytes;
  }

  /** Queues a frame; false when the queue is full. `body` must not change afterwards. */
  push(type: FrameType, body: Uint8Array): boolean {
    const size = FRAME_HEADER_SIZE_BYTES + body.length;
    if (this.#closed || this.pendingBytes + size > this.sizeBytesMax) return false;
    this.#frames.push({ type, body });
    this.#queued(size);
    return true;
  }

  /**
   * Puts a small frame of the link itself before all others, whatever waits. False, and nothing is
   * queued, where many of them wait already: the other end reads nothing.
   */
  pushFirst(type: FrameType, body: Uint8Array): boolean {
    if (this.#closed || this.#urgent.length >= URGENT_FRAMES_MAX) return false;
    this.#urgent.push({ type, body });
    this.#queued(FRAME_HEADER_SIZE_BYTES + body.length);
    return true;
  }

  /** Drops what waits. Nothing is written any more. */
  close(): void {
    this.#closed = true;
    this.#frames = [];
    this.#urgent = [];
    this.#head = 0;
    this.#queuedBytes = 0;
  }

  #queued(sizeBytes: number): void {
    this.#queuedBytes += sizeBytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.soon(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#closed && this.#queuedBytes > 0) {
      if (this.#inFlightBytes >= IN_FLIGHT_SIZE_BYTES_MAX) return;
      const block = this.#takeBlock();
      this.#queuedBytes -= block.length;
      this.#inFlightBytes += block.length;
      this.bytesSent += block.length;
      this.#sink.write(block, (error) => {
        this.#inFlightBytes -= block.length;
        if (error) return;
        this.#onProgress();
        this.#pump();
      });
    }
  }

  /** At least one frame, and as many as a block holds. */
  #takeBlock(): Uint8Array {
    const taken = this.#urgent;
    this.#urgent = [];
    let sizeBytes = 0;
    for (const { body } of taken) sizeBytes += FRAME_HEADER_SIZE_BYTES + body.length;
    let end = this.#head;
    while (end < this.#frames.length) {
      const size = FRAME_HEADER_SIZE_BYTES + (this.#frames[end] as Queued).body.length;
      if (sizeBytes > 0 && sizeBytes + size > BLOCK_SIZE_BYTES) break;
      sizeBytes += size;
      taken.push(this.#frames[end] as Queued);
      end++;
    }
    const block = Buffer.allocUnsafe(sizeBytes);
    let offset = 0;
    for (const { type, body } of taken) {
      writeFrameHeader(block, offset, type, body.length);
      block.set(body, offset + FRAME_HEADER_SIZE_BYTES);
      offset += FRAME_HEADER_SIZE_BYTES + body.length;
      this.framesSent++;
    }
    this.#dropTaken(end);
    return block;
  }

  #dropTaken(end: number): void {
    if (end === this.#frames.length) {
      this.#frames = [];
      this.#head = 0;
      return;
    }
    for (let i = this.#head; i < end; i++) this.#frames[i] = TAKEN;
    this.#head = end;
    if (end > COMPACT_AT && end * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(end);
      this.#head = 0;
    }
  }
}

/** Stands where a frame was taken, so that its bytes can be freed. */
const TAKEN: Queued = { type: 0, body: new Uint8Array(0) };
