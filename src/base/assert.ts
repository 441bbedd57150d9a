/** A broken internal rule. It stops the process: going on could sign something untrue. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/**
 * States what must hold. Never compiled out: a validator that has lost an invariant must stop.
 *
 * @throws {AssertionError} If `condition` is false; that is a bug in Fondaco, never bad input.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch that the types exclude, so a new variant fails to compile where it is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value: ${JSON.stringify(value)}`);
}

/** Returns `value`, which is there by an invariant that `message` names. */
export function present<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new AssertionError(message);
  return value;
}
