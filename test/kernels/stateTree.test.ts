import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromMapKey, mapKey, toHex } from "../../src/base/bytes.js";
import { nobleHasher } from "../../src/crypto/noble/index.js";
import { StateTree } from "../../src/kernels/stateTree.js";
import { readWasm } from "../../src/kernels/wasmModules.js";
import { createReferenceStateTree } from "../../src/merkle/referenceStateTree.js";
import type { LeafChange, TreeVersion } from "../../src/merkle/stateTree.js";
import { checkProof, leafKey, nodeKey, oracleRoot } from "./treeOracle.js";
import { variants } from "./variants.js";

/** Paths that share long prefixes come up often: a few random bytes placed in an otherwise fixed path. */
const pathArbitrary = fc
  .tuple(fc.constantFrom(0, 1, 2, 15, 30, 31), fc.integer({ min: 0, max: 255 }), fc.boolean())
  .map(([position, value, high]) => {
    const path = new Uint8Array(32);
    if (high) path[0] = 0x80;
    path[position] = (path[position] as number) ^ value;
    return path;
  });
const changeArbitrary = fc.record({
  path: pathArbitrary,
  valueHash: fc.option(
    fc.integer({ min: 0, max: 3 }).map((n) => new Uint8Array(32).fill(n)),
    { nil: undefined, freq: 3 },
  ),
});
const changesArbitrary = fc.uniqueArray(changeArbitrary, {
  selector: (change) => mapKey(change.path),
  maxLength: 24,
});

function randomLeaves(count: number, seed: number): { path: Uint8Array; valueHash: Uint8Array }[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return Array.from({ length: count }, () => ({
    path: Uint8Array.from({ length: 32 }, next),
    valueHash: Uint8Array.from({ length: 32 }, next),
  }));
}

function applyTo(contents: ReadonlyMap<string, Uint8Array>, changes: readonly LeafChange[]) {
  const result = new Map(contents);
  for (const { path, valueHash } of changes) {
    if (valueHash === undefined) result.delete(mapKey(path));
    else result.set(mapKey(path), valueHash);
  }
  return result;
}

describe.each(variants)("state tree, $name", ({ simd }) => {
  const module = new WebAssembly.Module(readWasm("tree", simd));
  const newTree = (maxBytes?: number) =>
    new StateTree(module, { leafKey, nodeKey, ...(maxBytes === undefined ? {} : { maxBytes }) });

  it("is 32 zero bytes when empty, and says so of any path", () => {
    const tree = newTree();
    expect(tree.root(tree.emptyVersion)).toEqual(new Uint8Array(32));
    expect(tree.get(tree.emptyVersion, new Uint8Array(32))).toBeUndefined();
    expect(tree.prove(tree.emptyVersion, new Uint8Array(32))).toEqual({
      siblings: [],
      terminal: undefined,
    });
  });

  it("keeps every version equal to the oracle through updates, deletes, forks and releases", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), changesArbitrary, fc.boolean()), {
          minLength: 1,
          maxLength: 8,
        }),
        (steps) => {
          const tree = newTree();
          const versions: { version: TreeVersion; contents: Map<string, Uint8Array> }[] = [
            { version: tree.emptyVersion, contents: new Map() },
          ];
          for (const [pick, changes, releases] of steps) {
            const index = pick % versions.length;
            const base = versions[index] as (typeof versions)[number];
            const contents = applyTo(base.contents, changes);
            const version = tree.update(base.version, changes);
            versions.push({ version, contents });
            if (releases && index > 0) {
              tree.release(base.version);
              versions.splice(index, 1);
            }
            for (const live of versions) {
              const root = tree.root(live.version);
              expect(toHex(root)).toBe(toHex(oracleRoot(live.contents)));
              for (const { path } of changes) {
                const value = live.contents.get(mapKey(path));
                expect(tree.get(live.version, path)).toEqual(value);
                const proof = tree.prove(live.version, path);
                expect(checkProof(root, path, proof)).toEqual(value ?? "absent");
              }
            }
          }
          for (const { version } of versions) tree.release(version);
          expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives one root for one content, whatever the order and the way there", () => {
    const leaves = randomLeaves(500, 7);
    const tree = newTree();
    const atOnce = tree.update(tree.emptyVersion, leaves);
    let stepwise = tree.emptyVersion;
    for (let i = leaves.length - 1; i >= 0; i -= 25) {
      const chunk = leaves.slice(Math.max(0, i - 24), i + 1);
      const next = tree.update(stepwise, chunk);
      tree.release(stepwise);
      stepwise = next;
    }
    const extra = tree.update(atOnce, randomLeaves(300, 8));
    const back = tree.update(
      extra,
      randomLeaves(300, 8).map(({ path }) => ({ path, valueHash: undefined })),
    );
    const contents = new Map(leaves.map(({ path, valueHash }) => [mapKey(path), valueHash]));
    const expected = toHex(oracleRoot(contents));
    for (const version of [atOnce, stepwise, back])
      expect(toHex(tree.root(version))).toBe(expected);
  });

  it("loads more leaves than one call takes, with the root of a single update", () => {
    const leaves = randomLeaves(20_000, 9);
    const tree = newTree();
    const loaded = tree.load(leaves);
    const updated = tree.update(tree.emptyVersion, leaves);
    expect(toHex(tree.root(loaded))).toBe(toHex(tree.root(updated)));
    const some = leaves[12_345] as { path: Uint8Array; valueHash: Uint8Array };
    expect(tree.get(loaded, some.path)).toEqual(some.valueHash);
    tree.release(updated);
    expect(tree.stats().leaves).toBe(20_000);
  });

  it("shares everything when an update changes nothing", () => {
    const tree = newTree();
    const leaves = randomLeaves(100, 10);
    const first = tree.load(leaves);
    const before = tree.stats();
    const absent = (randomLeaves(1, 99)[0] as { path: Uint8Array }).path;
    const same = tree.update(first, [...leaves, { path: absent, valueHash: undefined }]);
    expect(tree.root(same)).toEqual(tree.root(first));
    expect(tree.stats().innerNodes).toBe(before.innerNodes);
    expect(tree.stats().leaves).toBe(before.leaves);
  });

  it("agrees with the reference tree of merkle/ on roots, reads and proofs", () => {
    const tree = newTree();
    const reference = createReferenceStateTree(nobleHasher);
    const leaves = randomLeaves(60, 15);
    let [ours, theirs] = [tree.emptyVersion, reference.emptyVersion];
    for (let start = 0; start < 60; start += 20) {
      const added = leaves.slice(start, start + 20);
      const removed = leaves.slice(Math.max(0, start - 5), start).map(({ path }) => ({
        path,
        valueHash: undefined,
      }));
      ours = tree.update(ours, [...added, ...removed]);
      theirs = reference.update(theirs, [...added, ...removed]);
      expect(tree.root(ours)).toEqual(reference.root(theirs));
      for (const { path } of leaves) {
        expect(tree.get(ours, path)).toEqual(reference.get(theirs, path));
        expect(tree.prove(ours, path)).toEqual(reference.prove(theirs, path));
      }
    }
  });

  it("holds two leaves that differ in their last bit only, and collapses when one goes", () => {
    const tree = newTree();
    const a = new Uint8Array(32);
    const b = new Uint8Array(32);
    b[31] = 1;
    const value = new Uint8Array(32).fill(5);
    const both = tree.update(tree.emptyVersion, [
      { path: a, valueHash: value },
      { path: b, valueHash: value },
    ]);
    expect(tree.prove(both, a).siblings.length).toBe(256);
    expect(checkProof(tree.root(both), b, tree.prove(both, b))).toEqual(value);
    const one = tree.update(both, [{ path: b, valueHash: undefined }]);
    expect(tree.prove(one, b)).toEqual({ siblings: [], terminal: { path: a, valueHash: value } });
  });

  it("refuses by name when full, changes nothing, and works on after a release (KRN-5)", () => {
    const tree = newTree(16 * 2 ** 20);
    const kept = tree.load(randomLeaves(1000, 11));
    const keptRoot = toHex(tree.root(kept));
    const before = tree.stats();
    let refused: unknown;
    try {
      tree.update(kept, randomLeaves(200_000, 12));
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: "TREE_FULL" });
    expect(toHex(tree.root(kept))).toBe(keptRoot);
    expect(tree.stats()).toMatchObject({ innerNodes: before.innerNodes, leaves: before.leaves });
    const more = randomLeaves(12_000, 13);
    const next = tree.update(kept, more);
    const contents = new Map(
      [...randomLeaves(1000, 11), ...more].map((leaf) => [mapKey(leaf.path), leaf.valueHash]),
    );
    expect(toHex(tree.root(next))).toBe(toHex(oracleRoot(contents)));
  });

  it("treats a second change of a path and a released version as bugs", () => {
    const tree = newTree();
    const [leaf] = randomLeaves(1, 14);
    const change = leaf as LeafChange;
    expect(() => tree.update(tree.emptyVersion, [change, change])).toThrow("two changes");
    const version = tree.update(tree.emptyVersion, [change]);
    tree.release(version);
    expect(() => tree.root(version)).toThrow("not live");
    expect(fromMapKey(mapKey(change.path))).toEqual(change.path);
  });
});
