/** Checks that read a validator's whole state through its own queries (SIM-I8, SIM-I10). */

import { equalBytes, mapKey } from "../../../src/base/bytes.js";
import { encode } from "../../../src/codec/schema.js";
import { resultHash } from "../../../src/crypto/digests.js";
import type { Hasher } from "../../../src/crypto/interfaces.js";
import { KEYS, TABLES } from "../../../src/declarations/tables.js";
import type { ExecutorAnswer } from "../../../src/execution/interface.js";
import { RowHashes } from "../../../src/ledger/rowHashes.js";
import { listRoot } from "../../../src/merkle/listTree.js";
import { createReferenceStateTree } from "../../../src/merkle/referenceStateTree.js";
import type { NodeApi } from "../../../src/ports/nodeApi.js";
import type { Hash } from "../../../src/types/primitives.js";
import { receipt as receiptSchema } from "../../../src/types/receipt.js";
import { CheckFailure } from "./failure.js";
import type { FinalWatch } from "./finalWatch.js";

const ROWS_MAX = 10_000;

type Scanned = Extract<ExecutorAnswer, { kind: "scan" }>;

function scanned(answer: ExecutorAnswer): Scanned {
  if (answer.kind !== "scan") throw new CheckFailure("exception", "a scan was answered otherwise");
  return answer;
}

function scan(api: NodeApi, table: number, done: (answer: Scanned) => void): void {
  api.query(
    { kind: "scan", table, prefix: new Uint8Array(0), after: undefined, limit: ROWS_MAX },
    (answer) => done(scanned(answer)),
  );
}

/** Available amount at the start of a balance row. */
function availableOf(row: Uint8Array): bigint {
  return new DataView(row.buffer, row.byteOffset, row.byteLength).getBigInt64(0, true);
}

/** Compares all balances with the model, if the validator still stands at the model's height. */
export function checkBalances(
  validator: number,
  api: NodeApi,
  finals: FinalWatch,
  accounts: readonly Hash[],
  guard: (action: () => void) => void,
): void {
  scan(api, TABLES.balance.id, ({ height, rows }) =>
    guard(() => {
      const balances = new Map(rows.map(({ key, row }) => [mapKey(key), availableOf(row)]));
      finals.compareBalances(validator, height, balances, (account, asset) =>
        mapKey(KEYS.balance(accounts[account] as Hash, asset)),
      );
    }),
  );
}

/**
 * Makes the result of the head block again from what the validator holds: the state root from all
 * its rows, the other roots from its receipts. `done` is told whether the head stood still for it.
 */
export function checkStateRoot(
  validator: number,
  api: NodeApi,
  hasher: Hasher,
  done: (isChecked: boolean) => void,
): void {
  const head = api.head();
  const tables = Object.values(TABLES);
  const rows = new Map<number, Scanned["rows"]>();
  const next = (index: number): void => {
    const table = tables[index];
    if (table === undefined) {
      if (api.head().height !== head.height) done(false);
      else {
        compareRoot(validator, api, hasher, rows);
        done(true);
      }
      return;
    }
    scan(api, table.id, (answer) => {
      if (answer.height !== head.height) {
        done(false);
        return;
      }
      rows.set(table.id, answer.rows);
      next(index + 1);
    });
  };
  next(0);
}

function compareRoot(
  validator: number,
  api: NodeApi,
  hasher: Hasher,
  rows: ReadonlyMap<number, Scanned["rows"]>,
): void {
  const { height } = api.head();
  const block = api.finalBlock(height);
  if (block === undefined)
    throw new CheckFailure("durability", `${validator} lacks its head block`);
  const secrets = new Map(
    (rows.get(TABLES.secret.id) ?? []).map(({ key, row }) => [mapKey(key), row]),
  );
  const source = {
    get: (table: number, key: Uint8Array) =>
      table === TABLES.secret.id ? secrets.get(mapKey(key)) : undefined,
    scan: () => [],
  };
  const hashes = new RowHashes(hasher);
  const tree = createReferenceStateTree(hasher);
  const leaves = [...rows].flatMap(([table, items]) =>
    items.map(({ key, row }) => {
      const path = hashes.path(table, key);
      const blind = hashes.blind(source, table, key, row, path);
      return { path, valueHash: hashes.valueHash(blind, row) };
    }),
  );
  const stateRoot = tree.root(tree.update(tree.emptyVersion, leaves));
  const receipts = block.executed.map(({ receipt }) => receipt);
  const result = resultHash(hasher, {
    blockHash: block.blockHash,
    stateRoot,
    receiptsRoot: listRoot(
      hasher,
      receipts.map((item) => encode(receiptSchema, item)),
    ),
    eventsRoot: listRoot(
      hasher,
      receipts.map((item) => item.eventsRoot),
    ),
    cost: receipts.reduce((sum, item) => sum + item.cost, 0n),
    validatorsNextHash: new Uint8Array(32),
  });
  if (!equalBytes(result, block.resultHash)) {
    throw new CheckFailure(
      "state-root",
      `validator ${validator}: rows and receipts at height ${height} do not give the certified result`,
    );
  }
}
