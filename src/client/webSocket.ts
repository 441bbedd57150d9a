/** What the SDK needs of a WebSocket: browsers, Node 22 and the package ws all have it. */

import { ClientError } from "./errors.js";

export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

export function webSocketOf(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket;
  if (found === undefined) {
    throw new ClientError(
      "NO_WEB_SOCKET",
      'This platform has no WebSocket: install "ws" and pass { webSocket: WebSocket }.',
    );
  }
  return found;
}

/** `ws://host:port/ws` of any URL of a node, and the host as a login signs it. */
export function socketAddress(url: string): { readonly url: string; readonly host: string } {
  let parsed: URL;
  try {
    parsed = new URL(url.includes("://") ? url : `ws://${url}`);
  } catch (error) {
    throw new ClientError("BAD_ARGUMENT", "That is no URL of a node.", {}, { cause: error });
  }
  const isSecure = parsed.protocol === "wss:" || parsed.protocol === "https:";
  const path = parsed.pathname === "" || parsed.pathname === "/" ? "/ws" : parsed.pathname;
  return { url: `${isSecure ? "wss" : "ws"}://${parsed.host}${path}`, host: parsed.host };
}
