import { bodyOf, freeAhead, isLeaf } from "./arena";
import { pathOf, split } from "./changes";
import { bitAt, headOf, LEFT } from "./layout";

/*
 * The old nodes that a few changes lead through, as a tree of records:
 *
 *   0   reference of the node          16  first and end of its changes, counted from that of the root
 *   4   where its hash is              (two u16)
 *   8   record of its left half,       20  bit of the path if there is one change only, else SEVERAL
 *   12  of its right half (0: no changes there)
 *
 * They are found level by level. Each step down waits for memory, but those of one level do not wait for each other:
 * the processor has about ten under way at a time, while going down one path after the other would have one. For the
 * same reason every step also reads a body that the update will take for a new node. The update then
 * finds all that it reads and writes in the cache.
 */

/** Most changes: their nodes, old and new, are to stay in the cache, and numbers to fit 16 bits. */
export const MAX_TOGETHER: u32 = 64;

const RECORD_BYTES: usize = 24;
/** Up to one node for each change and depth, and one at depth 256. */
const RECORDS = memory.data(1579008, 16);
export const WAY_HASH: usize = 4;
export const WAY_LEFT: usize = 8;
export const WAY_RIGHT: usize = 12;
export const WAY_CHANGES: usize = 16;
export const WAY_BIT: usize = 20;
export const SEVERAL: u32 = 2;
/** Keeps reads from being optimised away. */
let sink: u32 = 0;

/** Records of the ways from `ref`, which is at `depth` and has its hash at `hash`; the first is that of `ref`. */
export function findWays(ref: u32, hash: usize, depth: u32, low: u32, high: u32): usize {
  let at = RECORDS;
  store<u32>(at, ref);
  store<u32>(at, <u32>hash, WAY_HASH);
  store<u32>(at, (high - low) << 16, WAY_CHANGES);
  let end = at + RECORD_BYTES;
  let read: u32 = 0;
  for (; at < end; depth++) {
    for (const levelEnd = end; at < levelEnd; at += RECORD_BYTES) {
      const node = load<u32>(at);
      const body = bodyOf(node);
      read += load<u8>(body);
      store<u64>(at, 0, WAY_LEFT);
      if (node == 0 || isLeaf(node)) continue;
      read += freeAhead();
      const halves = load<u64>(headOf(body), LEFT);
      const range = load<u32>(at, WAY_CHANGES);
      const first = low + (range & 0xffff);
      const last = low + (range >> 16);
      if (last - first == 1) {
        // Without a branch on the bit, which nothing could predict.
        const right = bitAt(pathOf(first), depth);
        store<u32>(at, right, WAY_BIT);
        store<u32>(at + ((<usize>right) << 2), <u32>end, WAY_LEFT);
        store<u32>(end, <u32>(halves >> ((<u64>right) << 5)));
        store<u32>(end, <u32>body + (right << 5), WAY_HASH);
        store<u32>(end, range, WAY_CHANGES);
        end += RECORD_BYTES;
        continue;
      }
      store<u32>(at, SEVERAL, WAY_BIT);
      const middle = split(depth, first, last);
      if (middle != first) {
        store<u32>(at, <u32>end, WAY_LEFT);
        store<u32>(end, <u32>halves);
        store<u32>(end, <u32>body, WAY_HASH);
        store<u32>(end, (range & 0xffff) | ((middle - low) << 16), WAY_CHANGES);
        end += RECORD_BYTES;
      }
      if (middle != last) {
        store<u32>(at, <u32>end, WAY_RIGHT);
        store<u32>(end, <u32>(halves >> 32));
        store<u32>(end, <u32>body + 32, WAY_HASH);
        store<u32>(end, (middle - low) | (range & 0xffff0000), WAY_CHANGES);
        end += RECORD_BYTES;
      }
    }
  }
  sink = read;
  return RECORDS;
}
