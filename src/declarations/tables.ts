/**
 * State tables: what is in the state tree, and how keys and rows are encoded. A key is its parts one
 * after another; integers in keys are big-endian, so that rows lie in the order of their numbers.
 * Rows are BCS.
 */

import { assert } from "../base/assert.js";
import { concatBytes, utf8 } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import {
  bool,
  bytes,
  count,
  fixedBytes,
  type Infer,
  list,
  option,
  type Schema,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
} from "../codec/schema.js";
import { keyPolicy } from "../types/keyPolicy.js";
import { hash, publicKey } from "../types/primitives.js";
import { RECEIVE_ASSETS_MAX } from "./assets.js";
import { assetSet, i64, limitAmount } from "./fields.js";

/** The account whose secret blinds a row: 32 bytes at this offset of its key or of its row. */
export type RowOwner =
  | { readonly part: "none" }
  | { readonly part: "key" | "row"; readonly offset: number };

export interface TableDeclaration<T = unknown> {
  /** u16, part of a row's path. */
  readonly id: number;
  readonly name: string;
  /** Parts of the key, in order. */
  readonly key: string;
  readonly row: Schema<T>;
  /** The row in words: fields in order, with their BCS types. */
  readonly layout: string;
  readonly owner: RowOwner;
  readonly text: string;
}

const PUBLIC: RowOwner = { part: "none" };
const OWNED_BY_KEY: RowOwner = { part: "key", offset: 0 };

/** What the chain counts: numbers for what comes next. */
export const chainRow = struct({ organisations: u32, assets: u32, timerSequence: count });

export const organisationRow = struct({
  code: text(24, 1),
  name: text(64, 1),
  /** Open accounts with the role ADMIN: never 0. */
  admins: u32,
  accounts: u32,
});

export const validatorRow = struct({
  validatorId: hash,
  organisation: u32,
  consensusKey: publicKey,
  tlsKey: publicKey,
  addresses: list(text(128, 3), 4),
});

export const accountRow = struct({
  organisation: u32,
  policy: keyPolicy,
  roles: u16,
  /** 1 active, 2 closed. */
  status: u8,
  referenceRequired: bool,
  amountMin: limitAmount,
  /** Assets that it takes; empty for all. */
  assets: assetSet(RECEIVE_ASSETS_MAX)("").schema,
  /** Balances that are not zero. */
  openBalances: u32,
  channels: u8,
});
export type AccountRow = Infer<typeof accountRow>;

export const assetRow = struct({
  code: text(12, 1),
  organisation: u32,
  scale: u8,
  iso4217: u16,
  kind: u8,
  flags: u16,
  lockedFlags: u16,
  maxSupply: limitAmount,
  issued: limitAmount,
  redeemed: limitAmount,
  frozen: bool,
  /** Deadline and sequence of the timer that ends the freeze; absent without one. */
  freezeTimer: option(struct({ deadlineMs: count, sequence: count })),
});
export type AssetRow = Infer<typeof assetRow>;

/** Fixed layout of 105 bytes: see `BALANCE_OFFSET`. */
export const balanceRow = struct({
  available: i64,
  /** Reserved for holds; 0. */
  held: u64,
  /** 1 authorised, 2 frozen. */
  flags: u8,
  overdraft: u64,
  balanceMax: u64,
  transferMax: u64,
  dayMax: u64,
  /** Deadline and sequence of the timer that ends the freeze; 0 and 0 without one. */
  freezeDeadlineMs: count,
  freezeSequence: count,
  seq: count,
  head: hash,
});
export type BalanceRow = Infer<typeof balanceRow>;

/** Where the fields of a balance row lie. */
export const BALANCE_OFFSET = {
  available: 0,
  held: 8,
  flags: 16,
  overdraft: 17,
  balanceMax: 25,
  transferMax: 33,
  dayMax: 41,
  freezeDeadlineMs: 49,
  freezeSequence: 57,
  seq: 65,
  head: 73,
} as const;
export const BALANCE_SIZE_BYTES = 105;

export const HOURS_PER_DAY = 24;

/** What left a balance in each of the last 24 hours. Bucket h mod 24 belongs to hour h. */
export const usageRow = struct({
  /** Hour (time in ms divided by 3,600,000) of the newest bucket. */
  hour: count,
  buckets: list(u64, HOURS_PER_DAY, HOURS_PER_DAY),
});
export type UsageRow = Infer<typeof usageRow>;

/** Bit n mod 1,024 of `bits` (least significant first) says whether nonce n was used. */
export const channelRow = struct({ hi: u64, bits: fixedBytes(LIMITS.nonceWindow / 8) });

export const paymentRow = struct({
  /** The transaction that made the payment. */
  txId: hash,
  /** SHA-256 of what was paid: see payments/README.md. */
  digest: hash,
  expiresMs: count,
});

export const quotaRow = struct({
  /** Minute (time in ms divided by 60,000) to which `spent` belongs. */
  minute: count,
  spent: u64,
  rows: u32,
  timers: u32,
  channels: u32,
});
export type QuotaRow = Infer<typeof quotaRow>;

export const timerRow = struct({
  /** The account that set it. */
  owner: hash,
  organisation: u32,
  kind: u16,
  body: bytes(1024),
});
export type TimerRow = Infer<typeof timerRow>;

/** Bodies of timers, by kind. */
export const unfreezeAssetTimer = struct({ asset: u32 });
export const unfreezeBalanceTimer = struct({ account: hash, asset: u32 });

function table<T>(
  id: number,
  name: string,
  key: string,
  row: Schema<T>,
  layout: string,
  owner: RowOwner,
  words: string,
): TableDeclaration<T> {
  return { id, name, key, row, layout, owner, text: words };
}

export const TABLES = {
  chain: table(
    1,
    "chain",
    "empty",
    chainRow,
    "organisations u32, assets u32, timerSequence u64",
    PUBLIC,
    "One row: counters of the ledger.",
  ),
  organisation: table(
    2,
    "organisation",
    "organisation u32",
    organisationRow,
    "code string, name string, admins u32, accounts u32",
    PUBLIC,
    "Members.",
  ),
  validator: table(
    3,
    "validator",
    "index u16",
    validatorRow,
    "validatorId [u8; 32], organisation u32, consensusKey [u8; 32], tlsKey [u8; 32], addresses vector<string>",
    PUBLIC,
    "Validators of this epoch.",
  ),
  account: table(
    4,
    "account",
    "account [32]",
    accountRow,
    "organisation u32, policy KeyPolicy, roles u16, status u8 (1 active, 2 closed), referenceRequired bool, amountMin u64, assets vector<u32>, openBalances u32, channels u8",
    OWNED_BY_KEY,
    "Accounts.",
  ),
  secret: table(
    5,
    "secret",
    "account [32]",
    hash,
    "secret [u8; 32]",
    PUBLIC,
    "Secrets from which blinds are made.",
  ),
  asset: table(
    6,
    "asset",
    "asset u32",
    assetRow,
    "code string, organisation u32, scale u8, iso4217 u16, kind u8, flags u16, lockedFlags u16, maxSupply u64, issued u64, redeemed u64, frozen bool, freezeTimer option<{ deadlineMs u64, sequence u64 }>",
    PUBLIC,
    "Assets.",
  ),
  assetCode: table(
    7,
    "assetCode",
    "code (ASCII)",
    u32,
    "asset u32",
    PUBLIC,
    "Number of an asset by its code.",
  ),
  balance: table(
    8,
    "balance",
    "account [32], asset u32",
    balanceRow,
    "available i64, held u64 (0), flags u8 (1 authorised, 2 frozen), overdraft u64, balanceMax u64, transferMax u64, dayMax u64, freezeDeadlineMs u64, freezeSequence u64, seq u64, head [u8; 32]",
    OWNED_BY_KEY,
    "Balances.",
  ),
  usage: table(
    9,
    "usage",
    "account [32], asset u32",
    usageRow,
    "hour u64, buckets vector<u64> (24: bucket h mod 24 is what left in hour h)",
    OWNED_BY_KEY,
    "Daily limits in use.",
  ),
  channel: table(
    10,
    "channel",
    "account [32], channel u32",
    channelRow,
    "hi u64, bits [u8; 128]",
    OWNED_BY_KEY,
    "Nonces.",
  ),
  payment: table(
    11,
    "payment",
    "payer [32], id [16]",
    paymentRow,
    "txId [u8; 32], digest [u8; 32], expiresMs u64",
    OWNED_BY_KEY,
    "Payment ids.",
  ),
  paymentExpiry: table(
    12,
    "paymentExpiry",
    "expiresMs u64, payer [32], id [16]",
    struct({}),
    "(empty)",
    { part: "key", offset: 8 },
    "Payment ids in the order in which they expire.",
  ),
  quota: table(
    13,
    "quota",
    "organisation u32",
    quotaRow,
    "minute u64, spent u64, rows u32, timers u32, channels u32",
    PUBLIC,
    "What organisations use.",
  ),
  timer: table(
    14,
    "timer",
    "deadlineMs u64, sequence u64",
    timerRow,
    "owner [u8; 32], organisation u32, kind u16 (1 asset, 2 balance), body vector<u8> ({ asset u32 } or { account [u8; 32], asset u32 })",
    { part: "row", offset: 0 },
    "Open timers in the order in which they fire.",
  ),
} as const;

export type TableName = keyof typeof TABLES;

const byId = new Map<number, TableDeclaration>(
  Object.values(TABLES).map((item) => [item.id, item as TableDeclaration]),
);

export function tableById(id: number): TableDeclaration | undefined {
  return byId.get(id);
}

function u16Key(value: number): Uint8Array {
  assert(value >= 0 && value <= 0xffff, "a key part out of range");
  return Uint8Array.of(value >> 8, value & 0xff);
}

function u32Key(value: number): Uint8Array {
  const key = new Uint8Array(4);
  key[0] = value >>> 24;
  key[1] = (value >>> 16) & 0xff;
  key[2] = (value >>> 8) & 0xff;
  key[3] = value & 0xff;
  return key;
}

function u64Key(value: number): Uint8Array {
  assert(Number.isSafeInteger(value) && value >= 0, "a key part out of range");
  const key = new Uint8Array(8);
  const view = new DataView(key.buffer);
  view.setUint32(0, Math.floor(value / 0x1_0000_0000));
  view.setUint32(4, value % 0x1_0000_0000);
  return key;
}

/** 32-byte account, then a big-endian u32. */
function accountAndNumber(account: Uint8Array, number: number): Uint8Array {
  assert(account.length === 32, "an account id has 32 bytes");
  const key = new Uint8Array(36);
  key.set(account);
  key[32] = number >>> 24;
  key[33] = (number >>> 16) & 0xff;
  key[34] = (number >>> 8) & 0xff;
  key[35] = number & 0xff;
  return key;
}

/** Makes the key of a row from its parts. */
export const KEYS = {
  chain: () => new Uint8Array(0),
  organisation: u32Key,
  validator: u16Key,
  account: (account: Uint8Array) => account,
  secret: (account: Uint8Array) => account,
  asset: u32Key,
  assetCode: (code: string) => utf8(code),
  balance: accountAndNumber,
  usage: accountAndNumber,
  channel: accountAndNumber,
  payment: (payer: Uint8Array, id: Uint8Array) => concatBytes(payer, id),
  paymentExpiry: (expiresMs: number, payer: Uint8Array, id: Uint8Array) =>
    concatBytes(u64Key(expiresMs), payer, id),
  quota: u32Key,
  timer: (deadlineMs: number, sequence: number) =>
    concatBytes(u64Key(deadlineMs), u64Key(sequence)),
} as const;

/** The big-endian u32 at the end of a key of accounts' things: asset, channel. */
export function numberOfKey(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(key.length - 4);
}

/** The big-endian u64 at `offset` of a key: deadlines, sequences. */
export function countOfKey(key: Uint8Array, offset: number): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(offset) * 0x1_0000_0000 + view.getUint32(offset + 4);
}
