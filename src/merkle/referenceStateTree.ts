/**
 * The state tree straight from its definition: slow, short and obviously right. The oracle of the
 * tree in `kernels/`, and a tree for places without WebAssembly. Not for a validator.
 */

import { assert, present } from "../base/assert.js";
import { compareBytes, fromMapKey, mapKey } from "../base/bytes.js";
import type { Hasher } from "../crypto/interfaces.js";
import { type Hash, ZERO_HASH } from "../types/primitives.js";
import { createStateHashes, pathBit, type StateHashes } from "./statePath.js";
import type { StateTree, TreeVersion } from "./stateTree.js";

export interface StateLeaf {
  readonly path: Hash;
  readonly valueHash: Hash;
}

/** Index of the first leaf whose bit `depth` is 1; the leaves share all bits above it. */
function middleOf(leaves: readonly StateLeaf[], depth: number): number {
  const right = leaves.findIndex((leaf) => pathBit(leaf.path, depth) === 1);
  return right < 0 ? leaves.length : right;
}

function rootOfSorted(hashes: StateHashes, leaves: readonly StateLeaf[], depth: number): Hash {
  const first = leaves[0];
  if (first === undefined) return ZERO_HASH;
  if (leaves.length === 1) return hashes.leaf(first.path, first.valueHash);
  const middle = middleOf(leaves, depth);
  return hashes.node(
    rootOfSorted(hashes, leaves.slice(0, middle), depth + 1),
    rootOfSorted(hashes, leaves.slice(middle), depth + 1),
  );
}

/** Root of a tree with these leaves. Their paths do not repeat; their order does not matter. */
export function stateRootOfLeaves(hashes: StateHashes, leaves: readonly StateLeaf[]): Hash {
  const sorted = leaves.slice().sort((a, b) => compareBytes(a.path, b.path));
  return rootOfSorted(hashes, sorted, 0);
}

export function createReferenceStateTree(hasher: Hasher): StateTree {
  const hashes = createStateHashes(hasher);
  const versions = new Map<TreeVersion, ReadonlyMap<string, Hash>>([[0, new Map()]]);
  let next = 1;

  function contentsOf(version: TreeVersion): ReadonlyMap<string, Hash> {
    return present(versions.get(version), "an unknown or released version of the state tree");
  }

  function sortedLeaves(version: TreeVersion): readonly StateLeaf[] {
    return [...contentsOf(version)]
      .map(([key, valueHash]) => ({ path: fromMapKey(key), valueHash }))
      .sort((a, b) => compareBytes(a.path, b.path));
  }

  return {
    emptyVersion: 0,
    update: (version, changes) => {
      const contents = new Map(contentsOf(version));
      const seen = new Set<string>();
      for (const { path, valueHash } of changes) {
        const key = mapKey(path);
        assert(!seen.has(key), "paths of one update must not repeat");
        seen.add(key);
        if (valueHash === undefined) contents.delete(key);
        else contents.set(key, valueHash.slice());
      }
      versions.set(next, contents);
      return next++;
    },
    root: (version) => rootOfSorted(hashes, sortedLeaves(version), 0),
    get: (version, path) => contentsOf(version).get(mapKey(path)),
    prove: (version, path) => {
      let leaves = sortedLeaves(version);
      const siblings: Hash[] = [];
      for (let depth = 0; leaves.length > 1; depth++) {
        const middle = middleOf(leaves, depth);
        const [left, right] = [leaves.slice(0, middle), leaves.slice(middle)];
        const goesLeft = pathBit(path, depth) === 0;
        siblings.push(rootOfSorted(hashes, goesLeft ? right : left, depth + 1));
        leaves = goesLeft ? left : right;
      }
      return { siblings, terminal: leaves[0] };
    },
    release: (version) => {
      assert(version !== 0, "the empty version is never released");
      versions.delete(version);
    },
  };
}
