/** Cuts of blocks: checking (CON-V2), building, and the order of execution (LAN-7 to LAN-9). */

import { assert } from "../base/assert.js";
import { mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { OrderedTransaction } from "../execution/interface.js";
import type { Cut, CutEntry } from "../types/block.js";
import type { ChainParameters } from "../types/genesis.js";
import type { CutVerdict, LaneHead, LaneHeads, MissingBatches } from "../types/laneHeads.js";
import { executionOrder } from "./executionOrder.js";
import type { Lane } from "./lane.js";
import { walkLane } from "./laneWalk.js";
import type { LaneBatch } from "./types.js";

/** Bytes of batches that fewer than q validators acked, in one block: voters may have to fetch. */
const UNSURE_SIZE_BYTES_MAX = 1024 * 1024;

/** Heads after the cut, or undefined where it does not start right after `heads`. */
export function advanceHeads(heads: LaneHeads, cut: Cut): LaneHeads | undefined {
  if (cut.length === 0) return heads;
  const next = [...heads];
  for (const { author, fromSeq, toSeq, headHash } of cut) {
    const head = next[author];
    if (head === undefined || head.seq + 1 !== fromSeq) return undefined;
    next[author] = { seq: toSeq, headHash, key: mapKey(headHash) };
  }
  return next;
}

type Resolved =
  | { readonly kind: "batches"; readonly batches: readonly LaneBatch[] }
  | {
      readonly kind: "missing";
      readonly missing: MissingBatches;
      readonly key: string;
      /** Those above the missing one. */
      readonly batches: readonly LaneBatch[];
    }
  | { readonly kind: "invalid" };

/** Batches of one entry, oldest first: the hash chain from its head must end at the parent's. */
function resolve(lane: Lane, head: LaneHead, entry: CutEntry): Resolved {
  const walk = walkLane(entry, (key) => lane.byKey.get(key));
  if (walk.kind === "missing") {
    const { author, fromSeq } = entry;
    const missing = { author, fromSeq, toSeq: walk.seq };
    return { kind: "missing", missing, key: walk.key, batches: walk.batches };
  }
  if (walk.kind === "invalid" || walk.belowKey !== head.key) return { kind: "invalid" };
  return walk;
}

function invalid(reason: string): CutVerdict {
  return { kind: "invalid", reason };
}

/** CON-V2: a function of the parent's heads, the cut, and the batches that it names. */
export function inspectCut(
  lanes: readonly Lane[],
  parameters: ChainParameters,
  heads: LaneHeads,
  cut: Cut,
): CutVerdict {
  if (advanceHeads(heads, cut) === undefined) return invalid("it does not continue the lanes");
  let count = 0;
  for (const { author, fromSeq, toSeq } of cut) {
    const batches = toSeq - fromSeq + 1;
    // No honest author has more in flight; a leader could pin any number of its own otherwise.
    if (batches > LIMITS.batchesInFlightMax) {
      return invalid(`more than ${LIMITS.batchesInFlightMax} batches of lane ${author}`);
    }
    count += batches;
  }
  if (count > LIMITS.blockBatchesMax) return invalid(`more than ${LIMITS.blockBatchesMax} batches`);
  const all: LaneBatch[] = [];
  const unresolved: (Resolved & { readonly kind: "missing" })[] = [];
  for (const entry of cut) {
    const lane = lanes[entry.author] as Lane;
    const found = resolve(lane, heads[entry.author] as LaneHead, entry);
    if (found.kind === "invalid") return invalid(`lane ${entry.author} is not one hash chain`);
    if (found.kind === "missing") unresolved.push(found);
    all.push(...found.batches);
  }
  // Judged by what is here already: nothing more is fetched of a cut that can never be valid.
  let sizeBytes = 0;
  let cost = 0;
  let transactionCount = 0;
  for (const batch of all) {
    sizeBytes += batch.sizeBytes;
    cost += batch.cost;
    transactionCount += batch.transactions.length;
  }
  // A single batch always fits, or its lane could never go on.
  if (all.length > 1) {
    if (sizeBytes > parameters.maxBlockSizeBytes) return invalid("more bytes than a block holds");
    if (cost > Number(parameters.maxBlockCost)) return invalid("more cost than a block holds");
  }
  if (unresolved.length === 0) return { kind: "complete", transactionCount };
  const missing: MissingBatches[] = [];
  for (const { key, missing: wanted } of unresolved) {
    const lane = lanes[wanted.author] as Lane;
    // What is being checked need not be fetched.
    if (lane.raw.get(key)?.isChecking === true) continue;
    lane.want(key);
    missing.push(wanted);
  }
  return { kind: "missing", batches: missing };
}

/** Transactions of a complete cut in execution order (LAN-9). */
export function orderTransactions(
  lanes: readonly Lane[],
  heads: LaneHeads,
  cut: Cut,
  view: number,
): OrderedTransaction[] {
  const rows = cut.map((entry) => {
    const lane = lanes[entry.author] as Lane;
    const found = resolve(lane, heads[entry.author] as LaneHead, entry);
    assert(found.kind === "batches", "only complete cuts are executed");
    return found.batches;
  });
  const ordered: OrderedTransaction[] = [];
  for (const { transactions } of executionOrder(lanes.length, view, cut, rows)) {
    for (const transaction of transactions) ordered.push(transaction);
  }
  return ordered;
}

/** Highest number of a lane that this leader may include: acked by f + 1 and durable here. */
export function includableSeq(lane: Lane): number {
  return Math.min(lane.leaderSeq, lane.durable.seq);
}

interface Share {
  readonly lane: Lane;
  nextSeq: number;
  readonly lastSeq: number;
  cost: number;
  isClosed: boolean;
}

/**
 * A leader's cut: always the lane that got the least cost so far gives the next batch, so a full
 * block is shared evenly however much one lane holds; ties go round with the view.
 */
export function buildCut(
  lanes: readonly Lane[],
  parameters: ChainParameters,
  heads: LaneHeads,
  view: number,
): { readonly cut: Cut; readonly transactionCount: number } {
  const shares: Share[] = [];
  for (let i = 0; i < lanes.length; i++) {
    const lane = lanes[(view + i) % lanes.length] as Lane;
    const head = heads[lane.author] as LaneHead;
    const lastSeq = includableSeq(lane);
    if (lastSeq <= head.seq || !lane.continues(head)) continue;
    shares.push({ lane, nextSeq: head.seq + 1, lastSeq, cost: 0, isClosed: false });
  }
  const budget = {
    sizeBytes: parameters.maxBlockSizeBytes,
    cost: Number(parameters.maxBlockCost),
    unsureBytes: UNSURE_SIZE_BYTES_MAX,
  };
  let transactionCount = 0;
  for (let count = 0; count < LIMITS.blockBatchesMax; ) {
    const share = leastServed(shares);
    if (share === undefined) break;
    const batch = share.lane.branch.get(share.nextSeq);
    if (batch === undefined || !fits(batch, share.lane, budget, count)) {
      share.isClosed = true;
      continue;
    }
    budget.sizeBytes -= batch.sizeBytes;
    budget.cost -= batch.cost;
    if (batch.seq > share.lane.timerSeq) budget.unsureBytes -= batch.sizeBytes;
    transactionCount += batch.transactions.length;
    share.cost += batch.cost;
    share.nextSeq++;
    share.isClosed = share.nextSeq > share.lastSeq;
    count++;
  }
  return { cut: entriesOf(shares, heads), transactionCount };
}

function fits(
  batch: LaneBatch,
  lane: Lane,
  budget: { sizeBytes: number; cost: number; unsureBytes: number },
  count: number,
): boolean {
  if (count === 0) return true;
  if (batch.seq > lane.timerSeq && batch.sizeBytes > budget.unsureBytes) return false;
  return batch.sizeBytes <= budget.sizeBytes && batch.cost <= budget.cost;
}

function leastServed(shares: readonly Share[]): Share | undefined {
  let least: Share | undefined;
  for (const share of shares) {
    if (!share.isClosed && (least === undefined || share.cost < least.cost)) least = share;
  }
  return least;
}

function entriesOf(shares: readonly Share[], heads: LaneHeads): Cut {
  const entries: CutEntry[] = [];
  for (const { lane, nextSeq } of shares) {
    const fromSeq = (heads[lane.author] as LaneHead).seq + 1;
    const last = lane.branch.get(nextSeq - 1);
    if (nextSeq === fromSeq || last === undefined) continue;
    entries.push({ author: lane.author, fromSeq, toSeq: nextSeq - 1, headHash: last.hash });
  }
  return entries.sort((a, b) => a.author - b.author);
}
