import { present } from "../base/assert.js";
import type { TreeVersion } from "../merkle/stateTree.js";

/** What module `tree` does with nodes of versions; see assembly/tree/replaced.ts. */
export interface NodeOwner {
  freeYounger(root: number, birth: number): void;
  freeReplaced(list: number, birth: number, older: number): number;
  dropList(list: number): void;
}

interface Version {
  /** Its name, and the birth of the nodes that were made for it; larger than its parent's. */
  readonly number: TreeVersion;
  readonly root: number;
  /** The version it was made from, or the nearest one before that which is still there. */
  parent: Version | undefined;
  readonly children: Set<Version>;
  /** The list of those nodes of the parent that it does not have. */
  replaced: number;
  /** Released versions stay as long as more than one was made from them. */
  released: boolean;
}

/**
 * Which version was made from which. That is enough to know whose nodes become free, without counting owners of nodes:
 *
 * - A node of a version that was made after the version's parent is in no other version but those made from it.
 * - So when the last of a line goes, its nodes younger than the parent are free.
 * - When a version with one child goes, those nodes are free that the child does not have and that are younger
 *   than the parent. What the child lacks of older ones it lacks of the parent from then on.
 * - A version with several children waits until it has one.
 */
export class TreeVersions {
  readonly #nodes: NodeOwner;
  readonly #empty: Version = {
    number: 0,
    root: 0,
    parent: undefined,
    children: new Set(),
    replaced: 0,
    released: false,
  };
  readonly #live = new Map<TreeVersion, Version>([[0, this.#empty]]);
  #last: TreeVersion = 0;

  constructor(nodes: NodeOwner) {
    this.#nodes = nodes;
  }

  /** Live versions without the empty one. */
  get count(): number {
    return this.#live.size - 1;
  }

  /** The number that the next version will have. */
  get next(): TreeVersion {
    return this.#last + 1;
  }

  rootOf(version: TreeVersion): number {
    return this.#find(version).root;
  }

  /** Enters version `next`, made from `version`. */
  add(version: TreeVersion, root: number, replaced: number): TreeVersion {
    const parent = this.#find(version);
    const number = ++this.#last;
    const made = { number, root, parent, children: new Set<Version>(), replaced, released: false };
    parent.children.add(made);
    this.#live.set(number, made);
    return number;
  }

  release(version: TreeVersion): void {
    if (version === 0) return;
    let gone: Version | undefined = this.#find(version);
    this.#live.delete(version);
    gone.released = true;
    while (gone !== undefined) gone = this.#remove(gone);
  }

  /** Removes a released version if it can go. Gives a released parent that then may go as well. */
  #remove(gone: Version): Version | undefined {
    const parent = present(gone.parent, "the empty version is never removed");
    const [child, ...others] = gone.children;
    if (others.length > 0) return undefined;
    parent.children.delete(gone);
    if (child === undefined) {
      this.#nodes.freeYounger(gone.root, parent.number);
      this.#nodes.dropList(gone.replaced);
      return parent.released ? parent : undefined;
    }
    child.replaced = this.#nodes.freeReplaced(child.replaced, parent.number, gone.replaced);
    child.parent = parent;
    parent.children.add(child);
    return undefined;
  }

  #find(version: TreeVersion): Version {
    return present(this.#live.get(version), "the tree version is not live");
  }
}
