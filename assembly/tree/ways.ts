import { bodyOf, isLeaf, touchFree } from "./arena";
import { pathOf, removesLeaf, split } from "./changes";
import { bitAt, equal32, headOf, LEAF_VALUE, LEFT } from "./layout";

/*
 * The old nodes that a few changes lead through, as a tree of records:
 *
 *   0   reference of the node           8   record of its left half, or of the only half with ONE set
 *   4   where its hash is               12  record of its right half, or 0 or 1: which the only half is
 *   16  first and end of its changes    20  record of the node above
 *       (two u16)
 *
 * Changes are counted from the first one of all. A record with ONE has a single change; the halves of others are 0 if no
 * change leads there.
 *
 * They are found level by level. Reading a node waits for memory, but the processor waits for many lines together if what
 * lies between the reads is short: so a loop of nothing but reads goes over each level first, and over as many free nodes as
 * the update will take for new ones. The update then finds all that it reads and writes in the cache. Going down one path
 * after the other takes twice as long in all.
 */

/** Most changes: their nodes, old and new, are to stay in the cache, and numbers to fit 16 bits. */
export const MAX_TOGETHER: u32 = 256;

export const RECORD_BYTES: usize = 24;
/** Up to one node for each change and depth, and one at depth 256. */
const RECORDS = memory.data(1579008, 16);
export const WAY_HASH: usize = 4;
export const WAY_LEFT: usize = 8;
export const WAY_RIGHT: usize = 12;
export const WAY_CHANGES: usize = 16;
export const WAY_ABOVE: usize = 20;
export const ONE: u32 = 1;
/** Keeps reads from being optimised away. */
let sink: u32 = 0;

function addRecord(at: usize, ref: u32, hash: usize, changes: u32, above: usize): void {
  store<u64>(at, ((<u64>hash) << 32) | ref);
  store<u64>(at, ((<u64>above) << 32) | changes, WAY_CHANGES);
}

/** Of the last `findWays`: where its records end, and whether each of its changes gives a leaf of the tree a new value. */
let waysEnd: usize = 0;
let newValuesOnly: bool = false;

export function endOfWays(): usize {
  return waysEnd;
}

export function onlyNewValues(): bool {
  return newValuesOnly;
}

/** Whether the changes at a leaf, or 0, are just one, with another value for it. */
function getsNewValue(node: u32, range: u32, low: u32): bool {
  const first = range & 0xffff;
  if (node == 0 || (range >> 16) - first != 1) return false;
  const change = low + first;
  const leaf = bodyOf(node);
  return (
    !removesLeaf(change) &&
    equal32(leaf, pathOf(change)) &&
    !equal32(leaf + LEAF_VALUE, pathOf(change) + 32)
  );
}

/** Records of the ways from `ref`, which is at `depth` and has its hash at `hash`; the first is that of `ref`. */
export function findWays(ref: u32, hash: usize, depth: u32, low: u32, high: u32): usize {
  let at = RECORDS;
  addRecord(at, ref, hash, (high - low) << 16, 0);
  let end = at + RECORD_BYTES;
  let read: u32 = 0;
  let plain = true;
  for (; at < end; depth++) {
    for (let ahead = at; ahead < end; ahead += RECORD_BYTES) {
      // The empty subtree has no body; any address does.
      const node = load<u32>(ahead);
      const body = max(bodyOf(node), 4096);
      read += load<u8>(body) + load<u8>(isLeaf(node) ? body : headOf(body));
    }
    read += touchFree((end - at) / RECORD_BYTES);
    for (const levelEnd = end; at < levelEnd; at += RECORD_BYTES) {
      const node = load<u32>(at);
      const body = bodyOf(node);
      if (node == 0 || isLeaf(node)) {
        plain = plain && getsNewValue(node, load<u32>(at, WAY_CHANGES), low);
        continue;
      }
      const halves = load<u64>(headOf(body), LEFT);
      const range = load<u32>(at, WAY_CHANGES);
      const first = range & 0xffff;
      const last = range >> 16;
      if (last - first == 1) {
        // Without a branch on the bit, which nothing could predict.
        const right = <u64>bitAt(pathOf(low + first), depth);
        store<u64>(at, (right << 32) | (end | ONE), WAY_LEFT);
        const shift = right << 5;
        addRecord(end, <u32>(halves >> shift), body + <usize>shift, range, at);
        end += RECORD_BYTES;
        continue;
      }
      store<u64>(at, 0, WAY_LEFT);
      const middle = split(depth, low + first, low + last) - low;
      if (middle != first) {
        store<u32>(at, <u32>end, WAY_LEFT);
        addRecord(end, <u32>halves, body, first | (middle << 16), at);
        end += RECORD_BYTES;
      }
      if (middle != last) {
        store<u32>(at, <u32>end, WAY_RIGHT);
        addRecord(end, <u32>(halves >> 32), body + 32, middle | (range & 0xffff0000), at);
        end += RECORD_BYTES;
      }
    }
  }
  sink = read;
  waysEnd = end;
  newValuesOnly = plain;
  return RECORDS;
}
