/** Static pages: the explorer's built files, read from one directory and from nowhere else. */

import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import type { HttpReply, HttpRequest } from "./listener.js";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

const FILE_SIZE_BYTES_MAX = 16 * 1024 * 1024;
const PATH_LENGTH_MAX = 512;

function plain(status: number, text: string): HttpReply {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: `${text}\n`,
  };
}

/** Headers of every page: nothing is loaded from, sent to or framed by another site. */
function securityHeaders(host: string): Record<string, string> {
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "manifest-src 'self'",
      `connect-src 'self' ws://${host} wss://${host}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
  };
}

/** File of a URL path, relative to the directory; undefined where the path is not a plain one. */
export function fileOfPath(path: string): string | undefined {
  if (path.length > PATH_LENGTH_MAX) return undefined;
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (!text.startsWith("/") || /[\\\0:]/.test(text)) return undefined;
  const parts = text.slice(1).split("/");
  const isPlain = parts.every((part, i) => {
    if (part === "") return i === parts.length - 1;
    return !part.startsWith(".");
  });
  if (!isPlain) return undefined;
  const last = parts.at(-1) as string;
  // Paths of the pages themselves have no ending: one document serves them all.
  return extname(last) === "" ? "index.html" : parts.join("/");
}

export class Pages {
  constructor(readonly directory: string | undefined) {}

  async serve(request: HttpRequest): Promise<HttpReply> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return { ...plain(405, "Only GET and HEAD."), headers: { allow: "GET, HEAD" } };
    }
    const file = this.directory === undefined ? undefined : fileOfPath(request.path);
    const type = file === undefined ? undefined : CONTENT_TYPES[extname(file)];
    if (this.directory === undefined || file === undefined || type === undefined) {
      return plain(404, "Not found.");
    }
    try {
      const root = await realpath(resolve(this.directory));
      const path = await realpath(join(root, file));
      // A symbolic link must not lead out of the directory.
      if (!path.startsWith(root + sep)) return plain(404, "Not found.");
      const facts = await stat(path);
      if (!facts.isFile() || facts.size > FILE_SIZE_BYTES_MAX) return plain(404, "Not found.");
      const body = await readFile(path);
      const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
      return {
        status: 200,
        headers: { ...securityHeaders(request.host), "content-type": type, etag },
        body,
      };
    } catch {
      return plain(404, "Not found.");
    }
  }
}
