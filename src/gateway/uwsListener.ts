/** Listener on uWebSockets.js. */

import { concatBytes } from "../base/bytes.js";
import type {
  HttpReply,
  Listener,
  ListenerHandlers,
  ListenerOptions,
  ListenerSocket,
  RequestBody,
  RequestHead,
  SocketHandlers,
} from "./listener.js";
import { portTaken, SMALL_BODY_SIZE_BYTES, STATUS_TEXT } from "./listener.js";
import {
  LISTEN_EXCLUSIVE,
  loadUws,
  NO_COMPRESSION,
  type UwsRequest,
  type UwsResponse,
  type UwsWebSocket,
} from "./uws.js";

const IDLE_TIMEOUT_S = 60;

interface SocketData {
  readonly head: RequestHead;
  socket?: UwsSocket;
  handlers?: SocketHandlers;
}

const decoder = new TextDecoder();

function headOf(request: UwsRequest): RequestHead {
  const header = (name: string) => {
    const value = request.getHeader(name);
    return value === "" ? undefined : value;
  };
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    host: request.getHeader("host").toLowerCase(),
    origin: header("origin"),
    authorization: header("authorization"),
    contentType: header("content-type"),
  };
}

function writeReply(response: UwsResponse, method: string, reply: HttpReply, close = false): void {
  response.cork(() => {
    response.writeStatus(`${reply.status} ${STATUS_TEXT[reply.status] ?? "Status"}`);
    for (const [name, value] of Object.entries(reply.headers)) response.writeHeader(name, value);
    if (method === "HEAD") {
      const length =
        typeof reply.body === "string" ? Buffer.byteLength(reply.body) : reply.body.length;
      response.endWithoutBody(length, close);
    } else {
      response.end(reply.body, close);
    }
  });
}

/** Gathers the frames of one turn of the event loop, so that they leave in one system call. */
class UwsSocket implements ListenerSocket {
  #waiting: string[] = [];
  #waitingSizeBytes = 0;
  #isOpen = true;

  constructor(readonly raw: UwsWebSocket<SocketData>) {}

  send(text: string): void {
    if (!this.#isOpen) return;
    this.#waiting.push(text);
    this.#waitingSizeBytes += text.length;
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (!this.#isOpen || this.#waiting.length === 0) return;
    const texts = this.#waiting;
    this.#waiting = [];
    this.#waitingSizeBytes = 0;
    this.raw.cork(() => {
      for (const text of texts) {
        // With `closeOnBackpressureLimit` a dropped frame closes the socket: nothing goes missing.
        if (!this.#isOpen || this.raw.send(text, false, false) === 2) return;
      }
    });
  }

  bufferedSizeBytes(): number {
    return this.#isOpen ? this.raw.getBufferedAmount() + this.#waitingSizeBytes : 0;
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#flush();
    if (this.#isOpen) this.raw.end(code, reason);
  }

  markClosed(): void {
    this.#isOpen = false;
    this.#waiting = [];
  }
}

export async function listenUws(
  options: ListenerOptions,
  handlers: ListenerHandlers,
): Promise<Listener> {
  const uws = await loadUws();
  const app = uws.App();
  const sockets = new Set<UwsSocket>();
  /** Of all bodies that are still coming: who sends slowly on many connections meets it. */
  let bodiesSizeBytes = 0;

  app.ws<SocketData>("/ws", {
    maxPayloadLength: options.messageSizeBytesMax,
    maxBackpressure: options.bufferedSizeBytesMax,
    closeOnBackpressureLimit: true,
    idleTimeout: IDLE_TIMEOUT_S,
    sendPingsAutomatically: true,
    compression: NO_COMPRESSION,
    upgrade: (response, request, context) => {
      const head = headOf(request);
      const refusal = handlers.upgrade(head);
      if (refusal !== undefined) {
        response.onAborted(() => {});
        writeReply(response, head.method, refusal, true);
        return;
      }
      response.upgrade<SocketData>(
        { head },
        request.getHeader("sec-websocket-key"),
        request.getHeader("sec-websocket-protocol"),
        request.getHeader("sec-websocket-extensions"),
        context,
      );
    },
    open: (raw) => {
      const data = raw.getUserData();
      const socket = new UwsSocket(raw);
      data.socket = socket;
      sockets.add(socket);
      data.handlers = handlers.open(socket, data.head);
    },
    message: (raw, message, isBinary) => {
      const { handlers: own } = raw.getUserData();
      if (isBinary) own?.binary();
      else own?.text(decoder.decode(message));
    },
    drain: (raw) => raw.getUserData().handlers?.drain(),
    close: (raw) => {
      const { socket, handlers: own } = raw.getUserData();
      if (socket !== undefined) {
        socket.markClosed();
        sockets.delete(socket);
      }
      own?.closed();
    },
  });

  app.any("/*", (response, request) => {
    const head = headOf(request);
    let isAborted = false;
    let hasAnswered = false;
    let onAbort = () => {};
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    const release = () => {
      for (const { byteLength } of chunks.splice(0)) bodiesSizeBytes -= byteLength;
    };
    response.onAborted(() => {
      isAborted = true;
      release();
      onAbort();
    });
    const answer = (body: RequestBody) => {
      hasAnswered = true;
      release();
      const onAbortSet = (callback: () => void) => {
        onAbort = callback;
        if (isAborted) callback();
      };
      void handlers.http({ ...head, body, onAbort: onAbortSet }).then((reply) => {
        const mustClose = body === "tooLarge" || body === "overloaded";
        if (!isAborted) writeReply(response, head.method, reply, mustClose);
      });
    };
    if (head.method !== "POST") {
      answer(undefined);
      return;
    }
    response.onData((chunk, isLast) => {
      if (hasAnswered) return;
      sizeBytes += chunk.byteLength;
      if (sizeBytes > options.bodySizeBytesMax) {
        answer("tooLarge");
        return;
      }
      // The chunk is taken back when this returns, hence the copies.
      if (isLast && chunks.length === 0 && sizeBytes <= SMALL_BODY_SIZE_BYTES) {
        answer(new Uint8Array(chunk.slice(0)));
        return;
      }
      if (bodiesSizeBytes + chunk.byteLength > options.bodiesSizeBytesMax) {
        answer("overloaded");
        return;
      }
      bodiesSizeBytes += chunk.byteLength;
      chunks.push(new Uint8Array(chunk.slice(0)));
      if (isLast) answer(concatBytes(...chunks));
    });
  });

  const port = await new Promise<number>((resolve, reject) => {
    app.listen(options.host, options.port, LISTEN_EXCLUSIVE, (listening) => {
      if (listening === false) reject(portTaken(options.host, options.port));
      else resolve(uws.us_socket_local_port(listening));
    });
  });

  return {
    kind: "uws",
    port,
    close: async () => {
      for (const socket of [...sockets]) socket.close(1001, "the node stops");
      // One turn, so that the close frames leave before the sockets are torn down.
      await new Promise<void>((resolve) => setImmediate(resolve));
      app.close();
    },
  };
}
