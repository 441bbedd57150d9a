/**
 * Allowlists of `Host` and `Origin`. A page of another site can make a browser connect to
 * 127.0.0.1; these two headers, which it cannot forge, give it away (DNS rebinding).
 */

export interface HostRules {
  isHostAllowed(host: string): boolean;
  /** Programs send no origin; a browser always does. */
  isOriginAllowed(origin: string | undefined): boolean;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** `host` or `host:port` in lower case, split. IPv6 addresses keep their brackets. */
function splitHost(text: string): { readonly name: string; readonly port: string } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/.exec(text);
  return match === null ? undefined : { name: match[1] as string, port: match[2] ?? "" };
}

export function createHostRules(
  listenHost: string,
  port: () => number,
  hosts: readonly string[] = [],
  origins: readonly string[] = [],
): HostRules {
  const named = new Set([...hosts.map((host) => host.toLowerCase())]);
  const own = new Set([...LOOPBACK]);
  if (listenHost !== "0.0.0.0" && listenHost !== "::") {
    own.add(listenHost.includes(":") ? `[${listenHost}]` : listenHost.toLowerCase());
  }
  const allowedOrigins = new Set(origins.map((origin) => origin.toLowerCase()));

  const isHostAllowed = (host: string) => {
    const parts = splitHost(host);
    if (parts === undefined) return false;
    if (named.has(host) || named.has(parts.name)) return true;
    return own.has(parts.name) && (parts.port === "" ? 80 : Number(parts.port)) === port();
  };

  return {
    isHostAllowed,
    isOriginAllowed: (origin) => {
      if (origin === undefined) return true;
      const text = origin.toLowerCase();
      if (allowedOrigins.has(text)) return true;
      const match = /^https?:\/\/(.+)$/.exec(text);
      return match !== null && isHostAllowed(match[1] as string);
    },
  };
}
