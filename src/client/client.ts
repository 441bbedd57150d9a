/** The client of a node: calls, submission, payments, subscriptions. */

import {
  ApiError,
  bytesToText,
  checkNotification,
  type MethodName,
  type ParamsOf,
  type ResultOf,
  type Topic,
} from "../api/index.js";
import { hexBytes } from "../base/bytes.js";
import { readTransaction } from "../types/transaction.js";
import { type CallOptions, Connection, type Hello } from "./connection.js";
import { ClientError } from "./errors.js";
import type { Wallet } from "./keys.js";
import { NonceChannel, randomChannel } from "./nonces.js";
import { type PaymentRequest, type PaymentResult, pay } from "./payments.js";
import { type SubscribeOptions, Subscription } from "./subscription.js";
import { type WebSocketConstructor, webSocketOf } from "./webSocket.js";

export interface ConnectOptions {
  /** `ws://host:port/ws`, `http://host:port` or `host:port`; several are tried in turn. */
  readonly url: string | readonly string[];
  /** For platforms without a WebSocket (Node 20): the class of the package `ws`. */
  readonly webSocket?: WebSocketConstructor;
  /** Refuse nodes of any other network. */
  readonly genesisHash?: string;
  /** Log in as this account on every session. */
  readonly login?: Wallet;
  /** How long `connect` waits for the first session, and a call for its answer. */
  readonly timeoutMs?: number;
  readonly backoffMinMs?: number;
  readonly backoffMaxMs?: number;
}

export interface SubmitOptions {
  readonly wait?: "none" | "admitted" | "final";
  readonly receipt?: "none" | "full" | "proof";
  /** How long to go on in all, resubmitting the same bytes; until `validUntilMs` if absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type SubmitResult = ResultOf<"tx.submit">;

const DEFAULT_TIMEOUT_MS = 30_000;
/** One wait at the node; a longer one is several. */
const NODE_WAIT_MS = 20_000;
const RETRY_MS = 250;

function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
  });
}

export class FondacoClient {
  readonly #connection: Connection;
  readonly #subscriptions = new Set<Subscription<Topic>>();
  readonly #channels = new Map<string, Promise<NonceChannel>>();
  readonly #opened: ((hello: Hello) => void)[] = [];
  readonly #ended: ((error: ClientError) => void)[] = [];
  #hello: Hello | undefined;

  /** Use {@link connect}. */
  constructor(options: ConnectOptions) {
    this.#connection = new Connection(
      {
        urls: typeof options.url === "string" ? [options.url] : options.url,
        webSocket: webSocketOf(options.webSocket),
        genesisHash: options.genesisHash,
        login: options.login,
        backoffMinMs: options.backoffMinMs ?? 100,
        backoffMaxMs: options.backoffMaxMs ?? 10_000,
        requestTimeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      },
      {
        opened: (hello) => this.#onOpened(hello),
        notification: (name, params) => this.#onNotification(name, params),
        lost: () => {
          for (const subscription of this.#subscriptions) subscription.lost();
        },
        ended: (error) => {
          for (const subscription of [...this.#subscriptions]) subscription.fail(error);
          for (const listener of this.#ended.splice(0)) listener(error);
        },
      },
    );
  }

  /** @internal Opens the first session; rejects if none comes in time. */
  start(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<this> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const words = `No node answered within ${timeoutMs} ms.`;
        reject(new ClientError("TIMEOUT", words, { timeoutMs }));
        this.close();
      }, timeoutMs);
      this.#opened.push(() => {
        clearTimeout(timer);
        resolve(this);
      });
      this.#ended.push((error) => {
        clearTimeout(timer);
        reject(error);
      });
      this.#connection.start();
    });
  }

  #onOpened(hello: Hello): void {
    const before = this.#hello?.validator.validatorId;
    // A channel belongs to one validator: another one seals in an order of its own.
    if (before !== undefined && before !== hello.validator.validatorId) this.#channels.clear();
    this.#hello = hello;
    for (const subscription of this.#subscriptions) void subscription.open();
    for (const listener of this.#opened.splice(0)) listener(hello);
  }

  #onNotification(name: string, params: unknown): void {
    if (name === "sub.event") {
      const event = checkNotification("sub.event", params);
      if (event.ok) this.#owner(event.value.handle)?.take(event.value);
    } else if (name === "sub.closed") {
      const event = checkNotification("sub.closed", params);
      if (event.ok) this.#owner(event.value.handle)?.closedByNode(event.value);
    }
  }

  #owner(handle: number): Subscription<Topic> | undefined {
    return [...this.#subscriptions].find((subscription) => subscription.owns(handle));
  }

  /** What the node said first: network, validator, limits. */
  get hello(): Hello {
    if (this.#hello === undefined) {
      throw new ClientError("CONNECTION_LOST", "There was no session yet.");
    }
    return this.#hello;
  }

  get genesisHash(): Uint8Array {
    return hexBytes(this.hello.genesisHash);
  }

  /** Calls any method of the contract. */
  call<M extends MethodName>(
    method: M,
    params: ParamsOf<M>,
    options?: CallOptions,
  ): Promise<ResultOf<M>> {
    return this.#connection.call(method, params, options);
  }

  /**
   * Submits a signed transaction and waits. Lost connections, overload and waits that run out are
   * answered by submitting the same bytes again: the effect is still one.
   *
   * @throws {ApiError} Why no node can take it; {@link ClientError} TIMEOUT with the state unknown.
   */
  async submit(transaction: Uint8Array, options: SubmitOptions = {}): Promise<SubmitResult> {
    const { wait = "final", receipt = "none", signal } = options;
    const read = readTransaction(transaction);
    if (!read.ok) throw new ClientError("BAD_ARGUMENT", read.message);
    const deadlineMs =
      options.timeoutMs === undefined
        ? Math.max(read.value.body.validUntilMs, Date.now()) + NODE_WAIT_MS
        : Date.now() + options.timeoutMs;
    const tx = bytesToText(transaction);
    let isRepeated = false;
    for (;;) {
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) {
        const words = "No terminal answer in time. It may still take effect: ask tx.status.";
        throw new ClientError("TIMEOUT", words);
      }
      const timeoutMs = Math.max(1, Math.min(NODE_WAIT_MS, leftMs));
      try {
        const result = await this.call(
          "tx.submit",
          { tx, wait, timeoutMs, receipt },
          { signal, timeoutMs: timeoutMs + NODE_WAIT_MS },
        );
        return isRepeated ? { ...result, duplicate: true } : result;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.retry === "same-bytes") isRepeated = true;
        else if (error.retry === "after") {
          await sleep(Math.min(error.retryAfterMs ?? RETRY_MS, leftMs), signal);
        } else throw error;
      }
    }
  }

  /**
   * Pays, and answers when the payment is final: see {@link PaymentRequest}.
   *
   * @throws {ClientError} NOT_APPLIED with the result code, or EXPIRED.
   */
  pay(request: PaymentRequest): Promise<PaymentResult> {
    return pay(this, request);
  }

  /** The nonce channel of an account at the present validator. */
  async nonceChannel(account: string): Promise<NonceChannel> {
    const known = this.#channels.get(account);
    if (known !== undefined) return known;
    const channel = randomChannel();
    const made = this.call("account.nonce", { account, channel }).then(
      ({ next }) => new NonceChannel(channel, BigInt(next)),
    );
    this.#channels.set(account, made);
    try {
      return await made;
    } catch (error) {
      this.#channels.delete(account);
      throw error;
    }
  }

  /** Forgets the channel of an account, because somebody else uses it. */
  leaveChannel(account: string): void {
    this.#channels.delete(account);
  }

  /** Follows a topic, through reconnects, without gap or repetition. */
  subscribe<T extends Topic>(topic: T, options: SubscribeOptions = {}): Subscription<T> {
    const subscription: Subscription<T> = new Subscription(this.#connection, topic, options, () => {
      this.#subscriptions.delete(subscription as unknown as Subscription<Topic>);
      this.#connection.watchBeats(this.#subscriptions.size > 0);
    });
    this.#subscriptions.add(subscription as unknown as Subscription<Topic>);
    this.#connection.watchBeats(true);
    if (this.#connection.hello !== undefined) void subscription.open();
    return subscription;
  }

  close(): void {
    this.#connection.close();
  }
}

/**
 * Connects to a node and answers when the first session is ready.
 *
 * @throws {ClientError} TIMEOUT, WRONG_CHAIN, NO_WEB_SOCKET, or CONNECTION_CLOSED for a refused login.
 */
export function connect(options: ConnectOptions): Promise<FondacoClient> {
  return new FondacoClient(options).start(options.timeoutMs);
}
