import type { TSchema } from "typebox";
import type { ErrorName } from "./errors.js";

/**
 * Who may ask: `public` anyone; `party` a logged-in account, about accounts of its own
 * organisation (an auditor about all); `login` whoever the method itself decides.
 */
export type Scope = "public" | "party";

export interface MethodContract<P extends TSchema = TSchema, R extends TSchema = TSchema> {
  readonly summary: string;
  readonly scope: Scope;
  /** Whether it needs a WebSocket: it belongs to a connection. */
  readonly socketOnly: boolean;
  readonly params: P;
  readonly result: R;
  /** Errors of its own, beside those that every method may answer. */
  readonly errors: readonly ErrorName[];
}

interface MethodText<P extends TSchema, R extends TSchema> {
  readonly summary: string;
  readonly scope?: Scope;
  readonly socketOnly?: boolean;
  readonly params: P;
  readonly result: R;
  readonly errors?: readonly ErrorName[];
}

export function method<P extends TSchema, R extends TSchema>(
  text: MethodText<P, R>,
): MethodContract<P, R> {
  return { scope: "public", socketOnly: false, errors: [], ...text };
}
