/** The state that a genesis record founds, and its result (EXE-5). */

import { foundAssets, foundBalances } from "../contracts/assets/genesisAssets.js";
import {
  badGenesis,
  foundMembers,
  genesisAccountIds,
} from "../contracts/membership/genesisMembers.js";
import type { Hasher } from "../crypto/interfaces.js";
import { KEYS, TABLES } from "../declarations/tables.js";
import { LedgerContext } from "../ledger/context.js";
import { NO_ROWS } from "../ledger/rowSource.js";
import { Rows } from "../ledger/rows.js";
import type { BlockResult } from "../types/block.js";
import type { Genesis } from "../types/genesis.js";
import { type Hash, ZERO_HASH } from "../types/primitives.js";
import type { RowChange } from "./interface.js";
import { toRowChange } from "./stateLeaves.js";

export interface GenesisOptions {
  readonly genesis: Genesis;
  readonly genesisHash: Hash;
  readonly hasher: Hasher;
  readonly isRegistrableKey: (publicKey: Uint8Array) => boolean;
}

/**
 * Every row of the state before block 1, with its leaf.
 *
 * @throws {FondacoError} `BAD_GENESIS` if the record breaks a rule.
 */
export function genesisState(options: GenesisOptions): RowChange[] {
  const { genesis } = options;
  const rows = new Rows({ source: NO_ROWS });
  const context = new LedgerContext({ ...options, rows, parameters: genesis.parameters });
  context.timeMs = genesis.timeMs;
  if (genesis.organisations.every(({ validators }) => validators.length === 0)) {
    throw badGenesis("no organisation has a validator");
  }
  rows.beginBlock();
  rows.write(TABLES.chain, KEYS.chain(), {
    organisations: genesis.organisations.length,
    assets: genesis.assets.length,
    timerSequence: 0,
  });
  const accountIds = genesisAccountIds(context, genesis);
  foundMembers(context, genesis, accountIds).forEach((ownRows, organisation) => {
    if (ownRows > genesis.parameters.quotaRows) {
      throw badGenesis(`organisation ${organisation} has more rows than quotaRows allows`);
    }
    rows.write(TABLES.quota, KEYS.quota(organisation), {
      minute: 0,
      spent: 0n,
      rows: ownRows,
      timers: 0,
      channels: 0,
    });
    rows.commitTransaction();
  });
  foundAssets(context, genesis);
  foundBalances(context, genesis, accountIds);
  rows.endBlock();
  return rows.netChanges().map((change) => toRowChange(context.hashes, rows, change));
}

/** Result of height 0: nothing was executed, so only the state root says something. */
export function genesisResult(genesisHash: Hash, stateRoot: Hash): BlockResult {
  return {
    blockHash: genesisHash,
    stateRoot,
    receiptsRoot: ZERO_HASH,
    eventsRoot: ZERO_HASH,
    cost: 0n,
    validatorsNextHash: ZERO_HASH,
  };
}
