import { bodyOf, isLeaf } from "./arena";
import { pathOf } from "./changes";
import { bitAt, headOf, LEFT } from "./layout";

/*
 * Reads what an update is about to read, along all its paths at once. Each step of a path waits for
 * memory, but the steps of different paths do not wait for each other: the processor has about ten under way
 * at a time. The update itself, which goes down one path after the other, then finds all in the cache.
 */

/** Walks under way: reference of a node, number of its change. */
const WALKS = memory.data(2048, 16);
/** Keeps the reads from being optimised away. */
let sink: u32 = 0;

/** Reads all nodes from `ref`, which is at `depth`, to the leaves of the changes [low, high), at most 256. */
export function touchPaths(ref: u32, depth: u32, low: u32, high: u32): void {
  if (ref == 0) return;
  let count: usize = 0;
  for (let change = low; change < high; change++, count++) {
    store<u64>(WALKS + (count << 3), ((<u64>change) << 32) | ref);
  }
  let read: u32 = 0;
  for (; count > 0; depth++) {
    let going: usize = 0;
    for (let i: usize = 0; i < count; i++) {
      const walk = load<u64>(WALKS + (i << 3));
      const node = <u32>walk;
      const body = bodyOf(node);
      read += load<u8>(body);
      if (isLeaf(node)) continue;
      const right = bitAt(pathOf(<u32>(walk >> 32)), depth);
      const half = load<u32>(headOf(body) + (right << 2), LEFT);
      store<u64>(WALKS + (going << 3), (walk & 0xffffffff00000000) | half);
      going += half != 0 ? 1 : 0;
    }
    count = going;
  }
  sink = read;
}
