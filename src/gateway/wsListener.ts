/** Listener on node:http and ws, for platforms without a binary of uWebSockets.js. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { codeOf } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import type {
  HttpReply,
  Listener,
  ListenerHandlers,
  ListenerOptions,
  ListenerSocket,
  RequestBody,
  RequestHead,
} from "./listener.js";
import { portTaken, SMALL_BODY_SIZE_BYTES, STATUS_TEXT } from "./listener.js";
import { WsIntake } from "./wsIntake.js";

/** As the idle timeout of uWebSockets.js: a socket that answers no ping for this long is gone. */
const PING_INTERVAL_MS = 30_000;
/** HTTP connections beside WebSockets. */
const EXTRA_CONNECTIONS = 256;

function headOf(request: IncomingMessage): RequestHead {
  return {
    method: request.method ?? "GET",
    path: (request.url ?? "/").split("?", 1)[0] as string,
    host: (request.headers.host ?? "").toLowerCase(),
    origin: request.headers.origin,
    authorization: request.headers.authorization,
    contentType: request.headers["content-type"],
  };
}

function writeReply(response: ServerResponse, method: string, reply: HttpReply, close: boolean) {
  const body = typeof reply.body === "string" ? Buffer.from(reply.body) : reply.body;
  response.writeHead(reply.status, {
    ...reply.headers,
    "content-length": String(body.length),
    ...(close ? { connection: "close" } : {}),
  });
  response.end(method === "HEAD" ? undefined : body);
}

/** Bytes of all bodies that are still coming: slow senders on many connections. */
interface Gathered {
  sizeBytes: number;
}

/** Body of a request, bounded before it is gathered. */
function readBody(
  request: IncomingMessage,
  { bodySizeBytesMax, bodiesSizeBytesMax }: ListenerOptions,
  all: Gathered,
): Promise<RequestBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let isOver = false;
    const end = (body: RequestBody) => {
      isOver = true;
      for (const { length } of chunks.splice(0)) all.sizeBytes -= length;
      resolve(body);
    };
    request.on("data", (chunk: Buffer) => {
      if (isOver) return;
      sizeBytes += chunk.length;
      const isSmall =
        sizeBytes <= SMALL_BODY_SIZE_BYTES &&
        Number(request.headers["content-length"]) === chunk.length;
      const isFull = all.sizeBytes + chunk.length > bodiesSizeBytesMax;
      if (sizeBytes > bodySizeBytesMax) end("tooLarge");
      else if (isFull && !isSmall) end("overloaded");
      else {
        all.sizeBytes += chunk.length;
        chunks.push(chunk);
      }
    });
    request.on("end", () => end(Buffer.concat(chunks)));
    request.on("error", () => end(undefined));
    request.on("close", () => end(undefined));
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ListenerOptions,
  handlers: ListenerHandlers,
  gathered: Gathered,
): Promise<void> {
  const head = headOf(request);
  const body = head.method === "POST" ? await readBody(request, options, gathered) : undefined;
  const reply = await handlers.http({
    ...head,
    body,
    onAbort: (callback) => {
      response.on("close", () => {
        if (!response.writableFinished) callback();
      });
    },
  });
  const mustClose = body === "tooLarge" || body === "overloaded";
  if (!response.destroyed) writeReply(response, head.method, reply, mustClose);
}

function refuse(stream: Duplex, reply: HttpReply): void {
  const body = typeof reply.body === "string" ? Buffer.from(reply.body) : Buffer.from(reply.body);
  const lines = Object.entries(reply.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.write(
    `HTTP/1.1 ${reply.status} ${STATUS_TEXT[reply.status] ?? "Status"}\r\n` +
      `${lines.join("")}content-length: ${body.length}\r\nconnection: close\r\n\r\n`,
  );
  stream.end(body);
}

class WsSocket implements ListenerSocket {
  constructor(
    readonly raw: WebSocket,
    readonly bufferedSizeBytesMax: number,
  ) {}

  send(text: string): void {
    if (this.raw.readyState !== this.raw.OPEN) return;
    if (this.raw.bufferedAmount > this.bufferedSizeBytesMax) this.raw.terminate();
    else this.raw.send(text);
  }

  bufferedSizeBytes(): number {
    return this.raw.bufferedAmount;
  }

  close(code: number, reason: string): void {
    this.raw.close(code, reason);
  }
}

export async function listenWs(
  options: ListenerOptions,
  handlers: ListenerHandlers,
): Promise<Listener> {
  const gathered: Gathered = { sizeBytes: 0 };
  const intake = new WsIntake(options.messagesSizeBytesMax);
  const server = createServer((request, response) => {
    void serve(request, response, options, handlers, gathered);
  });
  server.maxConnections = LIMITS.socketsMax + EXTRA_CONNECTIONS;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.messageSizeBytesMax,
    perMessageDeflate: false,
  });
  const silent = new Set<WebSocket>();

  server.on("upgrade", (request, stream: Duplex, rest: Buffer) => {
    stream.on("error", () => stream.destroy());
    const head = headOf(request);
    const refusal =
      head.path === "/ws"
        ? handlers.upgrade(head)
        : { status: 404, headers: {}, body: "Not found\n" };
    if (refusal !== undefined) {
      refuse(stream, refusal);
      return;
    }
    sockets.handleUpgrade(request, stream, rest, (raw) => {
      const own = handlers.open(new WsSocket(raw, options.bufferedSizeBytesMax), head);
      const whole = intake.watch(raw, stream);
      raw.on("message", (data: Buffer, isBinary: boolean) => {
        whole();
        silent.delete(raw);
        if (isBinary) own.binary();
        else own.text(data.toString("utf8"));
      });
      raw.on("pong", () => silent.delete(raw));
      raw.on("close", () => {
        silent.delete(raw);
        own.closed();
      });
      // A broken frame is followed by "close", with the code that says what was broken.
      raw.on("error", () => {});
      stream.on("drain", () => own.drain());
    });
  });

  const pings = setInterval(() => {
    for (const raw of sockets.clients) {
      if (silent.has(raw)) raw.terminate();
      else {
        silent.add(raw);
        raw.ping();
      }
    }
  }, PING_INTERVAL_MS);

  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port, options.host, resolve);
    });
  } catch (error) {
    clearInterval(pings);
    const code = codeOf(error);
    if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL") {
      throw portTaken(options.host, options.port, error);
    }
    throw error;
  }

  return {
    kind: "ws",
    port: (server.address() as AddressInfo).port,
    close: async () => {
      clearInterval(pings);
      for (const raw of sockets.clients) raw.close(1001, "the node stops");
      await new Promise<void>((resolve) => setImmediate(resolve));
      for (const raw of sockets.clients) raw.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
