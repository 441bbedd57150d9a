import { FondacoError } from "../../base/errors.js";

export type Iso20022ErrorCode =
  /** No well-formed XML, or not the structure of the message. */
  | "XML_MALFORMED"
  /** Well-formed, and something that is refused on purpose: a DTD, an encoding, another message. */
  | "MESSAGE_UNSUPPORTED"
  /** Above a limit of base/limits.ts. */
  | "MESSAGE_TOO_LARGE";

export interface Iso20022ErrorDetail {
  readonly code: Iso20022ErrorCode;
  /** Where in the file, counted from 1; absent where it concerns the file as a whole. */
  readonly line?: number;
  readonly column?: number;
}

/** A file that cannot be read as the message that it should be: nothing of it is used. */
export class Iso20022Error extends FondacoError<Iso20022ErrorDetail> {
  override readonly name = "Iso20022Error";
}

/** Where the reader stands, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export function iso20022Error(code: Iso20022ErrorCode, words: string, at?: Place): Iso20022Error {
  if (at === undefined) return new Iso20022Error({ code }, words);
  const { line, column } = at;
  return new Iso20022Error({ code, line, column }, `line ${line}, column ${column}: ${words}`);
}
