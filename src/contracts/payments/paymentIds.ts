/** Payment ids: the same id and payment is paid once within 35 days of block time (PAY-2, PAY-3). */

import { assert } from "../../base/assert.js";
import { concatBytes } from "../../base/bytes.js";
import { HASH_TAGS } from "../../crypto/domainTags.js";
import type { Hasher } from "../../crypto/interfaces.js";
import { PAYMENT_ID_KEPT_MS } from "../../declarations/assets.js";
import { countOfKey, KEYS, TABLES } from "../../declarations/tables.js";
import type { LedgerContext } from "../../ledger/context.js";
import { count, discount } from "../../ledger/quota.js";
import type { AccountId, Hash, OrganisationId } from "../../types/primitives.js";

/** A payment id has its own row and the one that orders it by expiry. */
const PAYMENT_ID_ROWS = 2;
const SWEEP_MIN = 64;

/** What was paid: SHA-256 over tag, payer, and the operation's body after its party index. */
export function paymentDigest(hasher: Hasher, payer: AccountId, body: Uint8Array): Hash {
  return hasher.sha256(concatBytes(HASH_TAGS.operation, payer, body.subarray(1)));
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
  const row = context.rows.read(TABLES.payment, KEYS.payment(payer, id));
  return row !== undefined && row.expiresMs > context.timeMs ? row : undefined;
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
  const key = KEYS.payment(payer, id);
  const old = rows.read(TABLES.payment, key);
  if (old === undefined) {
    if (!count(context, organisation, "rows", PAYMENT_ID_ROWS)) return false;
  } else {
    // Expired, and not swept yet.
    rows.put(TABLES.paymentExpiry.id, KEYS.paymentExpiry(old.expiresMs, payer, id), undefined);
  }
  const expiresMs = context.timeMs + PAYMENT_ID_KEPT_MS;
  rows.write(TABLES.payment, key, { txId: context.txId, digest, expiresMs });
  rows.put(TABLES.paymentExpiry.id, KEYS.paymentExpiry(expiresMs, payer, id), new Uint8Array(0));
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
  const limit = SWEEP_MIN + 2 * context.paymentIdsRecorded;
  for (const { key } of rows.scan(TABLES.paymentExpiry.id, new Uint8Array(0), undefined, limit)) {
    if (countOfKey(key, 0) > context.timeMs) break;
    const payer = key.subarray(8, 40);
    const account = rows.read(TABLES.account, payer);
    assert(account !== undefined, "a payment id belongs to an account");
    rows.put(TABLES.paymentExpiry.id, key, undefined);
    rows.put(TABLES.payment.id, KEYS.payment(payer, key.subarray(40)), undefined);
    discount(context, account.organisation, "rows", PAYMENT_ID_ROWS);
  }
}
