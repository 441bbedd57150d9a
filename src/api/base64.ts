/** Bytes in JSON: base64url without padding (RFC 4648 section 5), strict in both directions. */

import { base64urlnopad } from "@scure/base";

export function bytesToText(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/** The bytes of `text`, or undefined if it is no canonical base64url without padding. */
export function bytesFromText(text: string): Uint8Array | undefined {
  try {
    return base64urlnopad.decode(text);
  } catch {
    return undefined;
  }
}
