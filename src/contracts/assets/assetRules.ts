/** Rules of an asset that several operations share. */

import { I64_MAX } from "../../base/checkedInt.js";
import {
  ASSET_CODE_PATTERN,
  ASSET_FLAG,
  ASSET_FLAGS_ALL,
  ASSET_KIND,
  SCALE_MAX,
} from "../../declarations/assets.js";
import type { EventDeclaration } from "../../declarations/events.js";
import type { ResultName } from "../../declarations/resultCodes.js";
import { type AssetRow, KEYS, TABLES } from "../../declarations/tables.js";
import { type Balance, commitBalance } from "../../ledger/balances.js";
import type { LedgerContext } from "../../ledger/context.js";
import type { AssetId, OrganisationId } from "../../types/primitives.js";
import type { Actor } from "../membership/operation.js";

const ISO_4217_MAX = 999;

export interface AssetSpecification {
  readonly code: string;
  readonly scale: number;
  readonly iso4217: number;
  readonly kind: number;
  readonly flags: number;
  /** 0 for the most that there can be. */
  readonly maxSupply: bigint;
}

export function isSoundAsset(asset: AssetSpecification): boolean {
  const kinds: readonly number[] = Object.values(ASSET_KIND);
  return (
    ASSET_CODE_PATTERN.test(asset.code) &&
    asset.scale <= SCALE_MAX &&
    asset.iso4217 <= ISO_4217_MAX &&
    kinds.includes(asset.kind) &&
    (asset.flags & ~ASSET_FLAGS_ALL) === 0 &&
    asset.maxSupply <= I64_MAX
  );
}

/** The row of an asset of which nothing was issued yet. */
export function newAsset(asset: AssetSpecification, organisation: OrganisationId): AssetRow {
  return {
    code: asset.code,
    organisation,
    scale: asset.scale,
    iso4217: asset.iso4217,
    kind: asset.kind,
    flags: asset.flags,
    lockedFlags: 0,
    maxSupply: asset.maxSupply === 0n ? I64_MAX : asset.maxSupply,
    issued: 0n,
    redeemed: 0n,
    frozen: false,
    freezeTimer: undefined,
  };
}

export function assetOf(context: LedgerContext, asset: AssetId): AssetRow | undefined {
  return context.rows.read(TABLES.asset, KEYS.asset(asset));
}

export function writeAsset(context: LedgerContext, asset: AssetId, row: AssetRow): void {
  context.rows.write(TABLES.asset, KEYS.asset(asset), row);
}

export function hasFlag(asset: AssetRow, flag: keyof typeof ASSET_FLAG): boolean {
  return (asset.flags & ASSET_FLAG[flag]) !== 0;
}

/** The asset, if the actor's organisation issues it. */
export function ownAsset(
  context: LedgerContext,
  asset: AssetId,
  actor: Actor,
): AssetRow | Extract<ResultName, "UNKNOWN_ASSET" | "FOREIGN_ORGANISATION"> {
  const row = assetOf(context, asset);
  if (row === undefined) return "UNKNOWN_ASSET";
  return row.organisation === actor.row.organisation ? row : "FOREIGN_ORGANISATION";
}

/** Ends an operation on a balance: its event and its row, which the actor's organisation pays for. */
export function commitFor(
  context: LedgerContext,
  balance: Balance,
  actor: Actor,
  event: EventDeclaration,
  tail: Uint8Array,
): ResultName {
  const payer = actor.row.organisation;
  return commitBalance(context, balance, payer, event.code, [tail], []) ? "APPLIED" : "ROW_QUOTA";
}

/** Why units may not move into or out of one of these balances. */
export function whyHeld(asset: AssetRow, ...balances: readonly Balance[]): ResultName | undefined {
  if (asset.frozen) return "FROZEN";
  for (const balance of balances) if (balance.isFrozen) return "FROZEN";
  if (!hasFlag(asset, "requireAuthorisation")) return undefined;
  for (const balance of balances) if (!balance.isAuthorised) return "HOLDER_NOT_AUTHORISED";
  return undefined;
}
