import { assert } from "../base/assert.js";
import { mapKey } from "../base/bytes.js";
import type { ExecutionSummary } from "../execution/interface.js";
import type { HistoryLog } from "../merkle/historyLog.js";
import type { Block, Cut } from "../types/block.js";
import type { LaneHeads } from "../types/laneHeads.js";
import type { Hash } from "../types/primitives.js";
import type { BatchSource } from "./ports.js";

/** What agreement keeps of an execution. */
export type Outcome = Pick<
  ExecutionSummary,
  "resultHash" | "isNonEmpty" | "nextTimerDeadlineMs" | "hasTimerBacklog" | "timerBacklogFromMs"
>;

/** CON-V7: at `timeMs` more timers are due in this state than one block fires, or some are left. */
export function leavesTimersWaiting(state: Outcome, timeMs: number): boolean {
  return state.hasTimerBacklog || timeMs >= (state.timerBacklogFromMs ?? Number.POSITIVE_INFINITY);
}

/** A block above (or at) the last committed one. Fields that are unknown yet are undefined. */
export interface BlockNode {
  readonly hash: Hash;
  readonly key: string;
  readonly view: number;
  readonly height: number;
  readonly timeMs: number;
  /** Undefined for the genesis block only. */
  readonly block: Block | undefined;
  readonly parentKey: string;
  /** Local time at which it came: the next leader's pacing counts from here, not from `timeMs`. */
  readonly receivedMs: number;
  /** The leader's Notarize signature; undefined where only the hash is known to be right. */
  leaderSignature: Uint8Array | undefined;
  parent: BlockNode | undefined;
  /** Lane heads and history including this block; known once all ancestors are here. */
  heads: LaneHeads | undefined;
  history: HistoryLog | undefined;
  /** A rule of CON-V is broken for ever. */
  invalidReason: string | undefined;
  isValid: boolean;
  isStored: boolean;
  isExecutionAsked: boolean;
  outcome: Outcome | undefined;
}

/** Final blocks that are still served to peers one by one; older ones come by range. */
const RECENT_FINAL_MAX = 64;

/** Blocks by hash, linked to the last committed block, the root. */
export class BlockTree {
  readonly #nodes = new Map<string, BlockNode>();
  readonly #orphans = new Map<string, Set<BlockNode>>();
  readonly #recentFinal = new Map<string, BlockNode>();
  #root: BlockNode;

  constructor(
    readonly batches: BatchSource,
    root: BlockNode,
  ) {
    assert(root.heads !== undefined && root.history !== undefined, "the root is linked");
    this.#root = root;
    this.#nodes.set(root.key, root);
  }

  get root(): BlockNode {
    return this.#root;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(key: string): BlockNode | undefined {
    return this.#nodes.get(key);
  }

  /** Cuts of all blocks that are here and not final. */
  *cuts(): Generator<Cut> {
    for (const node of this.#nodes.values()) {
      if (node !== this.#root && node.block !== undefined) yield node.block.cut;
    }
  }

  /** As {@link get}, and recently committed blocks too. */
  find(key: string): BlockNode | undefined {
    return this.#nodes.get(key) ?? this.#recentFinal.get(key);
  }

  insert(
    hash: Hash,
    block: Block,
    receivedMs: number,
    leaderSignature: Uint8Array | undefined,
  ): BlockNode {
    const key = mapKey(hash);
    const known = this.#nodes.get(key);
    if (known !== undefined) {
      known.leaderSignature ??= leaderSignature;
      return known;
    }
    const parentKey = mapKey(block.header.parentHash);
    const node: BlockNode = {
      hash,
      key,
      view: block.header.view,
      height: block.header.height,
      timeMs: block.header.timeMs,
      block,
      parentKey,
      receivedMs,
      leaderSignature,
      parent: undefined,
      heads: undefined,
      history: undefined,
      invalidReason: undefined,
      isValid: false,
      isStored: false,
      isExecutionAsked: false,
      outcome: undefined,
    };
    this.#nodes.set(key, node);
    node.parent = this.#nodes.get(parentKey);
    if (node.parent?.heads === undefined) this.#addOrphan(node);
    else this.#link(node, node.parent);
    return node;
  }

  #addOrphan(node: BlockNode): void {
    const waiting = this.#orphans.get(node.parentKey);
    if (waiting === undefined) this.#orphans.set(node.parentKey, new Set([node]));
    else waiting.add(node);
  }

  /** Links a node and, in turn, everything that waited for it. */
  #link(first: BlockNode, firstParent: BlockNode): void {
    const queue: [BlockNode, BlockNode][] = [[first, firstParent]];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const [node, parent] = next;
      node.parent = parent;
      if (parent.heads !== undefined && parent.history !== undefined) {
        const cut = (node.block as Block).cut;
        node.heads = this.batches.advance(parent.heads, cut);
        if (node.heads === undefined) {
          node.invalidReason = "CON-V2: the cut does not continue its parent's lanes";
        }
        node.history = parent.history.append(node.hash);
      }
      const waiting = this.#orphans.get(node.key);
      if (waiting === undefined) continue;
      this.#orphans.delete(node.key);
      for (const child of waiting) queue.push([child, node]);
    }
  }

  /** Blocks from just above the root up to `node`, oldest first; undefined if it hangs elsewhere. */
  pathTo(node: BlockNode): BlockNode[] | undefined {
    const path: BlockNode[] = [];
    let at: BlockNode | undefined = node;
    while (at !== undefined && at.height > this.#root.height) {
      path.push(at);
      at = at.parent;
    }
    return at === this.#root ? path.reverse() : undefined;
  }

  /** Moves the root to a descendant and forgets every branch that does not contain it. */
  commit(node: BlockNode): void {
    for (const final of this.pathTo(node) ?? []) {
      this.#recentFinal.set(final.key, final);
      if (this.#recentFinal.size > RECENT_FINAL_MAX) {
        const oldest = this.#recentFinal.keys().next().value as string;
        this.#recentFinal.delete(oldest);
      }
    }
    this.#root = node;
    const known = new Map<BlockNode, boolean>();
    for (const other of [...this.#nodes.values()]) {
      if (other === node || this.#staysAbove(other, known)) continue;
      this.#nodes.delete(other.key);
      const waiting = this.#orphans.get(other.parentKey);
      waiting?.delete(other);
      if (waiting?.size === 0) this.#orphans.delete(other.parentKey);
    }
    // Ancestors are of no use to anyone who holds the root; a chain of parents would leak memory.
    node.parent = undefined;
  }

  /** @param known - Of nodes looked at before: chains are long, and share most of their blocks. */
  #staysAbove(node: BlockNode, known: Map<BlockNode, boolean>): boolean {
    const path: BlockNode[] = [];
    let at: BlockNode = node;
    let stays = known.get(at);
    while (stays === undefined && at.height > this.#root.height && at.parent !== undefined) {
      path.push(at);
      at = at.parent;
      stays = known.get(at);
    }
    // An orphan may still turn out to be a descendant, if it is young enough.
    stays ??= at === this.#root || (at.height > this.#root.height + 1 && at.view > this.#root.view);
    for (const passed of path) known.set(passed, stays);
    return stays;
  }
}
