/** Assets and opening balances as a genesis record founds them. */

import { concatBytes } from "../../base/bytes.js";
import { I64_MAX } from "../../base/checkedInt.js";
import { encode, u64 } from "../../codec/schema.js";
import { EVENTS } from "../../declarations/events.js";
import { KEYS, TABLES } from "../../declarations/tables.js";
import { Balance, commitBalance } from "../../ledger/balances.js";
import type { LedgerContext } from "../../ledger/context.js";
import { count } from "../../ledger/quota.js";
import type { Genesis } from "../../types/genesis.js";
import type { AccountId } from "../../types/primitives.js";
import { badGenesis } from "../membership/genesisMembers.js";
import { assetOf, isSoundAsset, newAsset, writeAsset } from "./assetRules.js";
import { ASSET_ROWS } from "./registration.js";

/** Rows of assets, counted for their issuers, whose quota rows must be there. */
export function foundAssets(context: LedgerContext, genesis: Genesis): void {
  const { rows } = context;
  genesis.assets.forEach((asset, number) => {
    const { code, organisation } = asset;
    if (!isSoundAsset(asset)) throw badGenesis(`asset ${code} breaks a rule of assets`);
    if (genesis.organisations[organisation] === undefined) {
      throw badGenesis(`asset ${code} names organisation ${organisation}, which is not there`);
    }
    if (rows.get(TABLES.assetCode.id, KEYS.assetCode(code)) !== undefined) {
      throw badGenesis(`two assets have the code ${code}`);
    }
    if (!count(context, organisation, "rows", ASSET_ROWS)) {
      throw badGenesis(`organisation ${organisation} has more rows than quotaRows allows`);
    }
    rows.write(TABLES.assetCode, KEYS.assetCode(code), number);
    writeAsset(context, number, newAsset(asset, organisation));
  });
}

/** Opening balances: they count as issued, and each is the first link of its balance's chain. */
export function foundBalances(
  context: LedgerContext,
  genesis: Genesis,
  accountIds: readonly (readonly AccountId[])[],
): void {
  for (const { organisation, account, asset, amount } of genesis.balances) {
    const id = accountIds[organisation]?.[account];
    const row = assetOf(context, asset);
    if (id === undefined || row === undefined) {
      throw badGenesis("an opening balance names an account or an asset that is not there");
    }
    const issued = row.issued + amount;
    const balance = new Balance(context, id, asset);
    if (amount === 0n || !balance.isNew) {
      throw badGenesis("an opening balance is zero or stands there twice");
    }
    if (issued > I64_MAX || issued > row.maxSupply) {
      throw badGenesis(`the opening balances exceed the supply of asset ${row.code}`);
    }
    writeAsset(context, asset, { ...row, issued });
    balance.credit(amount);
    const tail = concatBytes(encode(u64, amount), encode(u64, issued), Uint8Array.of(0));
    // Nobody acts at genesis: the row counts for the organisation that holds it.
    const { code } = EVENTS["asset.issued"];
    if (!commitBalance(context, balance, organisation, code, [tail], [])) {
      throw badGenesis(`organisation ${organisation} has more rows than quotaRows allows`);
    }
  }
}
