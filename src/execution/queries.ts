/** Reads of the last final state, and simulation on it (EXE-7). */

import { LedgerContext, type LedgerOptions } from "../ledger/context.js";
import type { RowHashes } from "../ledger/rowHashes.js";
import { Rows } from "../ledger/rows.js";
import type { StateReader } from "../ledger/stateReader.js";
import { ZERO_BLIND } from "../merkle/statePath.js";
import type { StateTree, TreeVersion } from "../merkle/stateTree.js";
import type { Hash } from "../types/primitives.js";
import { applyTransaction } from "./applyTransaction.js";
import type { ExecutorAnswer, ExecutorQuery } from "./interface.js";

/** Rows of one answer. The gateway's own limits are lower. */
const ROWS_MAX = 1_000;

export interface FinalState {
  readonly height: number;
  readonly blockHash: Hash;
  readonly version: TreeVersion;
}

export interface QueryOptions {
  readonly final: StateReader;
  readonly tree: StateTree;
  readonly hashes: RowHashes;
  readonly ledger: Omit<LedgerOptions, "rows">;
}

export function answerQuery(
  query: ExecutorQuery,
  { height, blockHash, version }: FinalState,
  { final, tree, hashes, ledger }: QueryOptions,
): ExecutorAnswer {
  switch (query.kind) {
    case "rows":
      return {
        kind: "rows",
        height,
        rows: query.keys.slice(0, ROWS_MAX).map((key) => final.get(query.table, key)),
      };
    case "scan": {
      const { table, prefix, after, limit } = query;
      return {
        kind: "scan",
        height,
        rows: final.scan(table, prefix, after, Math.min(limit, ROWS_MAX)),
      };
    }
    case "proof": {
      const { table, key } = query;
      const row = final.get(table, key);
      const path = hashes.path(table, key);
      const blind = row === undefined ? ZERO_BLIND : hashes.blind(final, table, key, row, path);
      return {
        kind: "proof",
        proof: { height, blockHash, table, key, row, blind, path: tree.prove(version, path) },
      };
    }
    case "simulate": {
      // Rows of its own over the final view: whatever it does is dropped with them.
      const rows = new Rows({ source: final });
      const context = new LedgerContext({ ...ledger, rows });
      context.timeMs = query.timeMs;
      rows.beginBlock();
      const position = { height: height + 1, index: 1, event: 0 };
      const { transaction, sealer } = query;
      const executed = applyTransaction(context, transaction, sealer, position);
      return { kind: "simulated", height, executed };
    }
  }
}
