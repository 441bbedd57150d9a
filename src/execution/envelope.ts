/** The envelope of a transaction: who may act, and what keeps it from acting twice (ENV-2 to ENV-6). */

import { LIMITS } from "../base/limits.js";
import { decode } from "../codec/schema.js";
import { ACCOUNT_STATUS } from "../declarations/assets.js";
import type { ResultName } from "../declarations/resultCodes.js";
import { type AccountRow, TABLES } from "../declarations/tables.js";
import type { LedgerContext } from "../ledger/context.js";
import {
  CHANNEL_SIZE_BYTES,
  CHANNEL_TABLE,
  channelKey,
  freshness,
  newChannel,
  withNonce,
} from "../ledger/nonces.js";
import { count } from "../ledger/quota.js";
import type { Transaction } from "../types/transaction.js";

/** What judging an envelope found: undefined if the nonce was used and operations may run. */
export interface Voided {
  readonly result: ResultName;
  /** Whether all parties have agreed to it: only then does it join their history. */
  readonly isAuthorised: boolean;
}

/**
 * Judges everything before the operations, in the order of the codes, and uses the nonce up. The
 * context names the transaction's parties. Quota is judged before (`spend`). The caller undoes what
 * was written when the answer voids.
 */
export function judgeEnvelope(
  context: LedgerContext,
  transaction: Transaction,
): Voided | undefined {
  const { validUntilMs, channel, nonce } = transaction.body;
  const { parties } = context;
  context.partyHandles = [];
  if (context.timeMs > validUntilMs) return { result: "EXPIRED", isAuthorised: false };
  if (validUntilMs > context.timeMs + LIMITS.validityMsMax) {
    return { result: "VALIDITY_TOO_LONG", isAuthorised: false };
  }
  const rows: AccountRow[] = [];
  for (const party of parties) {
    const handle = context.rows.locate(TABLES.account.id, party);
    context.partyHandles.push(handle);
    const row = context.rows.readAt(TABLES.account, handle);
    if (row === undefined) return { result: "UNKNOWN_ACCOUNT", isAuthorised: false };
    rows.push(row);
  }
  for (const row of rows) {
    if (row.status !== ACCOUNT_STATUS.active) {
      return { result: "ACCOUNT_CLOSED", isAuthorised: false };
    }
  }
  for (let i = 0; i < rows.length; i++) {
    if (!isSatisfied(rows[i] as AccountRow, i, transaction)) {
      return { result: "NOT_AUTHORISED", isAuthorised: false };
    }
  }
  const author = parties[0] as Uint8Array;
  const refusal = useNonce(context, author, rows[0] as AccountRow, channel, nonce);
  return refusal === undefined ? undefined : { result: refusal, isAuthorised: true };
}

/**
 * Whether the witnesses of a party reach its policy's threshold. Keys that the policy does not name
 * weigh nothing: anyone can add witnesses to a transaction, and must not spoil it by that.
 */
function isSatisfied({ policy }: AccountRow, party: number, transaction: Transaction): boolean {
  let weight = 0;
  for (const key of policy.keys) {
    if (transaction.isWitnessedBy(party, key.publicKey)) weight += key.weight;
  }
  return weight >= policy.threshold;
}

/**
 * Why a transaction could not act in the state of these rows (those of its parties, in order), as
 * {@link judgeEnvelope} would say. A validator asks it of the last final state before it seals.
 */
export function whyNotAuthorised(
  rows: readonly (Uint8Array | undefined)[],
  transaction: Transaction,
): ResultName | undefined {
  for (let i = 0; i < rows.length; i++) {
    const bytes = rows[i];
    if (bytes === undefined) return "UNKNOWN_ACCOUNT";
    const row = decode(TABLES.account.row, bytes);
    if (row.status !== ACCOUNT_STATUS.active) return "ACCOUNT_CLOSED";
    if (!isSatisfied(row, i, transaction)) return "NOT_AUTHORISED";
  }
  return undefined;
}

function useNonce(
  context: LedgerContext,
  author: Uint8Array,
  row: AccountRow,
  channel: number,
  nonce: bigint,
): ResultName | undefined {
  const handle = context.rows.locate(CHANNEL_TABLE, channelKey(author, channel));
  const stored = handle.row;
  const state = stored ?? newChannel();
  if (stored === undefined && row.channels >= LIMITS.channelsPerAccountMax) return "CHANNEL_LIMIT";
  const fresh = freshness(state, nonce);
  if (fresh === "outside") return "NONCE_OUT_OF_WINDOW";
  if (fresh === "used") return "NONCE_USED";
  if (stored === undefined) {
    if (!count(context, row.organisation, "channels")) return "CHANNEL_LIMIT";
    if (!count(context, row.organisation, "rows")) return "CHANNEL_LIMIT";
    context.rows.write(TABLES.account, author, { ...row, channels: row.channels + 1 });
  }
  const changed = withNonce(state, nonce, context.rows.allocate(CHANNEL_SIZE_BYTES));
  context.rows.putAt(handle, changed);
  return undefined;
}
