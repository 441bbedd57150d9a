import { FondacoError } from "../base/errors.js";

/** What a command could not do, in one sentence for the person at the terminal. */
export class CommandError extends FondacoError<{ readonly code: string }> {
  override readonly name = "CommandError";
}

export function commandError(code: string, message: string): CommandError {
  return new CommandError({ code }, message);
}
