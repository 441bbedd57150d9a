/**
 * The value kernel: balances as fixed-layout rows that are copied, changed by offset and put, each
 * change with the event that is its link in the balance's chain (README.md, LED-6, LED-7).
 */

import { assert, present } from "../base/assert.js";
import { I64_MAX } from "../base/checkedInt.js";
import { safeI64At, safeU64At, setSafe64At, setU32At } from "../base/words.js";
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
import { count } from "./quota.js";
import type { RowHandle } from "./rows.js";
import { writeAccountKey } from "./scratchKeys.js";

const LINK_SIZE_BYTES = 32 + 4 + 8 + 8 + 32;
const HOUR_MS = 3_600_000;
const DAY_HOURS = HOURS_PER_DAY;
const keyScratch = new Uint8Array(36);

/**
 * A balance in the hands of one operation: a private copy of its row, which may be changed, and is
 * put by {@link commitBalance}. One that does not exist yet is an empty row.
 *
 * Sums are made of numbers where all parts are safe integers, which they are but for amounts near
 * 2^53, and of BigInts elsewhere: tests hold one against the other.
 */
export class Balance {
  readonly handle: RowHandle;
  readonly row: Uint8Array;
  readonly isNew: boolean;
  readonly wasZero: boolean;

  constructor(
    context: LedgerContext,
    readonly account: AccountId,
    readonly asset: AssetId,
  ) {
    this.handle = context.rows.locate(
      TABLES.balance.id,
      writeAccountKey(keyScratch, account, asset),
    );
    const stored = this.handle.row;
    this.isNew = stored === undefined;
    this.row = context.rows.allocate(BALANCE_SIZE_BYTES);
    if (stored !== undefined) this.row.set(stored);
    this.wasZero = this.isZero;
  }

  get available(): bigint {
    return viewOf(this.row).getBigInt64(BALANCE_OFFSET.available, true);
  }

  get isZero(): boolean {
    return safeI64At(this.row, BALANCE_OFFSET.available) === 0;
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
    return viewOf(this.row).getBigUint64(offset, true);
  }

  setU64(offset: number, value: bigint): void {
    viewOf(this.row).setBigUint64(offset, value, true);
  }

  /** Whether the u64 at `offset`, a limit of which 0 means none, admits `amount`. */
  admits(offset: number, amount: bigint): boolean {
    const limit = safeU64At(this.row, offset);
    return (
      limit === 0 || (Number.isNaN(limit) ? amount <= this.u64(offset) : Number(amount) <= limit)
    );
  }

  /** Whether balance and overdraft cover `amount`. */
  covers(amount: bigint): boolean {
    const { row } = this;
    const sum = safeI64At(row, BALANCE_OFFSET.available) + safeU64At(row, BALANCE_OFFSET.overdraft);
    // Rounding an amount above 2^53 - 1 leaves it above every safe sum.
    if (Number.isSafeInteger(sum)) return Number(amount) <= sum;
    return this.available + this.u64(BALANCE_OFFSET.overdraft) >= amount;
  }

  /** Whether a credit of `amount` stays below the balance's maximum and in 63 bits. */
  takes(amount: bigint): boolean {
    const sum = exactSum(this.row, amount);
    const limit = safeU64At(this.row, BALANCE_OFFSET.balanceMax);
    if (!Number.isNaN(sum) && !Number.isNaN(limit)) return limit === 0 || sum <= limit;
    const after = this.available + amount;
    const max = this.u64(BALANCE_OFFSET.balanceMax);
    return after <= I64_MAX && (max === 0n || after <= max);
  }

  debit(amount: bigint): void {
    assert(this.covers(amount), "a debit is covered");
    this.#add(-amount);
  }

  credit(amount: bigint): void {
    assert(this.takes(amount), "a credit is within the limits");
    this.#add(amount);
  }

  #add(amount: bigint): void {
    const sum = exactSum(this.row, amount);
    if (Number.isNaN(sum)) {
      viewOf(this.row).setBigInt64(BALANCE_OFFSET.available, this.available + amount, true);
    } else {
      setSafe64At(this.row, BALANCE_OFFSET.available, sum);
    }
  }
}

/** What is available and `change`; NaN where one of them or the sum is no safe integer. */
function exactSum(row: Uint8Array, change: bigint): number {
  const number = Number(change);
  const sum = safeI64At(row, BALANCE_OFFSET.available) + number;
  return Number.isSafeInteger(number) && Number.isSafeInteger(sum) ? sum : Number.NaN;
}

function viewOf(row: Uint8Array): DataView {
  return new DataView(row.buffer, row.byteOffset, row.byteLength);
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
  const { account, asset, row } = balance;
  if (balance.isNew) {
    // Nobody may use up the rows of an organisation that did nothing: who pays or issues to a new
    // holder has the row counted. Balance rows are never removed, so nothing is counted back.
    if (!count(context, payer, "rows")) return false;
    row.set(context.hashes.firstHead(context.rows, account, asset), BALANCE_OFFSET.head);
  }
  const { isZero } = balance;
  if (balance.wasZero !== isZero) countOpenBalance(context, account, isZero ? -1 : 1);

  setSafe64At(row, BALANCE_OFFSET.seq, safeU64At(row, BALANCE_OFFSET.seq) + 1);
  let sizeBytes = LINK_SIZE_BYTES;
  for (const part of tail) sizeBytes += part.length;
  const { leafInput, body } = context.events.buffer(eventCode, sizeBytes);
  body.set(account);
  setU32At(body, 32, asset);
  copyBytes(row, BALANCE_OFFSET.seq, body, 36, 8);
  copyBytes(row, BALANCE_OFFSET.available, body, 44, 8);
  copyBytes(row, BALANCE_OFFSET.head, body, 52, 32);
  let at = LINK_SIZE_BYTES;
  for (const part of tail) {
    body.set(part, at);
    at += part.length;
  }
  context.events.append(eventCode, leafInput, body, account);
  context.events.named(account);
  for (const other of others) context.events.named(other);
  context.events.copyLastHash(row, BALANCE_OFFSET.head);
  context.rows.putAt(balance.handle, row);
  return true;
}

function copyBytes(
  from: Uint8Array,
  start: number,
  to: Uint8Array,
  at: number,
  sizeBytes: number,
): void {
  for (let i = 0; i < sizeBytes; i++) to[at + i] = from[start + i] as number;
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
  if (safeU64At(balance.row, BALANCE_OFFSET.dayMax) === 0) return "ok";
  const max = balance.u64(BALANCE_OFFSET.dayMax);
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
