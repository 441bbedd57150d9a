/** The payment id of an entry: what makes a second import, from anywhere, pay nothing. */

import { concatBytes, utf8 } from "../../base/bytes.js";
import { encode, struct, text } from "../../codec/schema.js";
import { nobleHasher } from "../../crypto/noble/index.js";

export interface EntryIdentification {
  readonly messageId: string;
  readonly paymentInformationId: string;
  readonly endToEndId: string;
}

const TAG = utf8("fondaco/pain1/1");
const PAYMENT_ID_SIZE_BYTES = 16;

/** An identification of ISO 20022 (Max35Text): 35 characters of at most 4 bytes. */
export const IDENTIFICATION_LENGTH_MAX = 35;
const identification = text(4 * IDENTIFICATION_LENGTH_MAX, 1);

const schema = struct({
  messageId: identification,
  paymentInformationId: identification,
  endToEndId: identification,
});

/**
 * First 16 bytes of SHA-256 over the 15 ASCII bytes `fondaco/pain1/1` and the three
 * identifications, each as ULEB128 length and UTF-8 (a BCS string). Lengths keep `("ab", "c")` and
 * `("a", "bc")` apart.
 */
export function entryPaymentId(entry: EntryIdentification): Uint8Array {
  const { messageId, paymentInformationId, endToEndId } = entry;
  const encoded = encode(schema, { messageId, paymentInformationId, endToEndId });
  return nobleHasher.sha256(concatBytes(TAG, encoded)).slice(0, PAYMENT_ID_SIZE_BYTES);
}

/** Whether text is an identification: 1 to 35 characters, as the schema counts them. */
export function isIdentification(value: string): boolean {
  // Code points, as XML Schema counts; the first test keeps a long text from being split.
  return (
    value.length > 0 &&
    value.length <= 2 * IDENTIFICATION_LENGTH_MAX &&
    [...value].length <= IDENTIFICATION_LENGTH_MAX
  );
}
