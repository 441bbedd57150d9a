import { present } from "../base/assert.js";
import { mapKey } from "../base/bytes.js";
import type { Cut, CutEntry } from "../types/block.js";

/** What a batch says of its place in its lane. */
export interface Chained {
  readonly seq: number;
  /** `mapKey` of the hash of the batch before it. */
  readonly prevKey: string;
}

export type LaneWalk<T> =
  /** Oldest first; `belowKey` names the batch on which they stand. */
  | { readonly kind: "batches"; readonly batches: T[]; readonly belowKey: string }
  /** The newest batch that `find` does not have, and those above it, oldest first. */
  | { readonly kind: "missing"; readonly seq: number; readonly key: string; readonly batches: T[] }
  /** A batch with another number than its place: not one hash chain. */
  | { readonly kind: "invalid" };

/** Batches of one entry of a cut, found backwards from its head along the hash chain. */
export function walkLane<T extends Chained>(
  { fromSeq, toSeq, headHash }: CutEntry,
  find: (key: string) => T | undefined,
): LaneWalk<T> {
  const batches: T[] = [];
  let key = mapKey(headHash);
  for (let seq = toSeq; seq >= fromSeq; seq--) {
    const found = find(key);
    if (found === undefined) return { kind: "missing", seq, key, batches: batches.reverse() };
    if (found.seq !== seq) return { kind: "invalid" };
    batches.push(found);
    key = found.prevKey;
  }
  return { kind: "batches", batches: batches.reverse(), belowKey: key };
}

/** Batches of each entry of a cut that was checked, all of which are here. */
export function lanesOfCut<T extends Chained>(
  cut: Cut,
  find: (key: string) => T | undefined,
): T[][] {
  return cut.map((entry) => {
    const walk = walkLane(entry, find);
    const batches = walk.kind === "batches" ? walk.batches : undefined;
    return present(batches, "a block that was voted for has its batches, each lane one hash chain");
  });
}
