import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Of a ping or pong from a client, beside what it carries: two bytes of head, four of mask. */
const CONTROL_HEAD_SIZE_BYTES = 6;

interface Sender {
  readonly raw: WebSocket;
  /** What it has sent since its last whole message. */
  sizeBytes: number;
}

/**
 * Messages of all sockets that are still coming: they are kept in memory until they end. Where all
 * together are too large, the socket that holds most is ended, never one for what others hold.
 */
export class WsIntake {
  readonly #senders = new Set<Sender>();
  #sizeBytes = 0;

  constructor(readonly sizeBytesMax: number) {}

  /** Counts what a socket sends. The result is called when it has ended a message. */
  watch(raw: WebSocket, stream: Duplex): () => void {
    const sender: Sender = { raw, sizeBytes: 0 };
    this.#senders.add(sender);
    // Before ws sees the bytes, which may make a message whole.
    stream.prependListener("data", (chunk: Buffer) => {
      if (!this.#senders.has(sender)) return;
      this.#count(sender, chunk.length);
      if (this.#sizeBytes > this.sizeBytesMax) this.#endLargest();
    });
    // They may stand between the parts of a message, which they do not end.
    const control = (data: Buffer) =>
      this.#count(sender, -Math.min(sender.sizeBytes, data.length + CONTROL_HEAD_SIZE_BYTES));
    raw.on("ping", control);
    raw.on("pong", control);
    raw.on("close", () => this.#forget(sender));
    return () => this.#count(sender, -sender.sizeBytes);
  }

  #count(sender: Sender, sizeBytes: number): void {
    sender.sizeBytes += sizeBytes;
    this.#sizeBytes += sizeBytes;
  }

  #forget(sender: Sender): void {
    this.#count(sender, -sender.sizeBytes);
    this.#senders.delete(sender);
  }

  #endLargest(): void {
    let largest: Sender | undefined;
    for (const sender of this.#senders) {
      if (largest === undefined || sender.sizeBytes > largest.sizeBytes) largest = sender;
    }
    if (largest === undefined) return;
    this.#forget(largest);
    largest.raw.terminate();
  }
}
