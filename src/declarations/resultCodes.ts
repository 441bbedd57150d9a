/**
 * Result codes of transactions: u16 by class. Precedence is fixed: codes that void a transaction
 * come first, the lower number first; then operations in order, each looking for its codes in the
 * order of its declaration (before them, ACTOR_CLOSED). So every client sees the same code for the same state.
 */

/**
 * Whether asking again can change the answer. `never`: not with this content. `same-bytes`: the
 * same signed transaction may still be applied. `later`: it depends on state, sign a new
 * transaction. `rebuild`: sign it anew with fresh time or nonce.
 */
export type Retry = "never" | "same-bytes" | "later" | "rebuild";

export interface ResultCodeDeclaration {
  readonly code: number;
  readonly name: string;
  readonly retry: Retry;
  /** Whether the transaction was void (nothing happened, nonce unused) and not failed. */
  readonly isVoid: boolean;
  readonly text: string;
}

function failed(code: number, retry: Retry, text: string) {
  return { code, retry, isVoid: false, text } as const;
}

function voided(code: number, retry: Retry, text: string) {
  return { code, retry, isVoid: true, text } as const;
}

const table = {
  APPLIED: failed(0, "never", "Every operation took effect."),

  QUOTA_EXCEEDED: voided(
    101,
    "same-bytes",
    "The sealing organisation has spent its cost quota of this minute.",
  ),
  EXPIRED: voided(102, "rebuild", "The block's time is after validUntilMs."),
  VALIDITY_TOO_LONG: voided(
    103,
    "same-bytes",
    "validUntilMs is more than 24 hours after the block's time.",
  ),
  UNKNOWN_ACCOUNT: voided(104, "same-bytes", "A party is no account of this ledger."),
  ACCOUNT_CLOSED: voided(105, "never", "A party's account is closed."),
  NOT_AUTHORISED: voided(
    106,
    "same-bytes",
    "The witnesses of a party do not reach its key policy's threshold.",
  ),
  CHANNEL_LIMIT: voided(
    107,
    "rebuild",
    "The author may open no further nonce channel; use an open one.",
  ),
  NONCE_OUT_OF_WINDOW: voided(
    108,
    "same-bytes",
    "The nonce is not within hi - 1,023 to hi + 1,024 of its channel.",
  ),
  NONCE_USED: voided(109, "never", "The nonce was used by this or by another transaction."),

  ACTOR_CLOSED: failed(
    119,
    "never",
    "An earlier operation of the transaction closed the account that acts.",
  ),
  ROLE_MISSING: failed(
    120,
    "later",
    "The acting account does not have the role that the operation needs.",
  ),
  FOREIGN_ORGANISATION: failed(
    121,
    "never",
    "The acting account belongs to another organisation than what it acts on.",
  ),
  ROW_QUOTA: failed(122, "later", "The owning organisation may have no further rows."),
  TIMER_QUOTA: failed(123, "later", "The organisation may have no further open timers."),
  BAD_TIME: failed(
    124,
    "rebuild",
    "A deadline is not after the block's time, or more than 400 days ahead.",
  ),

  ASSET_EXISTS: failed(201, "never", "An asset with this code exists."),
  BAD_ASSET: failed(202, "never", "The asset's code, scale, kind, flags or supply break a rule."),
  FLAG_LOCKED: failed(203, "never", "A flag is already locked, or may no longer change."),
  AUTHORISATION_NOT_REQUIRED: failed(204, "never", "Holders of this asset need no authorisation."),
  CAP_EXCEEDED: failed(205, "later", "The supply would exceed the asset's maximum."),
  NOT_ENABLED: failed(206, "never", "The asset does not have the flag that this needs."),
  BAD_LIMITS: failed(207, "never", "The limits contradict each other."),
  UNKNOWN_ASSET: failed(208, "later", "There is no asset with this number."),
  UNKNOWN_RECIPIENT: failed(209, "later", "The other account does not exist or is closed."),
  INSUFFICIENT_BALANCE: failed(
    210,
    "later",
    "The balance and its overdraft do not cover the amount.",
  ),
  FROZEN: failed(211, "later", "The balance or the whole asset is frozen."),
  HOLDER_NOT_AUTHORISED: failed(
    212,
    "later",
    "The issuer has not authorised one of the accounts to hold the asset.",
  ),
  LIMIT_EXCEEDED: failed(213, "later", "The amount exceeds a limit of one of the balances."),
  REFERENCE_REQUIRED: failed(214, "never", "The recipient takes only payments with a reference."),
  RECEIVE_POLICY: failed(
    215,
    "later",
    "The recipient does not take this asset, or so small an amount.",
  ),
  NOT_TRANSFERABLE: failed(217, "never", "The asset moves only to and from its issuer."),
  ACCOUNT_EXISTS: failed(
    230,
    "never",
    "An account with this organisation, policy and salt exists.",
  ),
  BAD_KEY: failed(231, "never", "A key is no canonical encoding of a point, or has small order."),
  BALANCE_NOT_ZERO: failed(
    232,
    "later",
    "An account with a balance other than zero cannot be closed.",
  ),
  LAST_ADMIN: failed(233, "later", "The last account with the role ADMIN cannot be closed."),
  BAD_ROLES: failed(234, "never", "The roles contain an unknown bit."),

  DUPLICATE_ID: failed(
    301,
    "never",
    "This payment was made before; the event names its transaction.",
  ),
  ID_REUSED: failed(
    302,
    "never",
    "The payment id was used for another payment; the event names its transaction.",
  ),
} as const;

export type ResultName = keyof typeof table;

export const RESULT_CODES: Readonly<Record<ResultName, ResultCodeDeclaration>> = Object.fromEntries(
  Object.entries(table).map(([name, declaration]) => [name, { name, ...declaration }]),
) as Record<ResultName, ResultCodeDeclaration>;

/** Number of each result code. */
export const RESULT = Object.fromEntries(
  Object.entries(table).map(([name, { code }]) => [name, code]),
) as { readonly [N in ResultName]: (typeof table)[N]["code"] };

const byCode = new Map(Object.values(RESULT_CODES).map((item) => [item.code, item]));

export function resultCode(code: number): ResultCodeDeclaration | undefined {
  return byCode.get(code);
}
