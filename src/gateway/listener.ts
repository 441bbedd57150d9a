/**
 * What the gateway needs of a server of HTTP and WebSocket. Two exist: `uwsListener` and
 * `wsListener`; one contract test runs on both.
 */

import { FondacoError } from "../base/errors.js";

export interface RequestHead {
  /** In capitals. */
  readonly method: string;
  /** Path without query, as sent. */
  readonly path: string;
  /** `Host` in lower case; empty if absent. */
  readonly host: string;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
}

/**
 * A body up to this size that comes in one piece needs no room among those that are still coming:
 * nobody waits for its end, and bodies that others send slowly must not keep it out.
 */
export const SMALL_BODY_SIZE_BYTES = 16 * 1024;

export type RequestBody = Uint8Array | "tooLarge" | "overloaded" | undefined;

export interface HttpRequest extends RequestHead {
  /** Body of a POST; `tooLarge` where it was above the limit, `overloaded` above that of all. */
  readonly body: RequestBody;
  /** Calls back when the client goes away before the answer. */
  onAbort(callback: () => void): void;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** An open WebSocket. All calls are ignored after it closed. */
export interface ListenerSocket {
  /** Sends a text frame; frames sent within one turn of the event loop may leave together. */
  send(text: string): void;
  /** Bytes handed over and not yet taken by the operating system. */
  bufferedSizeBytes(): number;
  close(code: number, reason: string): void;
}

export interface SocketHandlers {
  text(message: string): void;
  binary(): void;
  /** Unsent bytes went down. */
  drain(): void;
  closed(): void;
}

export interface ListenerHandlers {
  http(request: HttpRequest): Promise<HttpReply>;
  /** Refuses an upgrade, or accepts it by `undefined`. */
  upgrade(head: RequestHead): HttpReply | undefined;
  open(socket: ListenerSocket, head: RequestHead): SocketHandlers;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Largest text frame; a larger one closes the socket (1009, or without a code). */
  readonly messageSizeBytesMax: number;
  readonly bodySizeBytesMax: number;
  /**
   * Messages of sockets that are still coming, all together: above it the socket that sends more is
   * closed. uWebSockets.js keeps them where nobody sees them, so it bounds each socket's only.
   */
  readonly messagesSizeBytesMax: number;
  /** Bodies that are still coming, all together: above it requests are refused. */
  readonly bodiesSizeBytesMax: number;
  /** Above this many unsent bytes the socket is closed as a last resort. */
  readonly bufferedSizeBytesMax: number;
}

export interface Listener {
  readonly kind: "uws" | "ws";
  readonly port: number;
  close(): Promise<void>;
}

export class ListenError extends FondacoError<{
  readonly code: "PORT_TAKEN" | "LISTENER_UNAVAILABLE";
}> {
  override readonly name = "ListenError";
}

export function portTaken(host: string, port: number, cause?: unknown): ListenError {
  return new ListenError(
    { code: "PORT_TAKEN" },
    `Port ${port} on ${host} is in use or not allowed: stop what holds it, or choose another port.`,
    cause === undefined ? undefined : { cause },
  );
}

/** Reason phrase of the statuses that the gateway sends. */
export const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  426: "Upgrade Required",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
