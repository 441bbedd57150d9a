import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapKey, toHex } from "../../src/base/bytes.js";
import {
  applyTo,
  type Contents,
  changesArbitrary,
  crowdedLeaves,
  flatten,
  treeMaker,
} from "./stateTreeCases.js";
import { oracleRoot } from "./treeOracle.js";
import { variants } from "./variants.js";

/** Above what the module takes at once. */
const MANY = 40_000;

describe.each(variants)("changes in one array, $name", ({ simd }) => {
  const newTree = treeMaker(simd);

  it("gives what the same changes as objects give, which is what the oracle says", () => {
    fc.assert(
      fc.property(fc.array(changesArbitrary, { minLength: 1, maxLength: 6 }), (batches) => {
        const tree = newTree();
        let [flat, objects] = [tree.emptyVersion, tree.emptyVersion];
        let contents: Contents = new Map();
        for (const changes of batches) {
          const before = [flat, objects] as const;
          contents = applyTo(contents, changes);
          flat = tree.updateFlat(flat, ...flatten(changes));
          objects = tree.update(objects, changes);
          for (const version of before) tree.release(version);
          expect(toHex(tree.root(flat))).toBe(toHex(oracleRoot(contents)));
          expect(tree.root(objects)).toEqual(tree.root(flat));
          for (const { path } of changes) {
            expect(tree.get(flat, path)).toEqual(contents.get(mapKey(path)));
            expect(tree.prove(flat, path)).toEqual(tree.prove(objects, path));
          }
        }
        tree.release(flat);
        tree.release(objects);
        expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
      }),
      { numRuns: 30 },
    );
  });

  it("takes any number of changes in any order, and of leaves to load", () => {
    const leaves = crowdedLeaves(MANY, 0, 21);
    const [flat] = flatten(leaves);
    const tree = newTree();
    const loaded = tree.loadFlat(flat);
    const root = toHex(tree.root(loaded));
    expect(root).toBe(
      toHex(oracleRoot(new Map(leaves.map((leaf) => [mapKey(leaf.path), leaf.valueHash])))),
    );
    expect(toHex(tree.root(tree.updateFlat(tree.emptyVersion, flat)))).toBe(root);
    expect(toHex(tree.root(tree.update(tree.emptyVersion, leaves)))).toBe(root);
    // Half of them go, and come back.
    const removals = Uint8Array.from({ length: MANY }, (_, i) => i & 1);
    const fewer = tree.updateFlat(loaded, flat, removals);
    const kept = leaves.filter((_, i) => (i & 1) === 0);
    expect(tree.root(fewer)).toEqual(tree.root(tree.load(kept)));
    expect(toHex(tree.root(tree.updateFlat(fewer, flat)))).toBe(root);
  });

  it("sorts paths that share their first bytes, and paths that share all but the last", () => {
    for (const shared of [2, 3, 8, 30, 31]) {
      const unique = new Map(
        crowdedLeaves(300, shared, shared).map((leaf) => [mapKey(leaf.path), leaf]),
      );
      const leaves = [...unique.values()];
      const tree = newTree();
      const version = tree.updateFlat(tree.emptyVersion, ...flatten(leaves));
      const contents = new Map([...unique].map(([key, leaf]) => [key, leaf.valueHash]));
      expect(toHex(tree.root(version))).toBe(toHex(oracleRoot(contents)));
    }
  });

  it("shares everything when an update changes nothing", () => {
    const leaves = crowdedLeaves(3000, 0, 22);
    const tree = newTree();
    const version = tree.loadFlat(flatten(leaves)[0]);
    const { innerNodes, leaves: count } = tree.stats();
    const absent = crowdedLeaves(50, 0, 23).map(({ path }) => ({ path, valueHash: undefined }));
    const same = tree.updateFlat(version, ...flatten([...leaves, ...absent]));
    expect(tree.root(same)).toEqual(tree.root(version));
    expect(tree.stats()).toMatchObject({ innerNodes, leaves: count });
  });

  it("counts the hashes it computes: one for each new node but the root", () => {
    const tree = newTree();
    const version = tree.loadFlat(flatten(crowdedLeaves(5000, 0, 24))[0]);
    const { innerNodes, leaves, hashes } = tree.stats();
    expect(hashes).toBe(innerNodes + leaves - 1);
    tree.release(version);
  });

  it("treats lengths that do not fit and a second change of a path as bugs", () => {
    const tree = newTree();
    const [flat] = flatten(crowdedLeaves(2, 0, 25));
    expect(() => tree.updateFlat(tree.emptyVersion, flat.subarray(1))).toThrow("64 bytes");
    expect(() => tree.updateFlat(tree.emptyVersion, flat, new Uint8Array(1))).toThrow("one byte");
    const twice = Uint8Array.from([...flat, ...flat.subarray(0, 64)]);
    expect(() => tree.updateFlat(tree.emptyVersion, twice)).toThrow("two changes");
    const many = flatten(crowdedLeaves(MANY, 0, 26))[0];
    many.set(many.subarray(0, 64), 64 * (MANY - 1));
    expect(() => tree.updateFlat(tree.emptyVersion, many)).toThrow("two changes");
    expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
  });
});
