/** Data of an operational error: `code` is stable API, the message may change. */
export interface ErrorDetail {
  readonly code: string;
}

/**
 * Base of every error that Fondaco throws for an operational failure. `detail.code` is the
 * stable, machine-readable name; `message` says what happened and what to do next.
 */
export class FondacoError<D extends ErrorDetail = ErrorDetail> extends Error {
  override readonly name: string = "FondacoError";

  constructor(
    readonly detail: D,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get code(): D["code"] {
    return this.detail.code;
  }
}

/** The message of anything that was thrown, for one line of text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stable code of anything that was thrown: ours, Node's (`ENOSPC`), or `UNKNOWN`. */
export function codeOf(error: unknown): string {
  if (error instanceof FondacoError) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "UNKNOWN";
}
