// Goal: whatever is made and released in whatever order, each live version stays what it was, and nothing of the others stays.
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { mapKey, toHex } from "../../src/base/bytes.js";
import type { StateTree } from "../../src/kernels/stateTree.js";
import type { LeafChange, StatePath, TreeVersion } from "../../src/merkle/stateTree.js";
import { applyTo, type Contents, crowdedLeaves, flatten, treeMaker } from "./stateTreeCases.js";
import { checkProof, oracleRoot } from "./treeOracle.js";
import { byteStream, variants } from "./variants.js";

const LIVE_MAX = 12;
const STEPS = 100;

/** Some paths part at once, some late, some only in their last bits. */
const PATHS = Array.from({ length: 24 }, (_, i) => {
  const path = new Uint8Array(32).fill(i % 3 === 0 ? 0x5a : 0);
  path[[0, 1, 3, 31][i & 3] as number] = i;
  path[2] = i >> 3;
  return path;
});

/** What a version says of everything that is asked of it. */
interface Answers {
  readonly root: string;
  readonly values: readonly (Uint8Array | undefined)[];
  readonly proofs: readonly StatePath[];
}

interface Live {
  readonly version: TreeVersion;
  readonly contents: Contents;
  readonly digest: string;
}

function answersOf(tree: StateTree, version: TreeVersion): Answers {
  return {
    root: toHex(tree.root(version)),
    values: PATHS.map((path) => tree.get(version, path)),
    proofs: PATHS.map((path) => tree.prove(version, path)),
  };
}

/** One text of all answers: comparing thousands of arrays one by one takes minutes. */
function digestOf({ root, values, proofs }: Answers): string {
  const sum = createHash("sha256").update(root);
  for (const value of values) sum.update(value ?? "none");
  for (const { siblings, terminal } of proofs) {
    for (const sibling of siblings) sum.update(sibling);
    sum.update(terminal?.path ?? "none").update(terminal?.valueHash ?? "none");
  }
  return sum.digest("hex");
}

function checkAgainstOracle(answers: Answers, contents: Contents): void {
  const root = oracleRoot(contents);
  expect(answers.root).toBe(toHex(root));
  PATHS.forEach((path, i) => {
    const value = contents.get(mapKey(path));
    expect(answers.values[i]).toEqual(value);
    expect(checkProof(root, path, answers.proofs[i]!)).toEqual(value ?? "absent");
  });
}

/** Nodes of a tree that was made of these contents alone. */
function sizeOf(tree: StateTree, contents: Contents): { innerNodes: number; leaves: number } {
  const leaves = PATHS.filter((path) => contents.has(mapKey(path))).map((path) => ({
    path,
    valueHash: contents.get(mapKey(path))!,
  }));
  const version = tree.load(leaves);
  const { innerNodes, leaves: count } = tree.stats();
  tree.release(version);
  return { innerNodes, leaves: count };
}

describe.each(variants)("state tree against its model, $name", ({ simd }) => {
  const newTree = treeMaker(simd);

  it.each([1, 2, 3, 4])("versions made and released at random, seed %i", (seed) => {
    const tree = newTree();
    const next = byteStream(seed);
    const random = (below: number) =>
      Math.floor(((next(1)[0]! * 256 + next(1)[0]!) / 65_536) * below);
    const live: Live[] = [];
    const make = () => {
      const base = live[random(live.length + 1)];
      const parent = base?.version ?? tree.emptyVersion;
      const before = base?.contents ?? new Map();
      const first = random(PATHS.length);
      // None at all, one, some or all; removals of what is there and of what is not; values as they are.
      const count = [0, 1, 6, PATHS.length][random(4)]!;
      // Often nothing but new values of what is there, which goes another way.
      const onlyValues = random(3) === 0;
      const present = PATHS.filter((path) => before.has(mapKey(path)));
      const paths = onlyValues && present.length > 0 ? present : PATHS;
      const changes: LeafChange[] = Array.from(
        { length: Math.min(count, paths.length) },
        (_, i) => ({
          path: paths[(first + i) % paths.length]!,
          valueHash:
            !onlyValues && random(3) === 0 ? undefined : new Uint8Array(32).fill(random(3)),
        }),
      );
      const version =
        random(2) === 0
          ? tree.update(parent, changes)
          : tree.updateFlat(parent, ...flatten(changes));
      const contents = applyTo(before, changes);
      const answers = answersOf(tree, version);
      checkAgainstOracle(answers, contents);
      live.push({ version, contents, digest: digestOf(answers) });
    };
    const checkAll = () => {
      for (const { version, digest } of live) {
        expect(digestOf(answersOf(tree, version))).toBe(digest);
      }
    };
    const release = () => {
      // The oldest and the newest more often than one in between.
      const index = [0, live.length - 1, random(live.length)][random(3)]!;
      const [gone] = live.splice(index, 1);
      tree.release(gone!.version);
      expect(() => tree.root(gone!.version)).toThrow("not live");
    };
    for (let step = 0; step < STEPS; step++) {
      if (live.length === 0 || (live.length < LIVE_MAX && random(5) < 3)) make();
      else release();
      checkAll();
      expect(tree.stats().liveVersions).toBe(live.length);
    }
    while (live.length > 0) {
      release();
      checkAll();
      if (live.length !== 1) continue;
      const { innerNodes, leaves } = tree.stats();
      expect({ innerNodes, leaves }).toEqual(sizeOf(newTree(), live[0]!.contents));
    }
    expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
  });

  it("keeps no version of a load whose source fails", () => {
    const tree = newTree();
    const leaves = crowdedLeaves(40_000, 0, 41);
    const failing = function* () {
      yield* leaves;
      throw new Error("the source fails");
    };
    expect(() => tree.load(failing())).toThrow("the source fails");
    expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
  });

  it("frees what a branch leaves behind although a fork of it lives on for long", () => {
    const tree = newTree();
    const value = (i: number) => new Uint8Array(32).fill(i);
    const change = (i: number) => PATHS.map((path) => ({ path, valueHash: value(i) }));
    const base = tree.update(tree.emptyVersion, change(1));
    const fork = tree.update(base, change(2));
    const forkDigest = digestOf(answersOf(tree, fork));
    let head = tree.update(base, change(3));
    tree.release(base);
    const { innerNodes, leaves, memoryBytes } = tree.stats();
    for (let round = 0; round < 2_000; round++) {
      const following = tree.update(head, change(4 + (round % 200)));
      tree.release(head);
      head = following;
    }
    // The fork, the head, and at most the version where they part.
    expect(tree.stats()).toMatchObject({ innerNodes, leaves, memoryBytes, liveVersions: 2 });
    expect(digestOf(answersOf(tree, fork))).toBe(forkDigest);
    tree.release(fork);
    expect(tree.stats().leaves).toBe(PATHS.length);
    tree.release(head);
    expect(tree.stats()).toMatchObject({ innerNodes: 0, leaves: 0, liveVersions: 0 });
  });
});
