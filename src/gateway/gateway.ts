/** The gateway of one validator: listener, sockets, methods, pages. */

import {
  ApiError,
  bytesToText,
  CLOSE_CODES,
  LOGIN_NONCE_SIZE_BYTES,
  type NotificationName,
  type NotificationParams,
} from "../api/index.js";
import { present } from "../base/assert.js";
import { fromUtf8, toHex } from "../base/bytes.js";
import { messageOf } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import { idToText } from "../codec/text.js";
import { Caller } from "./caller.js";
import { createHostRules, type HostRules } from "./hosts.js";
import {
  type HttpReply,
  type HttpRequest,
  ListenError,
  type Listener,
  type ListenerHandlers,
  type ListenerOptions,
  type ListenerSocket,
  type RequestHead,
  type SocketHandlers,
} from "./listener.js";
import { accountHandlers } from "./methods/accounts.js";
import { chainHandlers } from "./methods/chain.js";
import type { MethodContext } from "./methods/context.js";
import { limitsToJson, nodeHandlers } from "./methods/node.js";
import { subscriptionHandlers } from "./methods/subscriptions.js";
import { transactionHandlers } from "./methods/transactions.js";
import { NodeQueries } from "./nodeQueries.js";
import type { GatewayLimits, GatewayOptions } from "./options.js";
import { Pages } from "./pages.js";
import { ProofFiles } from "./proofFiles.js";
import { Rights } from "./rights.js";
import { errorToJson, Rpc } from "./rpc.js";
import { Submissions } from "./submissions.js";
import { SubscriptionSet } from "./subscriptions.js";
import { LoginTokens } from "./tokens.js";
import { Turns } from "./turns.js";
import { listenUws } from "./uwsListener.js";
import { listenWs } from "./wsListener.js";

export interface Gateway {
  readonly listener: "uws" | "ws";
  readonly host: string;
  readonly port: number;
  /** `http://host:port`; pages and `/rpc` lie below it. */
  readonly httpUrl: string;
  readonly wsUrl: string;
  /** Closes every socket (1001) and stops listening. */
  close(): Promise<void>;
}

interface Session {
  readonly caller: Caller;
  readonly socket: ListenerSocket;
  readonly subscriptions: SubscriptionSet;
}

/** When to send again a body for which there was no room. */
const BODY_RETRY_MS = 1_000;
const PLAIN = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
const JSON_HEADERS = {
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

class GatewayServer {
  readonly #limits: GatewayLimits;
  readonly #context: MethodContext;
  readonly #rpc: Rpc;
  readonly #pages: Pages;
  readonly #sessions = new Set<Session>();
  #lastSocket = 0;
  #stopBeat = () => {};
  #stopFinal = () => {};

  constructor(
    readonly options: GatewayOptions,
    readonly hosts: HostRules,
  ) {
    const { node, clock, entropy, hasher, logger, metrics } = options;
    this.#limits = {
      socketsMax: LIMITS.socketsMax,
      outstandingPerSocketMax: LIMITS.outstandingPerSocketMax,
      followedMax: LIMITS.pendingTransactionsMax,
      subscriptionsPerSocketMax: LIMITS.subscriptionsPerSocketMax,
      loginTokensMax: LIMITS.loginTokensMax,
      loginTokensPerAccountMax: LIMITS.loginTokensPerAccountMax,
      loginTokenMs: LIMITS.loginTokenMs,
      beatMs: LIMITS.beatMs,
      socketLowWaterSizeBytes: LIMITS.socketLowWaterSizeBytes,
      httpBodiesSizeBytesMax: LIMITS.httpBodiesSizeBytesMax,
      messagesSizeBytesMax: LIMITS.socketMessagesSizeBytesMax,
      requestsSizeBytesMax: LIMITS.rpcRequestsSizeBytesMax,
      ...options.limits,
    };
    const queries = new NodeQueries(node);
    const rights = new Rights(queries, options.mode === "open");
    const { loginTokensMax, loginTokensPerAccountMax, loginTokenMs } = this.#limits;
    this.#context = {
      options,
      limits: this.#limits,
      node,
      queries,
      rights,
      tokens: new LoginTokens(
        clock,
        entropy,
        hasher,
        loginTokensMax,
        loginTokensPerAccountMax,
        loginTokenMs,
      ),
      submissions: new Submissions(node, clock, this.#limits.followedMax),
      proofs: new ProofFiles(node, hasher),
      turns: new Turns(clock),
      load: () => ({ sockets: this.#sessions.size, subscriptions: this.#subscriptionCount() }),
    };
    this.#rpc = new Rpc({
      handlers: {
        ...nodeHandlers(this.#context),
        ...chainHandlers(this.#context),
        ...accountHandlers(this.#context),
        ...transactionHandlers(this.#context),
        ...subscriptionHandlers(this.#context),
      },
      logger,
      metrics,
      outstandingPerSocketMax: this.#limits.outstandingPerSocketMax,
      requestsSizeBytesMax: this.#limits.requestsSizeBytesMax,
      refusesAll: () => node.refusesAll(),
      renew: async (caller) => {
        caller.principal = await rights.current(caller.principal);
      },
      requireLogin: ({ principal }) => rights.requireLogin(principal),
    });
    this.#pages = new Pages(options.pagesDirectory);
  }

  #subscriptionCount(): number {
    let sum = 0;
    for (const { subscriptions } of this.#sessions) sum += subscriptions.size;
    return sum;
  }

  start(): void {
    this.#stopFinal = this.options.node.onFinal(() => {
      for (const { subscriptions } of this.#sessions) subscriptions.pump();
    });
    this.#armBeat();
  }

  stop(): void {
    this.#stopFinal();
    this.#stopBeat();
    for (const session of [...this.#sessions]) this.#closed(session);
  }

  #armBeat(): void {
    this.#stopBeat = this.options.clock.after(this.#limits.beatMs, () => {
      for (const session of this.#sessions) {
        if (session.subscriptions.size === 0) continue;
        // A reader that does not read gets no beats either; it drains, or its pings run out.
        if (session.socket.bufferedSizeBytes() >= this.#limits.socketLowWaterSizeBytes) continue;
        session.subscriptions.tellCursors();
        this.#notify(session.socket, "beat", {
          head: this.#head(),
          nowMs: this.options.clock.nowMs(),
        });
        session.subscriptions.pump();
      }
      this.#armBeat();
    });
  }

  #head() {
    const { height, blockHash, timeMs } = this.options.node.head();
    return { height, blockId: toHex(blockHash), timeMs };
  }

  #notify<N extends NotificationName>(
    socket: ListenerSocket,
    method: N,
    params: NotificationParams<N>,
  ): void {
    socket.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  handlers(): ListenerHandlers {
    return {
      http: (request) => this.#http(request).catch((error: unknown) => this.#bug(error)),
      upgrade: (head) => this.#refusal(head),
      open: (socket, head) => this.#open(socket, head),
    };
  }

  #bug(error: unknown): HttpReply {
    this.options.logger.error("an HTTP request failed by a bug", { error: messageOf(error) });
    return { status: 500, headers: PLAIN, body: "The node failed on this request.\n" };
  }

  #refusal(head: RequestHead): HttpReply | undefined {
    if (!this.hosts.isHostAllowed(head.host)) {
      return { status: 421, headers: PLAIN, body: "This node is not known by that host name.\n" };
    }
    if (!this.hosts.isOriginAllowed(head.origin)) {
      return { status: 403, headers: PLAIN, body: "Pages of that origin may not connect.\n" };
    }
    if (this.#sessions.size >= this.#limits.socketsMax) {
      return {
        status: 503,
        headers: { ...PLAIN, "retry-after": "5" },
        body: "All sockets are in use; try again later or elsewhere.\n",
      };
    }
    return undefined;
  }

  #open(socket: ListenerSocket, head: RequestHead): SocketHandlers {
    const { node, entropy, logger, mode } = this.options;
    const nonce = entropy.randomBytes(LOGIN_NONCE_SIZE_BYTES);
    const subscriptions = new SubscriptionSet({
      node,
      rights: this.#context.rights,
      notify: (name, params) => this.#notify(socket, name, params),
      bufferedSizeBytes: () => socket.bufferedSizeBytes(),
      lowWaterSizeBytes: this.#limits.socketLowWaterSizeBytes,
      subscriptionsMax: this.#limits.subscriptionsPerSocketMax,
      turn: () => this.#context.turns.take(),
      onBug: (error) => {
        logger.error("subscriptions of a socket failed by a bug", { error: messageOf(error) });
        socket.close(CLOSE_CODES.goingAway.code, "the node failed; reconnect");
      },
    });
    this.#lastSocket++;
    const caller = new Caller(`s${this.#lastSocket}`, { host: head.host, nonce, subscriptions });
    const session: Session = { caller, socket, subscriptions };
    this.#sessions.add(session);
    const { genesis, genesisHash, self, validators, softwareVersion } = node.identity();
    const own = present(validators[self], "a validator is one of the validators");
    this.#notify(socket, "hello", {
      protocol: { min: 1, max: 1 },
      networkName: genesis.networkName,
      genesisHash: toHex(genesisHash),
      validator: { index: own.index, validatorId: idToText("validator", own.validatorId) },
      softwareVersion,
      mode,
      head: this.#head(),
      limits: limitsToJson(this.#limits),
      nonce: bytesToText(nonce),
      host: head.host,
    });
    return {
      text: (message) => {
        const refused = this.#rpc.refuseUnread(message, caller);
        if (refused !== undefined) {
          this.#reply(socket, refused);
          return;
        }
        void this.#rpc.answer(message, caller).then((answer) => {
          if (answer !== undefined) this.#reply(socket, answer);
        });
      },
      binary: () => socket.close(CLOSE_CODES.protocol.code, "binary frames are not offered here"),
      drain: () => subscriptions.pump(),
      closed: () => this.#closed(session),
    };
  }

  #reply(socket: ListenerSocket, answer: string): void {
    // A client that asks and does not read would fill memory: it is told to come back.
    if (socket.bufferedSizeBytes() > LIMITS.socketHighWaterSizeBytes) {
      socket.close(CLOSE_CODES.tryLater.code, "answers are not read fast enough");
    } else {
      socket.send(answer);
    }
  }

  #closed(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    session.subscriptions.closeAll();
    session.caller.lifetime.end();
  }

  async #http(request: HttpRequest): Promise<HttpReply> {
    if (!this.hosts.isHostAllowed(request.host)) {
      return { status: 421, headers: PLAIN, body: "This node is not known by that host name.\n" };
    }
    if (!this.hosts.isOriginAllowed(request.origin)) {
      return { status: 403, headers: PLAIN, body: "Pages of that origin may not ask.\n" };
    }
    if (request.path === "/rpc") return this.#rpcByHttp(request);
    if (request.path === "/ws") {
      return {
        status: 426,
        headers: { ...PLAIN, upgrade: "websocket" },
        body: "Connect to /ws with a WebSocket.\n",
      };
    }
    return this.#pages.serve(request);
  }

  async #rpcByHttp(request: HttpRequest): Promise<HttpReply> {
    this.#lastSocket++;
    const caller = new Caller(`h${this.#lastSocket}`, undefined);
    const failure = (status: number, error: ApiError): HttpReply => ({
      status,
      headers: JSON_HEADERS,
      body: JSON.stringify({ jsonrpc: "2.0", id: null, error: errorToJson(error, caller.id) }),
    });
    if (request.method !== "POST") {
      return { status: 405, headers: { ...PLAIN, allow: "POST" }, body: "Only POST.\n" };
    }
    // A form of another site can post any other type without asking first.
    if (!/^application\/json(;|$)/i.test(request.contentType ?? "")) {
      return { status: 415, headers: PLAIN, body: "Send application/json.\n" };
    }
    if (request.body === "tooLarge") {
      const max = LIMITS.rpcMessageSizeBytesMax;
      return failure(
        413,
        new ApiError("TOO_LARGE", `A message has at most ${max} bytes.`, { max }),
      );
    }
    if (request.body === "overloaded") {
      const words = "Too many requests are being sent at once; send again later.";
      return failure(503, new ApiError("OVERLOADED", words, { retryAfterMs: BODY_RETRY_MS }));
    }
    if (request.authorization !== undefined) {
      const token = /^Bearer ([A-Za-z0-9_-]+)$/i.exec(request.authorization)?.[1];
      const principal = token === undefined ? undefined : this.#context.tokens.find(token);
      if (principal === undefined) {
        const words = "The token is unknown or has expired: log in again on a WebSocket.";
        return failure(401, new ApiError("UNAUTHENTICATED", words));
      }
      caller.principal = principal;
    }
    const text = request.body === undefined ? undefined : fromUtf8(request.body);
    if (text === undefined) {
      return failure(400, new ApiError("PARSE_ERROR", "The message is no UTF-8 text."));
    }
    request.onAbort(() => caller.lifetime.end());
    const answer = await this.#rpc.answer(text, caller);
    return answer === undefined
      ? { status: 204, headers: {}, body: "" }
      : { status: 200, headers: JSON_HEADERS, body: answer };
  }
}

async function listen(
  kind: GatewayOptions["listener"],
  options: ListenerOptions,
  handlers: ListenerHandlers,
  onFallback: (reason: string) => void,
): Promise<Listener> {
  if (kind === "ws") return listenWs(options, handlers);
  try {
    return await listenUws(options, handlers);
  } catch (error) {
    const isMissing = error instanceof ListenError && error.code === "LISTENER_UNAVAILABLE";
    if (kind === "uws" || !isMissing) throw error;
    onFallback(messageOf(error));
    return listenWs(options, handlers);
  }
}

/**
 * Starts a gateway; it answers when the port is open.
 *
 * @throws {ListenError} PORT_TAKEN, or LISTENER_UNAVAILABLE where uWebSockets.js is demanded.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const host = options.host ?? "127.0.0.1";
  let port = options.port;
  const rules = createHostRules(host, () => port, options.hosts, options.origins);
  const server = new GatewayServer(options, rules);
  const listener = await listen(
    options.listener,
    {
      host,
      port,
      messageSizeBytesMax: LIMITS.rpcMessageSizeBytesMax + LIMITS.rpcMessageSlackSizeBytes,
      bodySizeBytesMax: LIMITS.rpcMessageSizeBytesMax,
      messagesSizeBytesMax:
        options.limits?.messagesSizeBytesMax ?? LIMITS.socketMessagesSizeBytesMax,
      bodiesSizeBytesMax: options.limits?.httpBodiesSizeBytesMax ?? LIMITS.httpBodiesSizeBytesMax,
      bufferedSizeBytesMax: LIMITS.socketHighWaterSizeBytes + LIMITS.replySizeBytesMax,
    },
    server.handlers(),
    (reason) => options.logger.warn("the gateway uses the listener ws", { reason }),
  );
  port = listener.port;
  server.start();
  const named = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const authority = `${named.includes(":") ? `[${named}]` : named}:${port}`;
  return {
    listener: listener.kind,
    host,
    port,
    httpUrl: `http://${authority}`,
    wsUrl: `ws://${authority}/ws`,
    close: async () => {
      server.stop();
      await listener.close();
    },
  };
}
