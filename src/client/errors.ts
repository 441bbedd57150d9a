import { FondacoError } from "../base/errors.js";

export type ClientErrorCode =
  /** The connection went away before the answer; nothing is known about the request. */
  | "CONNECTION_LOST"
  /** `close` was called, or the node refused the connection for good. */
  | "CONNECTION_CLOSED"
  /** No connection, or no answer, within the time that the caller gave. */
  | "TIMEOUT"
  /** The node belongs to another network than the one that was asked for. */
  | "WRONG_CHAIN"
  /** The node broke the protocol. */
  | "PROTOCOL"
  /** No WebSocket implementation was given, and the platform has none. */
  | "NO_WEB_SOCKET"
  /** What the caller gave cannot be made into a transaction. */
  | "BAD_ARGUMENT"
  /** The transaction is final and did not take effect; `detail.codeName` says why. */
  | "NOT_APPLIED"
  /** `validUntilMs` passed; the transaction can no longer take effect. */
  | "EXPIRED";

export interface ClientErrorDetail {
  readonly code: ClientErrorCode;
  readonly [field: string]: string | number | boolean | undefined;
}

/** A failure on this side of the wire. What the node answers is an `ApiError`. */
export class ClientError extends FondacoError<ClientErrorDetail> {
  override readonly name = "ClientError";

  constructor(
    code: ClientErrorCode,
    message: string,
    fields: Readonly<Record<string, string | number | boolean | undefined>> = {},
    options?: ErrorOptions,
  ) {
    super({ ...fields, code }, message, options);
  }
}
