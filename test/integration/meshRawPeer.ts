import { connect, type TLSSocket } from "node:tls";
import { createNobleSigner, nobleHasher } from "../../src/crypto/noble/index.js";
import { createTlsIdentity } from "../../src/network/certificate.js";
import { tlsOptions } from "../../src/network/context.js";
import { encodeFrame, FRAME, FrameReader, type FrameType } from "../../src/network/frames.js";
import { encodeHello, type Hello } from "../../src/network/hello.js";
import { decodeRefusal } from "../../src/network/refusals.js";
import { PROTOCOL_VERSION } from "../../src/types/block.js";
import { GENESIS, seedOf } from "./meshKit.js";

/** One hand-driven socket to a mesh, for all that a well-behaved mesh never does. */
export class RawSocket {
  readonly frames: { readonly type: FrameType; readonly body: Uint8Array }[] = [];
  bytesReceived = 0;
  isClosed = false;
  #waiters: { readonly holds: () => boolean; readonly done: () => void }[] = [];

  private constructor(readonly socket: TLSSocket) {
    const reader = new FrameReader({ header: () => undefined, firstByte: () => undefined });
    socket.on("data", (chunk: Uint8Array) => {
      this.bytesReceived += chunk.length;
      reader.push(chunk, (type, body) => {
        this.frames.push({ type, body });
        return true;
      });
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  static dial(port: number, tlsSeed: Uint8Array, options: object = {}): Promise<RawSocket> {
    const identity = createTlsIdentity(tlsSeed);
    const socket = connect({ ...tlsOptions(identity), host: "127.0.0.1", port, ...options });
    const raw = new RawSocket(socket);
    return new Promise((resolve, reject) => {
      socket.once("secureConnect", () => resolve(raw));
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("closed before TLS stood")));
    });
  }

  exporter(label = "fondaco-hello", size = 32): Uint8Array {
    return new Uint8Array(this.socket.exportKeyingMaterial(size, label, Buffer.alloc(0)));
  }

  hello(
    changes: Partial<Hello> & { consensusSeed?: Uint8Array; exporter?: Uint8Array } = {},
  ): void {
    const { consensusSeed, exporter, ...claims } = changes;
    const hello = {
      genesisHash: GENESIS,
      protocolVersion: PROTOCOL_VERSION,
      validatorIndex: 1,
      traffic: "control" as const,
      session: new Uint8Array(16).fill(5),
      softwareVersion: "raw",
      ...claims,
    };
    const signer = createNobleSigner(consensusSeed ?? seedOf("consensus", 1));
    this.write(FRAME.hello, encodeHello(hello, exporter ?? this.exporter(), nobleHasher, signer));
  }

  write(type: FrameType, body: Uint8Array): void {
    this.socket.write(encodeFrame(type, body));
  }

  has(type: FrameType): Promise<void> {
    return this.until(() => this.frames.some((frame) => frame.type === type));
  }

  closed(): Promise<void> {
    return this.until(() => this.isClosed);
  }

  /** Codes of the refusals that were received. */
  get refusals(): (string | undefined)[] {
    const refusals = this.frames.filter(({ type }) => type === FRAME.refuse);
    return refusals.map(({ body }) => decodeRefusal(body)?.code);
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((done) => this.#waiters.push({ holds, done }));
  }

  #wake(): void {
    const ready = this.#waiters.filter(({ holds }) => holds());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { done } of ready) done();
  }
}

/** A complete link of validator 1 to the mesh of validator 0. */
export async function rawLink(
  port: number,
): Promise<{ readonly control: RawSocket; readonly bulk: RawSocket }> {
  const control = await RawSocket.dial(port, seedOf("tls", 1));
  control.hello();
  await control.has(FRAME.accept);
  const bulk = await RawSocket.dial(port, seedOf("tls", 1));
  bulk.hello({ traffic: "bulk", session: control.exporter("fondaco-link", 16) });
  await bulk.has(FRAME.accept);
  return { control, bulk };
}
