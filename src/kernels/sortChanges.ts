import { assert } from "../base/assert.js";
import { compareBytes } from "../base/bytes.js";

/** Indexes fit below a 32-bit prefix in the 53 exact bits of a number. */
const MAX_PACKED = 2 ** 20;

/**
 * The order of `items` by their 32-byte paths, as indexes. Most of it is one native sort of numbers
 * (first four bytes of the path, then the index); only paths that share those four bytes are compared.
 *
 * @throws {AssertionError} If two paths are equal: the caller meant one change for each path.
 */
export function orderByPath(items: readonly { readonly path: Uint8Array }[]): Uint32Array {
  const count = items.length;
  const order = new Uint32Array(count);
  const pathAt = (index: number) => (items[index] as { path: Uint8Array }).path;
  if (isAscending(items)) {
    for (let i = 0; i < count; i++) order[i] = i;
    return order;
  }
  if (count > MAX_PACKED) {
    for (let i = 0; i < count; i++) order[i] = i;
    order.sort((a, b) => compareBytes(pathAt(a), pathAt(b)));
  } else {
    const keys = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const path = pathAt(i);
      assert(path.length === 32, "a path has 32 bytes");
      const prefix =
        (path[0] as number) * 2 ** 24 +
        ((path[1] as number) << 16) +
        ((path[2] as number) << 8) +
        (path[3] as number);
      keys[i] = prefix * MAX_PACKED + i;
    }
    keys.sort();
    for (let i = 0; i < count; i++) {
      const key = keys[i] as number;
      // Exact, and much cheaper than a remainder of numbers beyond 32 bits.
      order[i] = key - Math.floor(key / MAX_PACKED) * MAX_PACKED;
    }
    sortEqualPrefixes(order, keys, pathAt);
  }
  for (let i = 1; i < count; i++) {
    const previous = pathAt(order[i - 1] as number);
    assert(compareBytes(previous, pathAt(order[i] as number)) < 0, "two changes of one path");
  }
  return order;
}

function isAscending(items: readonly { readonly path: Uint8Array }[]): boolean {
  for (let i = 1; i < items.length; i++) {
    const { path } = items[i] as { readonly path: Uint8Array };
    const { path: previous } = items[i - 1] as { readonly path: Uint8Array };
    if (path.length !== 32 || compareBytes(previous, path) >= 0) return false;
  }
  return items.length === 0 || items[0]?.path.length === 32;
}

function sortEqualPrefixes(
  order: Uint32Array,
  keys: Float64Array,
  pathAt: (index: number) => Uint8Array,
): void {
  const prefixOf = (i: number) => Math.floor((keys[i] as number) / MAX_PACKED);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && prefixOf(end) === prefixOf(start)) end++;
    if (end - start > 1) {
      order.subarray(start, end).sort((a, b) => compareBytes(pathAt(a), pathAt(b)));
    }
    start = end;
  }
}
