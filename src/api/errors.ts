/** Every error that a gateway answers, with its JSON-RPC code and what a client may do about it. */

import { FondacoError } from "../base/errors.js";

/**
 * What a client may do: `never` (change the request), `same-bytes` (ask again with the same bytes),
 * `after` (again after `retryAfterMs`), `later`, `rebuild` (sign anew), `elsewhere` (ask another
 * validator), `resync` (open again from `oldestCursor`), `reopen`.
 */
export type Retry =
  | "never"
  | "same-bytes"
  | "after"
  | "later"
  | "rebuild"
  | "elsewhere"
  | "resync"
  | "reopen";

interface ErrorContract {
  readonly code: number;
  readonly retry: Retry;
  readonly text: string;
}

export const ERRORS = {
  PARSE_ERROR: { code: -32700, retry: "never", text: "The message is no JSON." },
  INVALID_REQUEST: {
    code: -32600,
    retry: "never",
    text: "The message is no JSON-RPC 2.0 request, or a batch without entries.",
  },
  METHOD_NOT_FOUND: { code: -32601, retry: "never", text: "There is no such method." },
  INVALID_PARAMS: {
    code: -32602,
    retry: "never",
    text: "A parameter is missing, unknown or of the wrong form; `path` says which.",
  },
  INTERNAL_ERROR: {
    code: -32603,
    retry: "later",
    text: "A bug of the node; its log holds more under `requestId`.",
  },
  UNAUTHENTICATED: {
    code: -32001,
    retry: "never",
    text: "The answer needs a login (`auth.login`), or the login was wrong.",
  },
  FORBIDDEN: {
    code: -32002,
    retry: "never",
    text: "The answer concerns accounts of another organisation.",
  },
  OVERLOADED: {
    code: -32004,
    retry: "after",
    text: "A queue is full; nothing was taken. Ask again after `retryAfterMs`.",
  },
  NOT_READY: { code: -32005, retry: "after", text: "The validator is catching up or starting." },
  NOT_FOUND: { code: -32006, retry: "never", text: "There is no such thing at this height." },
  PRUNED: {
    code: -32007,
    retry: "elsewhere",
    text: "This validator keeps heights from `oldestHeight` only.",
  },
  CURSOR_EXPIRED: {
    code: -32008,
    retry: "resync",
    text: "The cursor lies before `oldestCursor`, the first that can be served here.",
  },
  TOO_LARGE: { code: -32009, retry: "never", text: "Above the limit that `max` states." },
  WAIT_TIMEOUT: {
    code: -32010,
    retry: "same-bytes",
    text: "The transaction is still pending: no failure. Ask `tx.status`, or submit the same bytes.",
  },
  NEEDS_SOCKET: {
    code: -32011,
    retry: "never",
    text: "Logins and subscriptions need a WebSocket at `/ws`.",
  },
  TOO_MANY: {
    code: -32012,
    retry: "never",
    text: "This socket holds as many subscriptions as it may; close one first.",
  },
  MALFORMED_TX: { code: -32020, retry: "never", text: "The bytes are no transaction." },
  BAD_SIGNATURE: { code: -32021, retry: "never", text: "A witness signature is wrong." },
  WRONG_CHAIN: {
    code: -32022,
    retry: "never",
    text: "The transaction was made for another network.",
  },
  EXPIRED: {
    code: -32023,
    retry: "rebuild",
    text: "`validUntilMs` has passed, or lies too far ahead.",
  },
  INVALID_TX: {
    code: -32024,
    retry: "never",
    text: "The bytes are a transaction that no validator may take (unknown operation, bad body, attachment).",
  },
  NOT_AUTHORISED: {
    code: -32025,
    retry: "later",
    text: "In the last final state a party is no active account, or its witnesses do not reach its key policy.",
  },
  UNKNOWN_SUBSCRIPTION: {
    code: -32040,
    retry: "reopen",
    text: "This socket has no subscription of that handle.",
  },
} as const satisfies Readonly<Record<string, ErrorContract>>;

export type ErrorName = keyof typeof ERRORS;

/** Further fields of an error's `data`, beside `name`, `retry` and `requestId`. */
export type ErrorData = Readonly<Record<string, string | number | boolean | null>>;

/** An error of the contract: thrown by handlers of the gateway, and by the SDK for its answer. */
export class ApiError extends FondacoError<{ readonly code: ErrorName; readonly data: ErrorData }> {
  override readonly name = "ApiError";

  constructor(code: ErrorName, message: string, data: ErrorData = {}) {
    super({ code, data }, message);
  }

  get retry(): Retry {
    return ERRORS[this.code].retry;
  }

  get rpcCode(): number {
    return ERRORS[this.code].code;
  }

  /** How long to wait before the next try, where the answer says so. */
  get retryAfterMs(): number | undefined {
    const value = this.detail.data.retryAfterMs;
    return typeof value === "number" ? value : undefined;
  }
}

export function isErrorName(name: unknown): name is ErrorName {
  return typeof name === "string" && Object.hasOwn(ERRORS, name);
}

/** WebSocket close codes that a gateway sends or that a client must understand. */
export const CLOSE_CODES = {
  normal: { code: 1000, text: "done" },
  goingAway: { code: 1001, text: "the node stops; reconnect elsewhere" },
  policy: { code: 1008, text: "refused by a rule; do not reconnect at once" },
  tooLarge: { code: 1009, text: "message above the limit; do not repeat it" },
  tryLater: { code: 1013, text: "too many sockets, or the client reads too slowly" },
  protocol: { code: 4001, text: "binary frame or other breach of the protocol" },
} as const;
