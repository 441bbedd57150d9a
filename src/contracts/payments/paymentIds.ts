/** Payment ids: the same id and payment is paid once within 35 days of block time (PAY-2, PAY-3). */

import { assert } from "../../base/assert.js";
import { safeU64At, setSafe64At } from "../../base/words.js";
import { HASH_TAGS } from "../../crypto/domainTags.js";
import type { Hasher } from "../../crypto/interfaces.js";
import { PAYMENT_ID_KEPT_MS } from "../../declarations/assets.js";
import { countOfKey, KEYS, TABLES } from "../../declarations/tables.js";
import type { LedgerContext } from "../../ledger/context.js";
import { count, discount } from "../../ledger/quota.js";
import { writeNumberKey } from "../../ledger/scratchKeys.js";
import type { AccountId, Hash, OrganisationId } from "../../types/primitives.js";

/** A payment id has its own row and the one that orders it by expiry. */
const PAYMENT_ID_ROWS = 2;
const SWEEP_MIN = 64;

/** Where the fields of a payment row lie; `test/unit/contracts/payments.test.ts` holds it to the schema. */
const ROW_OFFSET = { txId: 0, digest: 32, expiresMs: 64 } as const;
const ROW_SIZE_BYTES = 72;
const EMPTY_ROW = new Uint8Array(0);

// Written anew for each lookup or hash: rows keep copies of keys.
const paymentKey = new Uint8Array(32 + 16);
const expiryKey = new Uint8Array(8 + 32 + 16);
const digestInput = new Uint8Array(512);
digestInput.set(HASH_TAGS.operation);

function keyOf(payer: AccountId, id: Uint8Array): Uint8Array {
  paymentKey.set(payer);
  paymentKey.set(id, 32);
  return paymentKey;
}

function expiryKeyOf(expiresMs: number, payer: AccountId, id: Uint8Array): Uint8Array {
  writeNumberKey(expiryKey, Math.floor(expiresMs / 0x1_0000_0000));
  writeNumberKey(expiryKey, expiresMs % 0x1_0000_0000, 4);
  expiryKey.set(payer, 8);
  expiryKey.set(id, 40);
  return expiryKey;
}

/** What was paid: SHA-256 over tag, payer, and the operation's body after its party index. */
export function paymentDigest(hasher: Hasher, payer: AccountId, body: Uint8Array): Hash {
  const start = HASH_TAGS.operation.length;
  const sizeBytes = start + payer.length + body.length - 1;
  assert(sizeBytes <= digestInput.length, "a transfer is small");
  digestInput.set(payer, start);
  digestInput.set(body.subarray(1), start + payer.length);
  return hasher.sha256(digestInput.subarray(0, sizeBytes));
}

export interface TakenId {
  readonly txId: Hash;
  readonly digest: Hash;
}

/** Who used the id, if that was less than 35 days ago. */
export function takenId(
  context: LedgerContext,
  payer: AccountId,
  id: Uint8Array,
): TakenId | undefined {
  const row = context.rows.get(TABLES.payment.id, keyOf(payer, id));
  if (row === undefined || safeU64At(row, ROW_OFFSET.expiresMs) <= context.timeMs) return undefined;
  return {
    txId: row.subarray(ROW_OFFSET.txId, ROW_OFFSET.digest),
    digest: row.subarray(ROW_OFFSET.digest, ROW_OFFSET.expiresMs),
  };
}

/** Takes a free id. False where the payer's organisation may have no more rows. */
export function takeId(
  context: LedgerContext,
  payer: AccountId,
  organisation: OrganisationId,
  id: Uint8Array,
  digest: Hash,
): boolean {
  const { rows } = context;
  const handle = rows.locate(TABLES.payment.id, keyOf(payer, id));
  if (handle.row === undefined) {
    if (!count(context, organisation, "rows", PAYMENT_ID_ROWS)) return false;
  } else {
    // Expired, and not swept yet.
    const oldMs = safeU64At(handle.row, ROW_OFFSET.expiresMs);
    rows.put(TABLES.paymentExpiry.id, expiryKeyOf(oldMs, payer, id), undefined);
  }
  const expiresMs = context.timeMs + PAYMENT_ID_KEPT_MS;
  const row = rows.allocate(ROW_SIZE_BYTES);
  row.set(context.txId, ROW_OFFSET.txId);
  row.set(digest, ROW_OFFSET.digest);
  setSafe64At(row, ROW_OFFSET.expiresMs, expiresMs);
  rows.putAt(handle, row);
  rows.put(TABLES.paymentExpiry.id, expiryKeyOf(expiresMs, payer, id), EMPTY_ROW);
  context.paymentIdsRecorded++;
  return true;
}

/**
 * Removes ids that have expired: at the end of each block with transactions, at most 64 and twice
 * as many as the block recorded. So the work is bounded, and what waits to be removed never grows.
 * Nothing else depends on it: an expired id counts as free whether or not it was removed.
 */
export function sweepPaymentIds(context: LedgerContext): void {
  const { rows } = context;
  // Mostly none is due, and to know that the first is enough.
  const [first] = rows.scan(TABLES.paymentExpiry.id, EMPTY_ROW, undefined, 1);
  if (first === undefined || countOfKey(first.key, 0) > context.timeMs) return;
  const limit = SWEEP_MIN + 2 * context.paymentIdsRecorded;
  for (const { key } of rows.scan(TABLES.paymentExpiry.id, EMPTY_ROW, undefined, limit)) {
    if (countOfKey(key, 0) > context.timeMs) break;
    const payer = key.subarray(8, 40);
    const account = rows.read(TABLES.account, payer);
    assert(account !== undefined, "a payment id belongs to an account");
    rows.put(TABLES.paymentExpiry.id, key, undefined);
    rows.put(TABLES.payment.id, KEYS.payment(payer, key.subarray(40)), undefined);
    discount(context, account.organisation, "rows", PAYMENT_ID_ROWS);
  }
}
