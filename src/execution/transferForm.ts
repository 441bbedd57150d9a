/**
 * Static validity of the body of a `transfer`, by offset: nearly all operations are transfers, and
 * decoding one into an object only to forget it costs more than everything else static validity
 * does. It says yes or "ask the schema", never no; a test holds it against the schema.
 */

const OFFSET = { amount: 37, reference: 47, referenceContent: 48 } as const;
const INVOICE_HASH_SIZE_BYTES = 32;
const NUMBER_SIZE_BYTES = 8;
const PAYMENT_ID_SIZE_BYTES = 16;
/** Longest text of each kind of reference that is text, by its variant. */
const TEXT_SIZE_BYTES_MAX: Readonly<Record<number, number>> = { 2: 35, 4: 64 };

/** Whether bytes are a well-formed transfer by one of `partyCount` parties; if not, ask the schema. */
export function isTransferForm(body: Uint8Array, partyCount: number): boolean {
  if (body.length < OFFSET.referenceContent || (body[0] as number) >= partyCount) return false;
  if (!isAmount(body)) return false;
  const end = referenceEnd(body);
  if (body[end] === 0) return end + 1 === body.length;
  return body[end] === 1 && end + 1 + PAYMENT_ID_SIZE_BYTES === body.length;
}

/** Between 1 and 2^63 - 1. */
function isAmount(body: Uint8Array): boolean {
  if ((body[OFFSET.amount + 7] as number) > 0x7f) return false;
  for (let i = 0; i < 8; i++) if (body[OFFSET.amount + i] !== 0) return true;
  return false;
}

/** Where the reference ends; the end of the body where the schema should look at it. */
function referenceEnd(body: Uint8Array): number {
  const variant = body[OFFSET.reference] as number;
  if (variant === 0) return OFFSET.referenceContent;
  if (variant === 1) return OFFSET.referenceContent + INVOICE_HASH_SIZE_BYTES;
  if (variant === 3) return OFFSET.referenceContent + NUMBER_SIZE_BYTES;
  const length = body[OFFSET.referenceContent] as number;
  const max = TEXT_SIZE_BYTES_MAX[variant];
  if (max === undefined || !(length >= 1 && length <= max)) return body.length;
  const start = OFFSET.referenceContent + 1;
  // Other text than ASCII may be no UTF-8.
  for (let i = start; i < start + length; i++)
    if (!((body[i] as number) < 0x80)) return body.length;
  return start + length;
}
