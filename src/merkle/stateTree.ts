/** The state tree as execution sees it. `kernels/` implements it in WebAssembly memory. */

import type { Hash } from "../types/primitives.js";

/** Names one immutable version of the tree. Versions share what they have in common. */
export type TreeVersion = number;

/** One change: the leaf at `path` gets `valueHash`, or is removed by `undefined`. */
export interface LeafChange {
  readonly path: Hash;
  readonly valueHash: Hash | undefined;
}

/** From the root down: siblings, then the leaf that ends the path, if one does. */
export interface StatePath {
  readonly siblings: readonly Hash[];
  /** The leaf met at the end: the path asked for (inclusion) or another one; none for an empty subtree. */
  readonly terminal: { readonly path: Hash; readonly valueHash: Hash } | undefined;
}

export interface StateTree {
  /** The tree without leaves: root of 32 zero bytes. Never released. */
  readonly emptyVersion: TreeVersion;
  /** A new version; `version` stays as it is. Paths must not repeat. */
  update(version: TreeVersion, changes: readonly LeafChange[]): TreeVersion;
  root(version: TreeVersion): Hash;
  get(version: TreeVersion, path: Hash): Hash | undefined;
  prove(version: TreeVersion, path: Hash): StatePath;
  /** Frees what no other live version uses. */
  release(version: TreeVersion): void;
}
