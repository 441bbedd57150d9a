/** JSON-RPC 2.0: messages in, answers out. Parameters are never repeated in an answer or a log. */

import {
  ApiError,
  checkParams,
  type ErrorData,
  isMethodName,
  METHODS,
  type MethodName,
  type ParamsOf,
  type ResultOf,
} from "../api/index.js";
import { codeOf, messageOf } from "../base/errors.js";
import { LIMITS } from "../base/limits.js";
import type { Logger } from "../ports/logger.js";
import type { Metrics } from "../ports/metrics.js";
import type { SubmitRefusal } from "../ports/nodeApi.js";
import type { Caller } from "./caller.js";
import { isPaying, Room } from "./room.js";
import { JsonText, refusalText } from "./statusText.js";

/** What a handler answers: its result, or the JSON text of it. */
type Answer<M extends MethodName> = ResultOf<M> | JsonText;

export type Handlers = {
  readonly [M in MethodName]: (
    params: ParamsOf<M>,
    caller: Caller,
  ) => Promise<Answer<M>> | Answer<M>;
};

type RequestId = string | number | null;

const ID_LENGTH_MAX = 128;
const OVERLOAD_RETRY_MS = 200;
/** How a `tx.submitMany` begins when it is written as usual: its id is the first group. */
const SUBMIT_MANY_HEAD =
  /^\{"jsonrpc":"2\.0","id":(0|[1-9][0-9]{0,14}|"[A-Za-z0-9_.:-]{1,128}"),"method":"tx\.submitMany"/;
const REQUEST_FIELDS = new Set(["jsonrpc", "id", "method", "params"]);

export interface RpcOptions {
  readonly handlers: Handlers;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly outstandingPerSocketMax: number;
  /** Over all sockets; `LIMITS.outstandingMax` by default. */
  readonly outstandingMax?: number;
  /** Of the texts of all requests that wait for their answers. */
  readonly requestsSizeBytesMax: number;
  /** Why the node would take no transaction at all now. */
  readonly refusesAll: () => SubmitRefusal | undefined;
  /** Ends a login that the state no longer bears out. */
  readonly renew: (caller: Caller) => Promise<void>;
  /** Whether a method of scope `party` may be called by this caller. */
  readonly requireLogin: (caller: Caller) => void;
}

/** An error as it stands in an answer. */
export function errorToJson(error: ApiError, requestId: string) {
  const data: ErrorData = {
    ...error.detail.data,
    name: error.code,
    retry: error.retry,
    requestId,
  };
  return { code: error.rpcCode, message: error.message, data };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function idOf(request: unknown): RequestId {
  if (!isPlainObject(request)) return null;
  const { id } = request;
  if (typeof id === "string" && id.length <= ID_LENGTH_MAX) return id;
  return typeof id === "number" && Number.isFinite(id) ? id : null;
}

interface CheckedRequest {
  readonly method: MethodName;
  readonly params: unknown;
  readonly isNotification: boolean;
}

function checkRequest(request: unknown): CheckedRequest {
  if (!isPlainObject(request) || request.jsonrpc !== "2.0" || typeof request.method !== "string") {
    throw new ApiError("INVALID_REQUEST", 'A request has jsonrpc "2.0", method, params and id.');
  }
  if (Object.keys(request).some((field) => !REQUEST_FIELDS.has(field))) {
    throw new ApiError("INVALID_REQUEST", "A request has no other fields than these four.");
  }
  if (request.id !== undefined && request.id !== null && idOf(request) === null) {
    throw new ApiError(
      "INVALID_REQUEST",
      `An id is a number or up to ${ID_LENGTH_MAX} characters.`,
    );
  }
  if (!isMethodName(request.method)) {
    throw new ApiError("METHOD_NOT_FOUND", "There is no such method; rpc.discover lists them all.");
  }
  if (request.params !== undefined && !isPlainObject(request.params)) {
    throw new ApiError("INVALID_PARAMS", "Parameters are given by name, as an object.", {
      path: "/",
    });
  }
  return {
    method: request.method,
    params: request.params ?? {},
    isNotification: request.id === undefined,
  };
}

export class Rpc {
  #requests = 0;
  /** Requests of all callers that wait, and the size of their texts. */
  readonly #outstanding: Room;
  readonly #openSizeBytes: Room;

  constructor(readonly options: RpcOptions) {
    this.#outstanding = new Room(options.outstandingMax ?? LIMITS.outstandingMax);
    this.#openSizeBytes = new Room(options.requestsSizeBytesMax);
  }

  /**
   * The answer to a `tx.submitMany` while the node takes nothing, from its first characters: at some
   * times its capacity a node refuses most of what it is sent, and reading that would cost it more
   * than what it takes. Undefined for all else, which {@link answer} answers.
   */
  refuseUnread(text: string, caller: Caller): string | undefined {
    const id = SUBMIT_MANY_HEAD.exec(text)?.[1];
    const refusal = id === undefined ? undefined : this.options.refusesAll();
    if (refusal === undefined) return undefined;
    const outcome = refusal.code;
    this.options.metrics.count("gateway_requests", 1, { method: "tx.submitMany", outcome });
    const error = refusalText(refusal, this.#nextRequestId(caller));
    return `{"jsonrpc":"2.0","id":${id},"error":${error}}`;
  }

  /** The answer to one message, or undefined where none is due. Never throws. */
  async answer(text: string, caller: Caller): Promise<string | undefined> {
    if (text.length > LIMITS.rpcMessageSizeBytesMax) {
      const max = LIMITS.rpcMessageSizeBytesMax;
      return this.#failure(
        null,
        new ApiError("TOO_LARGE", `A message has at most ${max} bytes.`, { max }),
        caller,
      );
    }
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return this.#failure(null, new ApiError("PARSE_ERROR", "The message is no JSON."), caller);
    }
    const pays = isPlainObject(message) && isPaying(message.method);
    if (!this.#openSizeBytes.take(text.length, pays)) {
      const error = overloaded("Too many and too large requests wait for their answers.");
      return this.#failure(idOf(message), error, caller);
    }
    try {
      return await this.#all(message, caller);
    } finally {
      this.#openSizeBytes.release(text.length, pays);
    }
  }

  async #all(message: unknown, caller: Caller): Promise<string | undefined> {
    if (!Array.isArray(message)) return this.#one(message, caller);
    if (message.length === 0) {
      const error = new ApiError("INVALID_REQUEST", "A batch has at least one request.");
      return this.#failure(null, error, caller);
    }
    if (message.length > LIMITS.rpcBatchMax) {
      const max = LIMITS.rpcBatchMax;
      const error = new ApiError("TOO_LARGE", `A batch has at most ${max} requests.`, { max });
      return this.#failure(null, error, caller);
    }
    const answers = await Promise.all(message.map((request) => this.#one(request, caller)));
    const due = answers.filter((answer) => answer !== undefined);
    if (due.length === 0) return undefined;
    const sizeBytes = due.reduce((sum, answer) => sum + answer.length, 0);
    if (sizeBytes > LIMITS.replySizeBytesMax) {
      return this.#failure(null, replyTooLarge(), caller);
    }
    return `[${due.join(",")}]`;
  }

  async #one(request: unknown, caller: Caller): Promise<string | undefined> {
    const id = idOf(request);
    let checked: CheckedRequest;
    try {
      checked = checkRequest(request);
    } catch (error) {
      return this.#failure(id, error, caller);
    }
    const { method, params, isNotification } = checked;
    const pays = isPaying(method);
    const isFull =
      caller.outstanding >= this.options.outstandingPerSocketMax ||
      !this.#outstanding.take(1, pays);
    if (isFull) {
      const error = overloaded("Too many requests wait for their answers.");
      return isNotification ? undefined : this.#failure(id, error, caller, method);
    }
    caller.outstanding++;
    try {
      if (caller.principal.kind !== "anonymous") await this.options.renew(caller);
      const result = await this.#call(method, params, caller);
      this.options.metrics.count("gateway_requests", 1, { method, outcome: "ok" });
      if (isNotification) return undefined;
      const resultText = result instanceof JsonText ? result.text : JSON.stringify(result);
      const answer = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${resultText}}`;
      if (answer.length > LIMITS.replySizeBytesMax) throw replyTooLarge();
      return answer;
    } catch (error) {
      const answer = this.#failure(id, error, caller, method);
      return isNotification ? undefined : answer;
    } finally {
      caller.outstanding--;
      this.#outstanding.release(1, pays);
    }
  }

  #call<M extends MethodName>(
    method: M,
    params: unknown,
    caller: Caller,
  ): Promise<Answer<M>> | Answer<M> {
    const { scope, socketOnly } = METHODS[method];
    if (socketOnly && caller.socket === undefined) {
      throw new ApiError("NEEDS_SOCKET", "This belongs to a WebSocket: connect to /ws.");
    }
    const checked = checkParams(method, params);
    if (!checked.ok) {
      const { path = "/", reason = "wrong" } = checked.fault ?? {};
      throw new ApiError("INVALID_PARAMS", `At ${path}: ${reason}.`, { path, reason });
    }
    if (scope === "party") this.options.requireLogin(caller);
    return this.options.handlers[method](checked.value, caller);
  }

  #nextRequestId(caller: Caller): string {
    this.#requests++;
    return `${caller.id}-${this.#requests}`;
  }

  #failure(id: RequestId, error: unknown, caller: Caller, method = "none"): string {
    const requestId = this.#nextRequestId(caller);
    let answer: ApiError;
    if (error instanceof ApiError) {
      answer = error;
    } else {
      this.options.logger.error("a request failed by a bug", {
        requestId,
        method,
        code: codeOf(error),
        error: messageOf(error),
      });
      answer = new ApiError("INTERNAL_ERROR", "The node failed on this request; see its log.");
    }
    this.options.metrics.count("gateway_requests", 1, { method, outcome: answer.code });
    const json = { jsonrpc: "2.0", id, error: errorToJson(answer, requestId) };
    return JSON.stringify(json);
  }
}

function overloaded(words: string): ApiError {
  return new ApiError("OVERLOADED", words, { retryAfterMs: OVERLOAD_RETRY_MS });
}

function replyTooLarge(): ApiError {
  const max = LIMITS.replySizeBytesMax;
  return new ApiError("TOO_LARGE", `The answer would have more than ${max} bytes; ask for less.`, {
    max,
  });
}
