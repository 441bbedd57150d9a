/** The one connection of these pages: to the node that served them. */

import {
  type CallOptions,
  ClientError,
  connect,
  type FondacoClient,
  type Hello,
  type MethodName,
  type ParamsOf,
  type ResultOf,
} from "../../client/index.js";
import { Store } from "./store.js";

const ATTEMPT_MS = 15_000;
const PAUSE_MS = 2_000;

export type Link = "connecting" | "open" | "lost";

/** How the socket stands just now; the client behind it mends it by itself. */
export const link = new Store<Link>("connecting");
/** What the node said first. Kept while the connection is lost: the network stays the same. */
export const hello = new Store<Hello | undefined>(undefined);

/** Tells the pages at once what the client mends silently. */
class WatchedSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.addEventListener("open", () => link.set("open"));
    this.addEventListener("close", () => link.set("lost"));
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

async function open(): Promise<FondacoClient> {
  for (;;) {
    try {
      const client = await connect({
        url: location.origin,
        webSocket: WatchedSocket,
        timeoutMs: ATTEMPT_MS,
        backoffMaxMs: 3_000,
      });
      hello.set(client.hello);
      return client;
    } catch {
      link.set("lost");
      await pause(PAUSE_MS);
    }
  }
}

let current = open();

/** A client that the node closed for good never comes back: the next call needs another. */
function replaceIfClosed(error: unknown, used: Promise<FondacoClient>): void {
  const isClosed = error instanceof ClientError && error.code === "CONNECTION_CLOSED";
  if (isClosed && used === current) current = pause(PAUSE_MS).then(open);
}

/** The client, as soon as there is a session. */
export function client(): Promise<FondacoClient> {
  return current;
}

export async function call<M extends MethodName>(
  method: M,
  params: ParamsOf<M>,
  options?: CallOptions,
): Promise<ResultOf<M>> {
  const used = current;
  try {
    return await (await used).call(method, params, options);
  } catch (error) {
    replaceIfClosed(error, used);
    throw error;
  }
}
