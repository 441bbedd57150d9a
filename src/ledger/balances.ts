/**
 * The value kernel: balances as fixed-layout rows that are copied, changed by offset and put, each
 * change with the event that is its link in the balance's chain (README.md, LED-6, LED-7).
 */

import { assert, present } from "../base/assert.js";
import { I64_MAX } from "../base/checkedInt.js";
import { BALANCE_FLAG } from "../declarations/assets.js";
import {
  BALANCE_OFFSET,
  BALANCE_SIZE_BYTES,
  HOURS_PER_DAY,
  KEYS,
  TABLES,
} from "../declarations/tables.js";
import type { AccountId, AssetId, OrganisationId } from "../types/primitives.js";
import type { LedgerContext } from "./context.js";
import { eventBuffer } from "./events.js";
import { count } from "./quota.js";

const LINK_SIZE_BYTES = 32 + 4 + 8 + 8 + 32;
const HOUR_MS = 3_600_000;
const DAY_HOURS = HOURS_PER_DAY;

/**
 * A balance in the hands of one operation: a private copy of its row, which may be changed, and is
 * put by {@link commitBalance}. One that does not exist yet is an empty row.
 */
export class Balance {
  readonly key: Uint8Array;
  readonly row: Uint8Array;
  readonly view: DataView;
  readonly isNew: boolean;
  readonly availableBefore: bigint;

  constructor(
    context: LedgerContext,
    readonly account: AccountId,
    readonly asset: AssetId,
  ) {
    this.key = KEYS.balance(account, asset);
    const stored = context.rows.get(TABLES.balance.id, this.key);
    this.isNew = stored === undefined;
    this.row = stored === undefined ? new Uint8Array(BALANCE_SIZE_BYTES) : stored.slice();
    this.view = new DataView(this.row.buffer);
    this.availableBefore = this.view.getBigInt64(BALANCE_OFFSET.available, true);
  }

  get available(): bigint {
    return this.view.getBigInt64(BALANCE_OFFSET.available, true);
  }

  get isFrozen(): boolean {
    return (this.row[BALANCE_OFFSET.flags]! & BALANCE_FLAG.frozen) !== 0;
  }

  get isAuthorised(): boolean {
    return (this.row[BALANCE_OFFSET.flags]! & BALANCE_FLAG.authorised) !== 0;
  }

  setFlag(flag: number, on: boolean): void {
    const flags = this.row[BALANCE_OFFSET.flags]!;
    this.row[BALANCE_OFFSET.flags] = on ? flags | flag : flags & ~flag;
  }

  u64(offset: number): bigint {
    return this.view.getBigUint64(offset, true);
  }

  setU64(offset: number, value: bigint): void {
    this.view.setBigUint64(offset, value, true);
  }

  /** Whether balance and overdraft cover `amount`. */
  covers(amount: bigint): boolean {
    return this.available + this.u64(BALANCE_OFFSET.overdraft) >= amount;
  }

  /** Whether a credit of `amount` stays below the balance's maximum and in 63 bits. */
  takes(amount: bigint): boolean {
    const after = this.available + amount;
    const max = this.u64(BALANCE_OFFSET.balanceMax);
    return after <= I64_MAX && (max === 0n || after <= max);
  }

  debit(amount: bigint): void {
    assert(this.covers(amount), "a debit is covered");
    this.view.setBigInt64(BALANCE_OFFSET.available, this.available - amount, true);
  }

  credit(amount: bigint): void {
    assert(this.takes(amount), "a credit is within the limits");
    this.view.setBigInt64(BALANCE_OFFSET.available, this.available + amount, true);
  }
}

/**
 * Puts a changed balance together with its event, whose body is the link and then `tail`. The
 * balance's new head is the event's leaf hash. A new row counts for `payer`, the organisation of the
 * account that acts: false, and nothing changed, where it may have no more rows. `others` are further
 * accounts that the event names.
 */
export function commitBalance(
  context: LedgerContext,
  balance: Balance,
  payer: OrganisationId,
  eventCode: number,
  tail: readonly Uint8Array[],
  others: readonly AccountId[],
): boolean {
  const { account, asset, row, view } = balance;
  if (balance.isNew) {
    // Nobody may use up the rows of an organisation that did nothing: who pays or issues to a new
    // holder has the row counted. Balance rows are never removed, so nothing is counted back.
    if (!count(context, payer, "rows")) return false;
    row.set(context.hashes.firstHead(context.rows, account, asset), BALANCE_OFFSET.head);
  }
  const before = balance.availableBefore;
  const after = balance.available;
  if ((before === 0n) !== (after === 0n)) countOpenBalance(context, account, after === 0n ? -1 : 1);

  const seq = view.getBigUint64(BALANCE_OFFSET.seq, true) + 1n;
  let sizeBytes = LINK_SIZE_BYTES;
  for (const part of tail) sizeBytes += part.length;
  const { leafInput, body } = eventBuffer(eventCode, sizeBytes);
  const link = new DataView(body.buffer, body.byteOffset);
  body.set(account);
  link.setUint32(32, asset, true);
  link.setBigUint64(36, seq, true);
  link.setBigInt64(44, after, true);
  body.set(row.subarray(BALANCE_OFFSET.head), 52);
  let at = LINK_SIZE_BYTES;
  for (const part of tail) {
    body.set(part, at);
    at += part.length;
  }
  view.setBigUint64(BALANCE_OFFSET.seq, seq, true);
  row.set(
    context.events.append(eventCode, leafInput, body, account, [account, ...others]),
    BALANCE_OFFSET.head,
  );
  context.rows.put(TABLES.balance.id, balance.key, row);
  return true;
}

function countOpenBalance(context: LedgerContext, account: AccountId, change: number): void {
  const row = present(context.rows.read(TABLES.account, account), "the account is there");
  const openBalances = row.openBalances + change;
  context.rows.write(TABLES.account, account, { ...row, openBalances });
}

/**
 * Whether `amount` may leave the balance within its daily limit (24 hourly buckets), and if so
 * counts it. Without a limit nothing is kept. A first use makes a row of the account's organisation.
 */
export function spendDayLimit(
  context: LedgerContext,
  balance: Balance,
  amount: bigint,
): "ok" | "LIMIT_EXCEEDED" | "ROW_QUOTA" {
  const max = balance.u64(BALANCE_OFFSET.dayMax);
  if (max === 0n) return "ok";
  const key = KEYS.usage(balance.account, balance.asset);
  const usage = context.rows.read(TABLES.usage, key);
  const hour = Math.floor(context.timeMs / HOUR_MS);
  const buckets = usage === undefined ? new Array<bigint>(DAY_HOURS).fill(0n) : [...usage.buckets];
  const passed = usage === undefined ? 0 : Math.min(hour - usage.hour, DAY_HOURS);
  for (let i = 0; i < passed; i++) buckets[(hour - i) % DAY_HOURS] = 0n;
  const used = buckets.reduce((sum, bucket) => sum + bucket, 0n);
  if (used + amount > max) return "LIMIT_EXCEEDED";
  if (usage === undefined) {
    const account = present(context.rows.read(TABLES.account, balance.account), "it has an owner");
    if (!count(context, account.organisation, "rows")) return "ROW_QUOTA";
  }
  buckets[hour % DAY_HOURS] = buckets[hour % DAY_HOURS]! + amount;
  context.rows.write(TABLES.usage, key, { hour, buckets });
  return "ok";
}
