import fc from "fast-check";
import { mapKey } from "../../src/base/bytes.js";
import { StateTree } from "../../src/kernels/stateTree.js";
import { readWasm } from "../../src/kernels/wasmModules.js";
import type { LeafChange } from "../../src/merkle/stateTree.js";
import { leafKey, nodeKey } from "./treeOracle.js";
import { byteStream } from "./variants.js";

export type Contents = ReadonlyMap<string, Uint8Array>;

export function treeMaker(simd: boolean): (maxBytes?: number) => StateTree {
  const module = new WebAssembly.Module(readWasm("tree", simd));
  return (maxBytes) =>
    new StateTree(module, { leafKey, nodeKey, ...(maxBytes === undefined ? {} : { maxBytes }) });
}

export function applyTo(contents: Contents, changes: readonly LeafChange[]): Contents {
  const result = new Map(contents);
  for (const { path, valueHash } of changes) {
    if (valueHash === undefined) result.delete(mapKey(path));
    else result.set(mapKey(path), valueHash);
  }
  return result;
}

/** Changes in the form of `updateFlat`. Value hashes of removals are noise, which must not matter. */
export function flatten(changes: readonly LeafChange[]): [Uint8Array, Uint8Array] {
  const flat = new Uint8Array(64 * changes.length).fill(0xee);
  const removals = new Uint8Array(changes.length);
  changes.forEach(({ path, valueHash }, i) => {
    flat.set(path, 64 * i);
    if (valueHash === undefined) removals[i] = 1 + (i & 127);
    else flat.set(valueHash, 64 * i + 32);
  });
  return [flat, removals];
}

/** `count` leaves whose paths have the first `shared` bytes in common, the rest at random. */
export function crowdedLeaves(count: number, shared: number, seed: number) {
  const next = byteStream(seed);
  const head = next(shared);
  return Array.from({ length: count }, () => {
    const path = next(32);
    path.set(head);
    return { path, valueHash: next(32) };
  });
}

/** Paths that part anywhere, often late: all bits up to some depth are those of one of two paths. */
const pathArbitrary = fc
  .tuple(fc.boolean(), fc.nat({ max: 255 }), fc.nat({ max: 3 }))
  .map(([high, depth, tail]) => {
    const path = new Uint8Array(32).fill(high ? 0xa5 : 0);
    path[depth >> 3]! ^= 0x80 >> (depth & 7);
    path[31]! ^= tail;
    return path;
  });

export const changesArbitrary = fc.uniqueArray(
  fc.record({
    path: pathArbitrary,
    valueHash: fc.option(
      fc.integer({ min: 0, max: 2 }).map((n) => new Uint8Array(32).fill(n)),
      { nil: undefined, freq: 2 },
    ),
  }),
  { selector: ({ path }) => mapKey(path), maxLength: 40 },
);
