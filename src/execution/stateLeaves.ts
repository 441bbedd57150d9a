/** From rows to leaves of the state tree. */

import { TABLES } from "../declarations/tables.js";
import type { RowHashes } from "../ledger/rowHashes.js";
import type { RowSource } from "../ledger/rowSource.js";
import type { NetChange } from "../ledger/rows.js";
import type { LeafChange, StateTree, TreeVersion } from "../merkle/stateTree.js";
import type { RowChange } from "./interface.js";

/** Rows of one step of a rebuild: bounds memory. */
const PAGE_ROWS = 4_096;
const ALL = new Uint8Array(0);

/** The change as leaf and row; `rows` holds the state after it. */
export function toRowChange(hashes: RowHashes, rows: RowSource, change: NetChange): RowChange {
  const { table, key, row } = change;
  if (row === undefined) {
    const path = change.place?.path ?? hashes.path(table, key);
    // A row made anew under the key may have another owner.
    change.place = undefined;
    return { table, key, row, path, valueHash: undefined };
  }
  change.place ??= hashes.place(rows, table, key, row);
  const { path, blind } = change.place;
  return { table, key, row, path, valueHash: hashes.valueHash(blind, row) };
}

/** A version with the leaves given in any order. */
export function treeOfLeaves(tree: StateTree, leaves: Iterable<LeafChange>): TreeVersion {
  let version = tree.emptyVersion;
  let page: LeafChange[] = [];
  const flush = () => {
    const previous = version;
    version = tree.update(previous, page);
    if (previous !== tree.emptyVersion) tree.release(previous);
    page = [];
  };
  for (const leaf of leaves) {
    page.push(leaf);
    if (page.length === PAGE_ROWS) flush();
  }
  if (page.length > 0) flush();
  return version;
}

/** The leaves of all rows, computed from the rows alone: an independent check of what was stored. */
export function* leavesOfRows(hashes: RowHashes, rows: RowSource): Generator<LeafChange> {
  for (const { id } of Object.values(TABLES)) {
    let after: Uint8Array | undefined;
    for (;;) {
      const page = rows.scan(id, ALL, after, PAGE_ROWS);
      for (const { key, row } of page) {
        const { path, blind } = hashes.place(rows, id, key, row);
        yield { path, valueHash: hashes.valueHash(blind, row) };
      }
      if (page.length < PAGE_ROWS) break;
      after = page[page.length - 1]!.key;
    }
  }
}
