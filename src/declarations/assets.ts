/** Numbers and bits that assets, accounts and balances use. */

export const ASSET_KIND = { currency: 1, points: 2, receivable: 3, goodsUnit: 4 } as const;

/** Bits of an asset's flags. Clawback and holds have their bits; their operations come later. */
export const ASSET_FLAG = {
  requireAuthorisation: 1,
  canFreeze: 2,
  canClawback: 4,
  canHold: 8,
  transferable: 16,
} as const;
export const ASSET_FLAGS_ALL = 31;

export const SCALE_MAX = 9;
/** Letters, digits, dot and hyphen in capitals: what a code may consist of. */
export const ASSET_CODE_PATTERN = /^[A-Z0-9][A-Z0-9.-]{0,11}$/;

export const ACCOUNT_STATUS = { active: 1, closed: 2 } as const;

/** Bits of a balance row's flags. */
export const BALANCE_FLAG = { authorised: 1, frozen: 2 } as const;

export const ROLES_ALL = 15;

/** Furthest a deadline may lie ahead of the block's time. */
export const DEADLINE_MS_MAX = 400 * 24 * 3_600_000;
/** How long a payment id is kept, in block time. */
export const PAYMENT_ID_KEPT_MS = 35 * 24 * 3_600_000;
/** Assets that a receive policy may name. */
export const RECEIVE_ASSETS_MAX = 16;

/** Kinds of timers: what a timer row's `kind` says. */
export const TIMER_KIND = { unfreezeAsset: 1, unfreezeBalance: 2 } as const;
