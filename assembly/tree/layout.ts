/*
 * Memory of the tree module:
 *
 *   0 ........ static data: keys, buffers below
 *   arena .... nodes of two sizes, bump-allocated, each size with its own list of freed ones
 *
 *   inner node, 48 bytes          leaf, 112 bytes
 *   0   hash        32            0   path        32
 *   32  left  ref    4            32  value hash  32
 *   36  right ref    4            64  hash        32
 *   40  references   4            96  references   4
 *   44  unused       4            100 unused      12
 *
 * A reference to a node is its address, with bit 0 set for a leaf; 0 is the empty subtree. While a node's
 * hash is not yet computed, the first word of the hash is the link of a list of such nodes.
 */

/** Changes that fit the buffer of one `update`. */
export const MAX_CHANGES: u32 = 8192;
/** Bits of a path, hence the depth of the deepest leaf. */
export const MAX_DEPTH: u32 = 256;

export const PATH_BYTES: usize = 32;

export const INNER_BYTES: u32 = 48;
export const INNER_LEFT: usize = 32;
export const INNER_RIGHT: usize = 36;
export const INNER_REFERENCES: usize = 40;

export const LEAF_BYTES: u32 = 112;
export const LEAF_VALUE: usize = 32;
export const LEAF_HASH: usize = 64;
export const LEAF_REFERENCES: usize = 96;

export const KEYS = memory.data(64, 16);
export const LEAF_KEY: usize = KEYS;
export const NODE_KEY: usize = KEYS + 32;

/** 32 zero bytes: the hash of the empty subtree. Never written. */
export const ZERO_HASH = memory.data(32, 16);

export const CHANGE_PATHS = memory.data(262144, 16);
export const CHANGE_VALUES = memory.data(262144, 16);
/** One byte a change: 1 sets, 0 deletes. */
export const CHANGE_KINDS = memory.data(8192, 16);

export const QUERY_PATH = memory.data(32, 16);
/** 32 bytes of a root, or up to 256 sibling hashes. */
export const RESULT = memory.data(8192, 16);
/** Path and value hash of the leaf that a query ended at. */
export const RESULT_LEAF = memory.data(64, 16);
