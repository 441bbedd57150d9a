import { assert } from "../base/assert.js";
import { compareBytes } from "../base/bytes.js";
import { orderByLeading } from "../base/ordering.js";

/**
 * The order of `items` by their 32-byte paths, as indexes.
 *
 * @throws {AssertionError} If two paths are equal: the caller meant one change for each path.
 */
export function orderByPath(items: readonly { readonly path: Uint8Array }[]): Uint32Array {
  const count = items.length;
  const pathAt = (index: number) => (items[index] as { path: Uint8Array }).path;
  if (isAscending(items)) {
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    return order;
  }
  const leading = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const path = pathAt(i);
    assert(path.length === 32, "a path has 32 bytes");
    leading[i] =
      (path[0] as number) * 2 ** 24 +
      ((path[1] as number) << 16) +
      ((path[2] as number) << 8) +
      (path[3] as number);
  }
  const order = orderByLeading(leading, (a, b) => compareBytes(pathAt(a), pathAt(b)));
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
