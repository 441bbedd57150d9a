/** A gateway over the fake node, and a bare JSON-RPC client that shows every frame. */

import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import { loginSignBytes } from "../../src/api/index.js";
import { toHex } from "../../src/base/bytes.js";
import { type Wallet, walletFrom } from "../../src/client/index.js";
import { nobleBatchVerifier, nobleHasher } from "../../src/crypto/noble/index.js";
import { type Gateway, type GatewayOptions, startGateway } from "../../src/gateway/index.js";
import type { Clock } from "../../src/ports/clock.js";
import type { LogFields } from "../../src/ports/logger.js";
import { silentMetrics } from "../../src/ports/metrics.js";
import { type AccountName, genesisHash, idOf, seedOf, signerOf, textOf } from "./fakeNetwork.js";
import { FakeNode } from "./fakeNodeApi.js";

const clock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  soon: (callback) => {
    setImmediate(callback);
  },
};

export interface Harness {
  readonly node: FakeNode;
  readonly gateway: Gateway;
  /** Errors that the gateway logged: a test that expects none says so. */
  readonly errors: { readonly message: string; readonly fields: LogFields | undefined }[];
  socket(options?: { readonly headers?: Record<string, string> }): Promise<RawSocket>;
  post(body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export async function startHarness(
  options: Partial<GatewayOptions> & { readonly listener: "uws" | "ws" },
): Promise<Harness> {
  const node = new FakeNode();
  const errors: { message: string; fields: LogFields | undefined }[] = [];
  const gateway = await startGateway({
    node,
    clock,
    entropy: { randomBytes: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)) },
    logger: {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (message, fields) => errors.push({ message, fields }),
    },
    metrics: silentMetrics,
    hasher: nobleHasher,
    verifier: nobleBatchVerifier,
    port: 0,
    mode: "scoped",
    ...options,
  });
  const open = new Set<RawSocket>();
  return {
    node,
    gateway,
    errors,
    socket: async (socketOptions) => {
      const socket = await RawSocket.open(gateway.wsUrl, socketOptions);
      open.add(socket);
      return socket;
    },
    post: (body, headers = {}) =>
      fetch(`${gateway.httpUrl}/rpc`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      }),
    close: async () => {
      for (const socket of open) socket.terminate();
      await gateway.close();
    },
  };
}

export interface Frame {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { code: number; message: string; data: Record<string, unknown> };
}

export interface EventParams {
  readonly handle: number;
  readonly prev: string;
  readonly cursor: string;
  readonly items: readonly { readonly cursor: string; readonly header?: { height: number } }[];
}

/** A failed call, with the name of its error as message. */
export class RpcFailure extends Error {
  constructor(readonly frame: NonNullable<Frame["error"]>) {
    super(String(frame.data.name));
  }
}

export class RawSocket {
  readonly frames: Frame[] = [];
  /** `sub.event` notifications by handle. */
  readonly events = new Map<number, EventParams[]>();
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #lastId = 0;
  readonly #listeners = new Set<() => void>();

  private constructor(readonly raw: WebSocket) {
    this.closed = new Promise((resolve) => {
      raw.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    raw.on("error", () => {});
    raw.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      this.frames.push(frame);
      if (frame.method === "sub.event") {
        const event = frame.params as unknown as EventParams;
        this.events.set(event.handle, [...(this.events.get(event.handle) ?? []), event]);
      }
      this.#wake();
    });
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  static async open(
    url: string,
    options: { readonly headers?: Record<string, string> } = {},
  ): Promise<RawSocket> {
    const socket = new RawSocket(new WebSocket(url, options));
    await new Promise<void>((resolve, reject) => {
      socket.raw.once("open", resolve);
      socket.raw.once("error", reject);
      socket.raw.once("unexpected-response", (_request, response) => {
        reject(new Error(`HTTP ${response.statusCode}`));
      });
    });
    await socket.until((frame) => frame.method === "hello");
    return socket;
  }

  /** The first frame, of those here and those to come, that `wanted` accepts. */
  async until(wanted: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(wanted);
      if (found !== undefined) return found;
      if (this.raw.readyState >= WebSocket.CLOSING) throw new Error("the socket is closed");
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  get hello(): Record<string, unknown> {
    return this.frames.find(({ method }) => method === "hello")?.params ?? {};
  }

  send(text: string): void {
    this.raw.send(text);
  }

  async frame(method: string, params?: unknown): Promise<Frame> {
    this.#lastId++;
    const id = `t${this.#lastId}`;
    this.send(
      JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) }),
    );
    return this.until((frame) => frame.id === id);
  }

  /** The result, as it stands; a failure is thrown. */
  async call<T = Record<string, never>>(method: string, params?: unknown): Promise<T> {
    const frame = await this.frame(method, params);
    if (frame.error !== undefined) throw new RpcFailure(frame.error);
    return frame.result as T;
  }

  /** Logs in; signs with the keys of `signers`, or of the account's own name. */
  login(
    name: AccountName,
    signers: readonly string[] = [name],
    host?: string,
  ): Promise<LoginResult> {
    const message = loginSignBytes(nobleHasher, {
      genesisHash,
      nonce: new Uint8Array(Buffer.from(String(this.hello.nonce), "base64url")),
      host: host ?? new URL(this.raw.url).host,
      account: idOf(name),
    });
    return this.call("auth.login", {
      account: textOf(name),
      signatures: signers.map((signer) => ({
        publicKey: toHex(signerOf(signer).publicKey),
        signature: toHex(signerOf(signer).sign(message)),
      })),
    });
  }

  terminate(): void {
    this.raw.terminate();
  }
}

export interface LoginResult {
  readonly token: string;
  readonly organisation: number;
  readonly isAuditor: boolean;
}

export const walletOf = (name: AccountName): Wallet => walletFrom(idOf(name), seedOf(name));
