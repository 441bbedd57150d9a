/*
 * Memory of the tree module:
 *
 *   0 ........ static data: keys, small buffers, stack
 *   buffers .. changes of one update, as given and sorted (see changes.ts)
 *   arena .... pages of 4 KiB with room for 51 nodes of either kind
 *
 *   page            inner node                  leaf
 *   0    51 heads   head   0   birth   8        head   0   birth       8
 *   832  51 bodies         8   left    4        body   0   path       32
 *                          12  right   4               32  value hash 32
 *                   body   0   hash of left half   32
 *                          32  hash of right half  32
 *
 * A node does not hold its own hash but those of its two halves: its body is what is hashed, for inner nodes and leaves
 * alike, and an update needs nothing of the halves that it does not enter. A body is one cache line; heads of nodes made
 * one after the other share one. `birth` is the number of the version that made the node.
 *
 * A reference to a node is the address of its body, with bit 0 set for a leaf; 0 is the empty subtree.
 */

/** Changes that fit the buffers of one `update`. */
export const MAX_CHANGES: u32 = 32768;
/** Bits of a path, hence the depth of the deepest leaf. */
export const MAX_DEPTH: u32 = 256;

export const NODE_PAGE_BYTES: u32 = 4096;
export const NODES_IN_PAGE: u32 = 51;
/** Where in a page the bodies begin: behind 51 heads of 16 bytes, at a cache line. */
export const FIRST_BODY: u32 = 832;
export const BODY_BYTES: u32 = 64;

export const BIRTH: usize = 0;
/** The right reference is the next word. */
export const LEFT: usize = 8;
export const LEAF_VALUE: usize = 32;

export const KEYS = memory.data(64, 16);
export const LEAF_KEY: usize = KEYS;
export const NODE_KEY: usize = KEYS + 32;

/** 32 zero bytes: the hash of the empty subtree. Never written. */
export const ZERO_HASH = memory.data(32, 16);

export const QUERY_PATH = memory.data(32, 16);
/** 32 bytes of a root, or up to 256 sibling hashes. */
export const RESULT = memory.data(8192, 16);
/** Path and value hash of the leaf that a query ended at. */
export const RESULT_LEAF = memory.data(64, 16);

/** Head of the node with a body at `body`. */
export function headOf(body: usize): usize {
  return (body & ~4095) + ((body & 4095) >> 2) - (FIRST_BODY >> 2);
}

/** Copies 32 bytes; `memory.copy` would call out of the module. */
export function copy32(to: usize, from: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  } else {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u64>(to, load<u64>(from, 16), 16);
    store<u64>(to, load<u64>(from, 24), 24);
  }
}

/** Bit `depth` of a path, counted from the most significant bit of byte 0. */
export function bitAt(path: usize, depth: u32): u32 {
  return (<u32>load<u8>(path + (<usize>depth >> 3)) >> (7 - (depth & 7))) & 1;
}

export function equal32(a: usize, b: usize): bool {
  return (
    load<u64>(a) == load<u64>(b) &&
    load<u64>(a, 8) == load<u64>(b, 8) &&
    load<u64>(a, 16) == load<u64>(b, 16) &&
    load<u64>(a, 24) == load<u64>(b, 24)
  );
}
