/**
 * The only module that touches uWebSockets.js: its typings as far as they are true of the binary,
 * and a check of the binary before it is loaded. The package prints EBADENGINE on Node 20 and works.
 */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ListenError } from "./listener.js";

export interface UwsWebSocket<U> {
  getUserData(): U;
  /** 1 sent, 0 buffered, 2 dropped. */
  send(message: string, isBinary: boolean, compress: boolean): 0 | 1 | 2;
  getBufferedAmount(): number;
  end(code: number, reason: string): void;
  close(): void;
  cork(callback: () => void): UwsWebSocket<U>;
}

export interface UwsRequest {
  getHeader(lowerCaseName: string): string;
  getUrl(): string;
  getCaseSensitiveMethod(): string;
}

export interface UwsResponse {
  writeStatus(status: string): UwsResponse;
  writeHeader(name: string, value: string): UwsResponse;
  end(body?: string | Uint8Array, closeConnection?: boolean): UwsResponse;
  endWithoutBody(reportedLength?: number, closeConnection?: boolean): UwsResponse;
  onAborted(handler: () => void): UwsResponse;
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): UwsResponse;
  cork(callback: () => void): UwsResponse;
  upgrade<U>(
    userData: U,
    key: string,
    protocol: string,
    extensions: string,
    context: UwsContext,
  ): void;
}

declare const contextBrand: unique symbol;
export interface UwsContext {
  readonly [contextBrand]: true;
}

declare const listenBrand: unique symbol;
export interface UwsListenSocket {
  readonly [listenBrand]: true;
}

export interface UwsBehavior<U> {
  readonly maxPayloadLength: number;
  readonly maxBackpressure: number;
  readonly closeOnBackpressureLimit: boolean;
  /** Seconds; 1 to 7 and above 960 end the process, so it is a constant here. */
  readonly idleTimeout: number;
  readonly sendPingsAutomatically: boolean;
  readonly compression: number;
  readonly upgrade: (response: UwsResponse, request: UwsRequest, context: UwsContext) => void;
  readonly open: (socket: UwsWebSocket<U>) => void;
  readonly message: (socket: UwsWebSocket<U>, message: ArrayBuffer, isBinary: boolean) => void;
  readonly drain: (socket: UwsWebSocket<U>) => void;
  readonly close: (socket: UwsWebSocket<U>, code: number) => void;
}

export interface UwsApp {
  any(pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): UwsApp;
  ws<U>(pattern: string, behavior: UwsBehavior<U>): UwsApp;
  listen(
    host: string,
    port: number,
    options: number,
    callback: (socket: UwsListenSocket | false) => void,
  ): UwsApp;
  close(): UwsApp;
}

export interface Uws {
  App(): UwsApp;
  us_socket_local_port(socket: UwsListenSocket): number;
}

/** `LIBUS_LISTEN_EXCLUSIVE_PORT`: without it two processes may listen on one port unnoticed. */
export const LISTEN_EXCLUSIVE = 1;
/** `DISABLED`. */
export const NO_COMPRESSION = 0;

/** SHA-256 of the binaries of uws-pack 20.0.8, by platform, architecture and Node ABI (115: 20, 127: 22). */
export const UWS_BINARIES: Readonly<Record<string, string>> = {
  linux_x64_115: "6f8d96d761a64beddb060f1f7f0e617dd293ed127ec1d57507aa561a0083171e",
  linux_x64_127: "8cabc918bbf9a07323e54f89a33882491080b2eb35df0607f473ccdb1f3c31af",
  linux_arm64_115: "c0e29fc143b46b584f3debec7910014ec228198fc1f17aaeacd1de7991bd3769",
  linux_arm64_127: "d4c4f8b2c28c5f6544b49e36d91b0beee238a5b90a07904a947f77061c8b814d",
  linux_arm_115: "b02d5bc5ab08f040b6b9b818c3eb92806611f77a4dc2439a8f14cac827d498be",
  linux_arm_127: "0e1d4024b629a1fe17ec76cde8fe7e320101eb8bdcf7b2c4086933932e3cea23",
  darwin_x64_115: "1f2a5c73d9dc3066d39b675b73f2c50eddbc4f270d292a6126ddfe3757c54cf9",
  darwin_x64_127: "afd992dc1ca1e33cdc7ce0c72a60baf236e590a257fcecbbbce7bc1a35451387",
  darwin_arm64_115: "5d523bccbe80d3d8fa59422ff81801b8179212b9a8a5da28bff6926a95a65701",
  darwin_arm64_127: "abbeea53d48e21c01808203e9f9835728f2cea720d2e5b154837ee3045b513be",
  win32_x64_115: "58c8b8e47ae3dc6c382dbfc24656755106cbecce56add05ca2c32d5c39951ddd",
  win32_x64_127: "585d6ee2dbfc750b1d5a59e6ceaef8a977e90ef3e298a82821d58b41cd72a8c0",
};

function unavailable(reason: string, cause?: unknown): ListenError {
  return new ListenError(
    { code: "LISTENER_UNAVAILABLE" },
    `uWebSockets.js cannot be used here: ${reason} Use the listener "ws".`,
    cause === undefined ? undefined : { cause },
  );
}

/** Path of the binary that the package would load, or undefined if it has none for this Node. */
function binaryPath(target: string): string | undefined {
  // The package exports no path of its own, so it is looked for as Node would.
  const folders = createRequire(import.meta.url).resolve.paths("uWebSockets.js") ?? [];
  return folders
    .map((folder) => join(folder, "uWebSockets.js", "dist", "bin", `uws_${target}.node`))
    .find((path) => existsSync(path));
}

/** @throws {ListenError} If `bytes` is not the binary that is pinned for `target`. */
export function checkBinary(target: string, bytes: Uint8Array): void {
  const expected = UWS_BINARIES[target];
  if (expected === undefined) throw unavailable(`no binary is pinned for ${target}.`);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== expected) {
    throw unavailable(
      `the binary for ${target} has SHA-256 ${actual}, and ${expected} is pinned: reinstall with npm ci.`,
    );
  }
}

let loaded: Promise<Uws> | undefined;

async function load(): Promise<Uws> {
  const target = `${process.platform}_${process.arch}_${process.versions.modules}`;
  const path = binaryPath(target);
  if (path === undefined) throw unavailable(`it has no binary for ${target}.`);
  checkBinary(target, readFileSync(path));
  try {
    return (await import("uWebSockets.js")) as unknown as Uws;
  } catch (error) {
    throw unavailable("its binary does not load (it needs glibc).", error);
  }
}

/**
 * uWebSockets.js, after its binary was found to be the pinned one.
 *
 * @throws {ListenError} LISTENER_UNAVAILABLE, saying why.
 */
export function loadUws(): Promise<Uws> {
  loaded ??= load();
  return loaded;
}
