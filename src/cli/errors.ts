import { codeOf, FondacoError } from "../base/errors.js";

/** What a command could not do, in one sentence for the person at the terminal. */
export class CommandError extends FondacoError<{ readonly code: string }> {
  override readonly name = "CommandError";
}

export function commandError(code: string, message: string): CommandError {
  return new CommandError({ code }, message);
}

/** FILE_UNREADABLE: why the file that a command was given cannot be read. */
export function unreadable(what: string, cause: unknown): CommandError {
  const code = codeOf(cause);
  const why = code === "ENOENT" ? "it does not exist" : code;
  const error = commandError("FILE_UNREADABLE", `${what} cannot be read: ${why}`);
  error.cause = cause;
  return error;
}
