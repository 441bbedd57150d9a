import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { equalBytes } from "../base/bytes.js";
import { keyOfChannel, type MeshContext, type RegisteredPeer, tlsOptions } from "./context.js";
import type { LinkCode } from "./refusals.js";

/** `host:port` or `[address]:port` in its two parts; undefined if it is neither. */
export function parseAddress(
  address: string,
): { readonly host: string; readonly port: number } | undefined {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(address);
  if (parts === null) return undefined;
  const port = Number(parts[3]);
  return port > 0 && port < 65_536 ? { host: (parts[1] ?? parts[2]) as string, port } : undefined;
}

export interface Dial {
  /** Whether the TLS handshake has succeeded with the registered key. */
  readonly isSecured: boolean;
  /** Gives up in silence: neither callback is called any more. */
  abort(): void;
}

/** Connects to one address and compares the key; then one of the two callbacks is called, once. */
export function dial(
  context: MeshContext,
  peer: RegisteredPeer,
  address: string,
  secured: (socket: TLSSocket) => void,
  failed: (code: LinkCode, detail: string) => void,
): Dial {
  let state: "dialling" | "secured" | "over" = "dialling";
  const target = parseAddress(address);
  if (target === undefined) {
    context.clock.soon(() => {
      if (state === "over") return;
      state = "over";
      failed("UNREACHABLE", `"${address}" is no host:port`);
    });
    return { isSecured: false, abort: () => (state = "over") };
  }
  const { host, port } = target;
  const socket = connect({
    ...tlsOptions(context.identity),
    host,
    port,
    servername: isIP(host) === 0 ? host : "",
  });
  socket.setNoDelay(true);
  context.dialled.add(socket);
  socket.once("close", () => context.dialled.delete(socket));
  const fail = (code: LinkCode, detail: string) => {
    socket.destroy();
    if (state !== "dialling") return;
    state = "over";
    cancelTimer();
    failed(code, detail);
  };
  const cancelTimer = context.clock.after(context.tuning.handshakeMs, () =>
    fail("UNREACHABLE", "no TLS handshake in time"),
  );
  socket.on("error", (error) => fail("UNREACHABLE", error.message));
  socket.on("close", () => fail("UNREACHABLE", "closed during the TLS handshake"));
  socket.once("secureConnect", () => {
    if (state !== "dialling") return;
    const channel = keyOfChannel(socket);
    if ("refused" in channel) return fail(channel.refused, "no registered key behind this address");
    if (!equalBytes(channel.key, peer.tlsKey)) {
      return fail("WRONG_KEY", `another key than the registered one answers at ${address}`);
    }
    state = "secured";
    cancelTimer();
    context.reached(socket.remoteAddress ?? "");
    secured(socket);
  });
  return {
    get isSecured() {
      return state === "secured";
    },
    abort() {
      if (state === "dialling") cancelTimer();
      state = "over";
      socket.destroy();
    },
  };
}
