import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapKey, toHex } from "../../src/base/bytes.js";
import type { StateTree } from "../../src/kernels/stateTree.js";
import type { LeafChange, TreeVersion } from "../../src/merkle/stateTree.js";
import {
  applyTo,
  type Contents,
  changesArbitrary,
  crowdedLeaves,
  flatten,
  treeMaker,
} from "./stateTreeCases.js";
import { checkProof, oracleRoot } from "./treeOracle.js";
import { variants } from "./variants.js";

interface Live {
  readonly version: TreeVersion;
  readonly contents: Contents;
}

function expectContents(tree: StateTree, { version, contents }: Live, asked: Uint8Array[]): void {
  const root = tree.root(version);
  expect(toHex(root)).toBe(toHex(oracleRoot(contents)));
  for (const path of asked) {
    const value = contents.get(mapKey(path));
    expect(tree.get(version, path)).toEqual(value);
    expect(checkProof(root, path, tree.prove(version, path))).toEqual(value ?? "absent");
  }
}

const pathsOf = (changes: readonly LeafChange[]) => changes.map(({ path }) => path);

describe.each(variants)("versions of the state tree, $name", ({ simd }) => {
  const newTree = treeMaker(simd);

  it("undoes: releases newer versions and goes on with the older one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(changesArbitrary, fc.boolean()), { minLength: 2, maxLength: 8 }),
        (steps) => {
          const tree = newTree();
          let head: Live = { version: tree.emptyVersion, contents: new Map() };
          for (const [changes, undone] of steps) {
            const before = tree.stats();
            const contents = applyTo(head.contents, changes);
            const next = { version: tree.update(head.version, changes), contents };
            expectContents(tree, next, pathsOf(changes));
            tree.release(undone ? next.version : head.version);
            if (!undone) head = next;
            else {
              const { innerNodes, leaves } = tree.stats();
              expect({ innerNodes, leaves }).toEqual({
                innerNodes: before.innerNodes,
                leaves: before.leaves,
              });
            }
            expectContents(tree, head, pathsOf(changes));
          }
          tree.release(head.version);
          expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
        },
      ),
      { numRuns: 25 },
    );
  });

  it("keeps what a live version needs, and frees the rest, in whatever order of releases", () => {
    const steps = fc.array(fc.tuple(fc.nat(), changesArbitrary), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (made, picks) => {
        const tree = newTree();
        const live: Live[] = [{ version: tree.emptyVersion, contents: new Map() }];
        for (const [pick, changes] of made) {
          const base = live[pick % live.length]!;
          const version = tree.update(base.version, changes);
          live.push({ version, contents: applyTo(base.contents, changes) });
        }
        live.shift();
        const asked = pathsOf(made.flatMap(([, changes]) => changes)).slice(0, 12);
        while (live.length > 0) {
          const [gone] = live.splice(picks.next().value! % live.length, 1);
          tree.release(gone!.version);
          for (const some of live) expectContents(tree, some, asked);
          // Of one version there is nothing but what it needs.
          if (live.length === 1) expect(tree.stats().leaves).toBe(live[0]!.contents.size);
        }
        expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
      }),
      { numRuns: 25 },
    );
  });

  it("needs no more memory after many updates than after a few", () => {
    const tree = newTree();
    const leaves = crowdedLeaves(20_000, 0, 31);
    let version = tree.loadFlat(flatten(leaves)[0]);
    let [memoryBytes, innerNodes] = [0, 0];
    for (let round = 0; round < 40; round++) {
      const changed = leaves.map(({ path }, i) => ({
        path,
        valueHash: leaves[(i + round + 1) % leaves.length]!.valueHash,
      }));
      const some = changed.filter((_, i) => i % 7 === round % 7);
      const next = tree.updateFlat(version, flatten(some)[0]);
      tree.release(version);
      version = next;
      if (round === 3) ({ memoryBytes, innerNodes } = tree.stats());
    }
    expect(tree.stats()).toMatchObject({ memoryBytes, innerNodes, leaves: leaves.length });
  });

  it("is refused at the limit in every shape of update, without a trace (KRN-5)", () => {
    const tree = newTree(12 * 2 ** 20);
    const base = crowdedLeaves(8000, 0, 32);
    const version = tree.loadFlat(flatten(base)[0]);
    const root = toHex(tree.root(version));
    const before = tree.stats();
    // Older versions take what is left.
    const held: TreeVersion[] = [];
    const changed = (round: number) =>
      base.map(({ path }, i) => ({ path, valueHash: base[(i + round) % 8000]!.valueHash }));
    let refusals = 0;
    let newest = version;
    for (let round = 1; refusals < 3; round++) {
      const size = [8000, 800, 8][refusals]!;
      const { innerNodes, leaves } = tree.stats();
      try {
        newest = tree.update(newest, changed(round).slice(0, size));
        held.push(newest);
      } catch (error) {
        expect(error).toMatchObject({ code: "TREE_FULL" });
        expect(tree.stats()).toMatchObject({ innerNodes, leaves, liveVersions: held.length + 1 });
        refusals++;
      }
    }
    const newestRoot = toHex(tree.root(newest));
    expect(() => tree.update(version, crowdedLeaves(9000, 0, 33))).toThrow("may not grow");
    expect(toHex(tree.root(newest))).toBe(newestRoot);
    for (const some of held) tree.release(some);
    expect(toHex(tree.root(version))).toBe(root);
    expect(tree.stats()).toMatchObject({
      innerNodes: before.innerNodes,
      leaves: before.leaves,
      liveVersions: 1,
    });
    const again = changed(5);
    const contents = new Map(again.map(({ path, valueHash }) => [mapKey(path), valueHash]));
    expect(toHex(tree.root(tree.update(version, again)))).toBe(toHex(oracleRoot(contents)));
  });
});
