import { FondacoError } from "../base/errors.js";

export type CodecErrorDetail =
  | { readonly code: "CODEC_TRUNCATED"; readonly offset: number }
  | { readonly code: "CODEC_TRAILING_BYTES"; readonly offset: number }
  | { readonly code: "CODEC_LENGTH"; readonly offset: number; readonly max: number }
  | { readonly code: "CODEC_NOT_MINIMAL"; readonly offset: number }
  | { readonly code: "CODEC_BAD_VALUE"; readonly offset: number };

/** Bytes that are no canonical encoding of what was expected. Never the reader's fault. */
export class CodecError extends FondacoError<CodecErrorDetail> {
  override readonly name = "CodecError";
}
