/** Assets: register, lock flags, change flags. */

import { present } from "../../base/assert.js";
import { ASSET_FLAGS_ALL } from "../../declarations/assets.js";
import { EVENTS } from "../../declarations/events.js";
import { OPERATIONS } from "../../declarations/operations.js";
import { KEYS, TABLES } from "../../declarations/tables.js";
import { count } from "../../ledger/quota.js";
import { operationHandler } from "../membership/operation.js";
import { isSoundAsset, newAsset, ownAsset, writeAsset } from "./assetRules.js";

/** An asset has its own row and the one that finds it by code. */
export const ASSET_ROWS = 2;

export const registerAsset = operationHandler(
  OPERATIONS["asset.register"],
  (context, { by: _, ...specification }, actor) => {
    const { rows } = context;
    const { organisation } = actor.row;
    if (!isSoundAsset(specification)) return "BAD_ASSET";
    const codeKey = KEYS.assetCode(specification.code);
    if (rows.get(TABLES.assetCode.id, codeKey) !== undefined) return "ASSET_EXISTS";
    if (!count(context, organisation, "rows", ASSET_ROWS)) return "ROW_QUOTA";
    const chain = present(rows.read(TABLES.chain, KEYS.chain()), "the chain row is there");
    const asset = chain.assets;
    const row = newAsset(specification, organisation);
    rows.write(TABLES.chain, KEYS.chain(), { ...chain, assets: asset + 1 });
    rows.write(TABLES.assetCode, codeKey, asset);
    writeAsset(context, asset, row);
    context.events.emit(EVENTS["asset.registered"], { ...row, asset });
    return "APPLIED";
  },
);

export const lockFlags = operationHandler(
  OPERATIONS["asset.lockFlags"],
  (context, { asset, mask }, actor) => {
    const row = ownAsset(context, asset, actor);
    if (typeof row === "string") return row;
    if (mask === 0 || (mask & ~ASSET_FLAGS_ALL) !== 0) return "BAD_ASSET";
    if ((row.lockedFlags & mask) === mask) return "FLAG_LOCKED";
    const locked = row.lockedFlags | mask;
    writeAsset(context, asset, { ...row, lockedFlags: locked });
    context.events.emit(EVENTS["asset.flagsLocked"], { asset, locked });
    return "APPLIED";
  },
);

export const setFlags = operationHandler(
  OPERATIONS["asset.setFlags"],
  (context, { asset, flags }, actor) => {
    const row = ownAsset(context, asset, actor);
    if (typeof row === "string") return row;
    if ((flags & ~ASSET_FLAGS_ALL) !== 0) return "BAD_ASSET";
    if (((row.flags ^ flags) & row.lockedFlags) !== 0) return "FLAG_LOCKED";
    writeAsset(context, asset, { ...row, flags });
    context.events.emit(EVENTS["asset.flagsSet"], { asset, flags });
    return "APPLIED";
  },
);
