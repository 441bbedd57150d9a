/** Pages of catch-up: packing what the log gave, and checking what a peer sent. */

import { equalBytes } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import { batchHash, blockHash, cutRoot } from "../crypto/digests.js";
import type { Hasher } from "../crypto/interfaces.js";
import { readBatch } from "../types/batch.js";
import type { Block } from "../types/block.js";
import type { RangeResponse } from "../types/message.js";
import type { Hash, ValidatorIndex } from "../types/primitives.js";
import type { Certificate } from "../types/vote.js";

export interface PageBlock {
  readonly block: Block;
  readonly batches: readonly Uint8Array[];
}

/** Room for a header, a cut of all lanes and the lengths. */
const BLOCK_OVERHEAD_BYTES = 8 * 1024;

/**
 * Answers for blocks of the log: one page with as many whole blocks as fit; or, where the first
 * block alone is larger than a page, that block in parts with consecutive batches.
 */
export function packPages(
  blocks: readonly PageBlock[],
  certificate: Certificate | undefined,
): RangeResponse[] {
  const first = blocks[0];
  if (first === undefined) return [];
  const fromHeight = first.block.header.height;
  const room = LIMITS.rangePageSizeBytesMax - LIMITS.certificateSizeBytesMax;
  const whole: PageBlock[] = [];
  let left = room;
  for (const next of blocks) {
    left -= sizeBytesOf(next.batches) + BLOCK_OVERHEAD_BYTES;
    if (left < 0 || whole.length >= LIMITS.rangeBlocksMax) break;
    whole.push(next);
  }
  if (whole.length > 0) return [{ fromHeight, blocks: whole, certificate }];
  const pages: RangeResponse[] = [];
  let part: Uint8Array[] = [];
  left = room - BLOCK_OVERHEAD_BYTES;
  for (const batch of first.batches) {
    if (batch.length > left && part.length > 0) {
      pages.push({ fromHeight, blocks: [{ block: first.block, batches: part }], certificate });
      part = [];
      left = room - BLOCK_OVERHEAD_BYTES;
    }
    part.push(batch);
    left -= batch.length + 4;
  }
  pages.push({ fromHeight, blocks: [{ block: first.block, batches: part }], certificate });
  return pages;
}

/** Of batches with their lengths. */
export function sizeBytesOf(batches: readonly Uint8Array[]): number {
  let sizeBytes = 0;
  for (const batch of batches) sizeBytes += batch.length + 4;
  return sizeBytes;
}

/** How many batches a cut names. */
export function batchCount(block: Block): number {
  let count = 0;
  for (const { fromSeq, toSeq } of block.cut) count += toSeq - fromSeq + 1;
  return count;
}

export interface CheckedBlock {
  readonly hash: Hash;
  readonly block: Block;
  readonly sizeBytes: number;
  readonly batches: readonly {
    readonly author: ValidatorIndex;
    readonly hash: Hash;
    readonly bytes: Uint8Array;
  }[];
}

/** The block with its hash, if it follows `before` and its batches are those of its cut. */
export function checkPageBlock(
  hasher: Hasher,
  { block, batches }: PageBlock,
  before: { readonly hash: Hash; readonly height: number; readonly view: number },
): CheckedBlock | string {
  const { header, cut } = block;
  if (header.height !== before.height + 1) return "a height out of order";
  if (header.view <= before.view) return "a view out of order";
  if (!equalBytes(header.parentHash, before.hash)) return "a block that does not follow";
  if (!equalBytes(header.cutRoot, cutRoot(hasher, cut))) return "a cut that the header names not";
  if (batches.length !== batchCount(block)) return "another number of batches";
  const checked: { author: ValidatorIndex; hash: Hash; bytes: Uint8Array }[] = [];
  let next = 0;
  for (const entry of cut) {
    let last: Hash | undefined;
    for (let seq = entry.fromSeq; seq <= entry.toSeq; seq++) {
      const bytes = batches[next++] as Uint8Array;
      const read = readBatch(bytes);
      if (!read.ok) return read.message;
      if (read.value.seq !== seq) return "a batch out of order";
      if (last !== undefined && !equalBytes(read.value.prevHash, last)) return "a broken lane";
      last = batchHash(hasher, read.value.bodyBytes);
      checked.push({ author: entry.author, hash: last, bytes });
    }
    if (last === undefined || !equalBytes(last, entry.headHash)) return "batches of another cut";
  }
  const sizeBytes = sizeBytesOf(batches);
  return { hash: blockHash(hasher, header), block, sizeBytes, batches: checked };
}
