/**
 * One connection to a node that heals itself: requests wait for it, are asked again after a loss
 * (each method has the same effect twice as once), and listeners hear of every new session.
 */

import {
  ApiError,
  bytesFromText,
  CLOSE_CODES,
  checkNotification,
  isErrorName,
  LOGIN_NONCE_SIZE_BYTES,
  loginSignBytes,
  METHODS,
  type MethodName,
  type NotificationParams,
  type ParamsOf,
  type ResultOf,
} from "../api/index.js";
import { fromHex, toHex } from "../base/bytes.js";
import { nobleHasher } from "../crypto/noble/index.js";
import { ClientError } from "./errors.js";
import { accountToText, type Wallet } from "./keys.js";
import { socketAddress, type WebSocketConstructor, type WebSocketLike } from "./webSocket.js";

export type Hello = NotificationParams<"hello">;

export interface ConnectionOptions {
  /** Nodes to connect to; the first that answers is kept until it is lost. */
  readonly urls: readonly string[];
  readonly webSocket: WebSocketConstructor;
  /** 64 hexadecimal digits: a node of another network is refused before anything is sent. */
  readonly genesisHash: string | undefined;
  readonly login: Wallet | undefined;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** How long a request waits for its answer, reconnects included. */
  readonly requestTimeoutMs: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** As {@link CallOptions}, for the SDK itself. */
interface InnerCallOptions<R> extends CallOptions {
  /**
   * Called with the result before the next message is looked at. A promise would be too late: ws
   * hands over all messages of one packet at once, the first items with the answer to `sub.open`.
   */
  readonly onResult?: (result: R) => void;
}

export interface SessionListener {
  /** A new session is ready (logged in); `hello` is its node's. */
  opened(hello: Hello): void;
  notification(name: string, params: unknown): void;
  lost(): void;
  /** No further session will come. */
  ended(error: ClientError): void;
}

interface Pending {
  readonly id: number;
  readonly text: string;
  /** Whether it may be asked again on another session. */
  readonly isRepeatable: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  isSent: boolean;
}

/** A session that lasted this long was a good one: the next back-off starts from the beginning. */
const HEALTHY_MS = 30_000;
const MISSED_BEATS_MAX = 3;
/** From opening a socket to a session: a node that accepts and says nothing is left. */
const HANDSHAKE_MS = 10_000;
/** Version of the protocol that this SDK speaks. */
const PROTOCOL = 1;
/** Reasons for which the same node, or any, would refuse again. */
const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([
  CLOSE_CODES.policy.code,
  CLOSE_CODES.tooLarge.code,
]);

interface RpcErrorJson {
  readonly message?: unknown;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The error that a node answered. */
export function errorFromJson(error: RpcErrorJson): ApiError | ClientError {
  const { name, retry: _retry, ...data } = error.data ?? {};
  const message = typeof error.message === "string" ? error.message : "The node gave no reason.";
  if (!isErrorName(name)) return new ClientError("PROTOCOL", message);
  return new ApiError(name, message, data as ConstructorParameters<typeof ApiError>[2]);
}

export class Connection {
  #socket: WebSocketLike | undefined;
  #hello: Hello | undefined;
  #genesisHash: string | undefined;
  #isReady = false;
  #isWatched = false;
  #end: ClientError | undefined;
  #lastId = 0;
  #attempts = 0;
  #urlIndex = 0;
  #openedMs = 0;
  readonly #pending = new Map<number, Pending>();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #handshakeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly options: ConnectionOptions,
    readonly listener: SessionListener,
  ) {}

  /** What the node of the present session said first. */
  get hello(): Hello | undefined {
    return this.#isReady ? this.#hello : undefined;
  }

  start(): void {
    this.#connect();
  }

  close(): void {
    this.#finish(new ClientError("CONNECTION_CLOSED", "The connection was closed."));
  }

  /** Whether beats are expected: only sockets with subscriptions get them. */
  watchBeats(isWatched: boolean): void {
    this.#isWatched = isWatched;
    this.#restartSilence();
  }

  /**
   * Calls a method.
   *
   * @throws {ApiError} What the node answered; {@link ClientError} TIMEOUT, CONNECTION_LOST or
   * CONNECTION_CLOSED; or the signal's reason.
   */
  call<M extends MethodName>(
    method: M,
    params: ParamsOf<M>,
    options: InnerCallOptions<ResultOf<M>> = {},
  ): Promise<ResultOf<M>> {
    const isRepeatable = !METHODS[method].socketOnly;
    return this.#request(
      method,
      params,
      isRepeatable,
      options as InnerCallOptions<unknown>,
    ) as Promise<ResultOf<M>>;
  }

  #request(
    method: string,
    params: unknown,
    isRepeatable: boolean,
    { signal, timeoutMs = this.options.requestTimeoutMs, onResult }: InnerCallOptions<unknown>,
  ): Promise<unknown> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#lastId++;
    const id = this.#lastId;
    const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve, reject) => {
      const onAbort = () => settle(() => reject(signal?.reason as Error));
      const timer = setTimeout(() => {
        const words = `No answer to ${method} within ${timeoutMs} ms.`;
        settle(() => reject(new ClientError("TIMEOUT", words, { method, timeoutMs })));
      }, timeoutMs);
      const settle = (how: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(id);
        how();
      };
      signal?.addEventListener("abort", onAbort);
      const pending: Pending = {
        id,
        text,
        isRepeatable,
        resolve: (value) => {
          onResult?.(value);
          settle(() => resolve(value));
        },
        reject: (error) => settle(() => reject(error)),
        isSent: false,
      };
      this.#pending.set(id, pending);
      if (this.#isReady || method === "auth.login") this.#send(pending);
      else if (!isRepeatable) {
        pending.reject(new ClientError("CONNECTION_LOST", "There is no connection just now."));
      }
    });
  }

  #send(pending: Pending): void {
    pending.isSent = true;
    try {
      this.#socket?.send(pending.text);
    } catch {
      // The close event follows and puts the request back in the queue.
    }
  }

  #connect(): void {
    this.#retryTimer = undefined;
    const { urls, webSocket: Socket } = this.options;
    const { url, host } = socketAddress(urls[this.#urlIndex % urls.length] as string);
    let socket: WebSocketLike;
    try {
      socket = new Socket(url);
    } catch (error) {
      const words = "The platform refuses to open a WebSocket to this URL.";
      this.#finish(new ClientError("BAD_ARGUMENT", words, { url }, { cause: error }));
      return;
    }
    this.#socket = socket;
    this.#handshakeTimer = setTimeout(() => this.#drop(1006, "no greeting"), HANDSHAKE_MS);
    const isCurrent = () => this.#socket === socket;
    socket.onmessage = (event: { readonly data?: unknown }) => {
      if (isCurrent() && typeof event.data === "string") this.#received(event.data, host);
    };
    socket.onclose = (event: { readonly code?: number; readonly reason?: string }) => {
      if (isCurrent()) this.#lost(event.code ?? 1006, event.reason ?? "");
    };
    // An error is always followed by a close.
    socket.onerror = () => {};
  }

  #drop(code: number, reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#lost(code, reason);
    try {
      socket.close();
    } catch {
      // It was closed already.
    }
  }

  #lost(code: number, reason: string): void {
    this.#socket = undefined;
    const wasReady = this.#isReady;
    this.#isReady = false;
    this.#hello = undefined;
    clearTimeout(this.#handshakeTimer);
    clearTimeout(this.#silenceTimer);
    const isFinal = FINAL_CLOSE_CODES.has(code);
    for (const pending of [...this.#pending.values()]) {
      if (pending.isRepeatable && !isFinal) pending.isSent = false;
      else {
        const words = "The connection was lost before the answer came.";
        pending.reject(new ClientError("CONNECTION_LOST", words, { closeCode: code }));
      }
    }
    if (wasReady) this.listener.lost();
    if (this.#end !== undefined) return;
    if (isFinal) {
      const words = `The node closed the connection for good: ${reason || code}.`;
      this.#finish(new ClientError("CONNECTION_CLOSED", words, { closeCode: code }));
      return;
    }
    if (wasReady && Date.now() - this.#openedMs > HEALTHY_MS) this.#attempts = 0;
    this.#urlIndex++;
    this.#attempts++;
    // Full jitter, so that the clients of a node that restarts do not come back all at once.
    const { backoffMinMs, backoffMaxMs } = this.options;
    const ceilingMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#attempts, 16));
    this.#retryTimer = setTimeout(() => this.#connect(), Math.random() * ceilingMs);
  }

  #finish(error: ClientError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#handshakeTimer);
    clearTimeout(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isReady = false;
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    this.listener.ended(error);
    try {
      socket?.close(CLOSE_CODES.normal.code, "done");
    } catch {
      // It was closed already.
    }
  }

  #received(text: string, host: string): void {
    this.#restartSilence();
    let message: {
      readonly id?: unknown;
      readonly method?: unknown;
      readonly params?: unknown;
      readonly result?: unknown;
      readonly error?: RpcErrorJson;
    };
    try {
      message = JSON.parse(text) as typeof message;
    } catch {
      this.#drop(CLOSE_CODES.protocol.code, "a message that is no JSON");
      return;
    }
    if (typeof message !== "object" || message === null) return;
    if (typeof message.method === "string") {
      if (message.method === "hello") this.#greeted(message.params, host);
      else if (this.#isReady) this.listener.notification(message.method, message.params);
      return;
    }
    const pending = typeof message.id === "number" ? this.#pending.get(message.id) : undefined;
    if (pending === undefined) return;
    if (message.error !== undefined) pending.reject(errorFromJson(message.error));
    else pending.resolve(message.result);
  }

  #greeted(params: unknown, host: string): void {
    const hello = checkNotification("hello", params);
    const nonce = hello.ok ? bytesFromText(hello.value.nonce) : undefined;
    if (
      !hello.ok ||
      nonce?.length !== LOGIN_NONCE_SIZE_BYTES ||
      hello.value.protocol.min > PROTOCOL ||
      this.#hello !== undefined
    ) {
      this.#drop(CLOSE_CODES.protocol.code, "a wrong hello");
      return;
    }
    const { genesisHash, networkName } = hello.value;
    // Without one that was given, the first network is the one: cursors and nonces are of it alone.
    this.#genesisHash ??= this.options.genesisHash ?? genesisHash;
    const expected = this.#genesisHash;
    if (expected !== genesisHash) {
      const words = `The node belongs to network ${networkName} (${genesisHash}), not to ${expected}.`;
      this.#finish(new ClientError("WRONG_CHAIN", words, { genesisHash }));
      return;
    }
    this.#hello = hello.value;
    const { login } = this.options;
    if (login === undefined) this.#ready(hello.value);
    else void this.#login(hello.value, nonce, login, host);
  }

  async #login(hello: Hello, nonce: Uint8Array, wallet: Wallet, host: string): Promise<void> {
    const message = loginSignBytes(nobleHasher, {
      genesisHash: fromHex(hello.genesisHash) as Uint8Array,
      nonce,
      host,
      account: wallet.account,
    });
    const signatures = wallet.signers.map((signer) => ({
      publicKey: toHex(signer.publicKey),
      signature: toHex(signer.sign(message)),
    }));
    try {
      await this.call("auth.login", { account: accountToText(wallet.account), signatures });
      this.#ready(hello);
    } catch (error) {
      if (error instanceof ClientError) return;
      // Only a refusal is for good; a node that is not ready is asked again later.
      if (!(error instanceof ApiError) || error.code !== "UNAUTHENTICATED") {
        this.#drop(CLOSE_CODES.tryLater.code, "the login failed");
        return;
      }
      const words = "The node refused the login.";
      this.#finish(new ClientError("CONNECTION_CLOSED", words, {}, { cause: error }));
    }
  }

  #ready(hello: Hello): void {
    this.#isReady = true;
    this.#openedMs = Date.now();
    clearTimeout(this.#handshakeTimer);
    this.#restartSilence();
    for (const pending of this.#pending.values()) if (!pending.isSent) this.#send(pending);
    this.listener.opened(hello);
  }

  /** A link that says nothing although beats are due is dead, whatever the platform believes. */
  #restartSilence(): void {
    clearTimeout(this.#silenceTimer);
    if (!this.#isWatched || !this.#isReady || this.#hello === undefined) return;
    const silenceMs = this.#hello.limits.beatMs * MISSED_BEATS_MAX + 1_000;
    this.#silenceTimer = setTimeout(() => this.#drop(1006, "silent"), silenceMs);
  }
}
