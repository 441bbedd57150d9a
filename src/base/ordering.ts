/** A number and an index below this fit together in the 53 exact bits of a double. */
const INDEXES_MAX = 2 ** 21;

/**
 * The order of many keys, as their indexes: most of it is one native sort of numbers, and only keys
 * that begin alike are compared. Of equal keys the later stays the later.
 *
 * @param leading - Of each key a number of 32 bits that sorts like it. It is overwritten.
 */
export function orderByLeading(
  leading: Float64Array,
  compare: (a: number, b: number) => number,
): Uint32Array {
  const count = leading.length;
  const order = new Uint32Array(count);
  if (count > INDEXES_MAX) {
    for (let i = 0; i < count; i++) order[i] = i;
    return order.sort(compare);
  }
  for (let i = 0; i < count; i++) leading[i] = leading[i]! * INDEXES_MAX + i;
  leading.sort();
  let alikeFrom = 0;
  let last = -1;
  for (let i = 0; i < count; i++) {
    const packed = leading[i]!;
    const number = Math.floor(packed / INDEXES_MAX);
    // Exact, and much cheaper than a remainder of numbers beyond 32 bits.
    order[i] = packed - number * INDEXES_MAX;
    if (number === last) continue;
    sortPart(order, alikeFrom, i, compare);
    alikeFrom = i;
    last = number;
  }
  sortPart(order, alikeFrom, count, compare);
  return order;
}

function sortPart(
  order: Uint32Array,
  start: number,
  end: number,
  compare: (a: number, b: number) => number,
): void {
  if (end - start > 1) order.subarray(start, end).sort(compare);
}
