import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { assert } from "../base/assert.js";
import { codeOf, FondacoError, messageOf } from "../base/errors.js";

export interface HealthOptions {
  /** Loopback by default: it has no authentication. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Why this validator cannot serve now, one sentence each; empty when it can. */
  readonly notReadyReasons: () => readonly string[];
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

const CONNECTIONS_MAX = 32;
const REQUEST_MS_MAX = 5_000;
const HEADERS_SIZE_BYTES_MAX = 8 * 1024;

/**
 * `GET /livez` (200 while the event loop turns), `/readyz` (200, or 503 with reasons), `/metrics`
 * (Prometheus). Apart from the gateway, so that clients reach neither it nor, through it, this.
 */
export class HealthListener {
  readonly #options: HealthOptions;
  readonly #server: Server;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        maxHeaderSize: HEADERS_SIZE_BYTES_MAX,
        headersTimeout: REQUEST_MS_MAX,
        requestTimeout: REQUEST_MS_MAX,
        keepAliveTimeout: REQUEST_MS_MAX,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** The error is PORT_TAKEN or LISTEN_FAILED. */
  start(done: (error: FondacoError | undefined) => void): void {
    const { host = "127.0.0.1", port } = this.#options;
    const failed = (error: Error) => {
      const isTaken = codeOf(error) === "EADDRINUSE";
      const message = isTaken
        ? `port ${port} on ${host} is taken by another program; configure another for health`
        : `cannot listen on ${host}:${port} for health: ${messageOf(error)}`;
      done(new FondacoError({ code: isTaken ? "PORT_TAKEN" : "LISTEN_FAILED" }, message));
    };
    this.#server.once("error", failed);
    this.#server.listen({ host, port, exclusive: true }, () => {
      this.#server.off("error", failed);
      done(undefined);
    });
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo | null;
    assert(address, "the port is known while the listener is open");
    return address.port;
  }

  stop(done: () => void): void {
    this.#server.close(() => done());
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // Bodies have no meaning here.
    request.resume();
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      reply(response, 405, "text/plain", "only GET and HEAD are answered here\n");
      return;
    }
    switch (request.url?.split("?")[0]) {
      case "/livez":
        reply(response, 200, "text/plain", "alive\n");
        return;
      case "/readyz": {
        const reasons = this.#options.notReadyReasons();
        const body = JSON.stringify({ ready: reasons.length === 0, reasons });
        reply(response, reasons.length === 0 ? 200 : 503, "application/json", `${body}\n`);
        return;
      }
      case "/metrics": {
        const { contentType, text } = this.#options.metrics;
        text().then(
          (body) => reply(response, 200, contentType, body),
          (error: unknown) => reply(response, 500, "text/plain", `${messageOf(error)}\n`),
        );
        return;
      }
      default:
        reply(response, 404, "text/plain", "there are /livez, /readyz and /metrics\n");
    }
  }
}

function reply(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
