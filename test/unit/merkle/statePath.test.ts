import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../../src/base/bytes.js";
import { nobleHasher } from "../../../src/crypto/noble/nobleHasher.js";
import {
  createReferenceStateTree,
  stateRootOfLeaves,
} from "../../../src/merkle/referenceStateTree.js";
import {
  createStateHashes,
  rootFromStatePath,
  verifyStatePath,
  ZERO_BLIND,
} from "../../../src/merkle/statePath.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";

const hashes = createStateHashes(nobleHasher);
const path = (n: number) => hashes.path(7, utf8(`row ${n}`));
const value = (n: number) => hashes.valueHash(ZERO_BLIND, utf8(`content ${n}`));
const key = (tag: string) => sha256(utf8(tag));

/** A path whose first byte is given, for trees of a chosen shape. */
function pathOf(first: number, second = 0): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = first;
  bytes[1] = second;
  return bytes;
}

describe("state tree hashes", () => {
  it("are what DESIGN.md section 5 says", () => {
    expect(hashes.path(0x0102, utf8("ab"))).toEqual(
      blake3(new Uint8Array([0x02, 0x01, 2, 0x61, 0x62]), { key: key("fondaco/path/1.") }),
    );
    const blind = new Uint8Array(16).fill(9);
    expect(hashes.valueHash(blind, utf8("row"))).toEqual(
      blake3(concatBytes(blind, utf8("row")), { key: key("fondaco/value/1") }),
    );
    expect(hashes.leaf(path(1), value(1))).toEqual(
      blake3(concatBytes(path(1), value(1)), { key: key("fondaco/leaf/1.") }),
    );
    expect(hashes.node(path(1), path(2))).toEqual(
      blake3(concatBytes(path(1), path(2)), { key: key("fondaco/node/1.") }),
    );
    expect(() => hashes.valueHash(new Uint8Array(15), utf8("row"))).toThrow();
  });

  it("give an empty tree 32 zeros, one leaf itself, and two leaves their shared prefix", () => {
    const leaf = (first: number) => ({ path: pathOf(first), valueHash: value(first) });
    const hashOf = (first: number) => hashes.leaf(pathOf(first), value(first));
    expect(stateRootOfLeaves(hashes, [])).toEqual(ZERO_HASH);
    expect(stateRootOfLeaves(hashes, [leaf(5)])).toEqual(hashOf(5));
    expect(stateRootOfLeaves(hashes, [leaf(0x80), leaf(0)])).toEqual(
      hashes.node(hashOf(0), hashOf(0x80)),
    );
    // 0x00 and 0x40 share bit 0: the right subtree of the root is empty.
    expect(stateRootOfLeaves(hashes, [leaf(0), leaf(0x40)])).toEqual(
      hashes.node(hashes.node(hashOf(0), hashOf(0x40)), ZERO_HASH),
    );
  });
});

describe("paths of the state tree", () => {
  it("prove presence and absence, whatever the contents", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(30), { maxLength: 20 }),
        fc.uniqueArray(fc.nat(30), { maxLength: 10 }),
        (added, removed) => {
          const tree = createReferenceStateTree(nobleHasher);
          const first = tree.update(
            tree.emptyVersion,
            added.map((n) => ({ path: path(n), valueHash: value(n) })),
          );
          const version = tree.update(
            first,
            removed.map((n) => ({ path: path(n), valueHash: undefined })),
          );
          const left = added.filter((n) => !removed.includes(n));
          const root = tree.root(version);
          expect(root).toEqual(
            stateRootOfLeaves(
              hashes,
              left.map((n) => ({ path: path(n), valueHash: value(n) })),
            ),
          );
          for (let n = 0; n <= 31; n++) {
            const verdict = verifyStatePath(hashes, root, path(n), tree.prove(version, path(n)));
            if (left.includes(n)) expect(verdict).toEqual({ kind: "present", valueHash: value(n) });
            else expect(verdict).toEqual({ kind: "absent" });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuse a changed sibling, another value, a foreign terminal and a path too deep", () => {
    const tree = createReferenceStateTree(nobleHasher);
    const version = tree.update(
      tree.emptyVersion,
      [1, 2, 3, 4, 5].map((n) => ({ path: path(n), valueHash: value(n) })),
    );
    const root = tree.root(version);
    const proof = tree.prove(version, path(1));
    const siblings = proof.siblings.map((hash, i) => (i === 0 ? ZERO_HASH : hash));
    const invalid = { kind: "invalid" };
    expect(verifyStatePath(hashes, root, path(1), { ...proof, siblings })).toEqual(invalid);
    expect(
      verifyStatePath(hashes, root, path(1), {
        ...proof,
        terminal: { path: path(1), valueHash: value(2) },
      }),
    ).toEqual(invalid);
    // A leaf from elsewhere must not prove the absence of a row that is there.
    const other = tree.prove(version, path(2));
    expect(verifyStatePath(hashes, root, path(1), other)).not.toEqual({ kind: "absent" });
    const deep = { siblings: Array.from({ length: 257 }, () => ZERO_HASH), terminal: undefined };
    expect(rootFromStatePath(hashes, path(1), deep)).toBeUndefined();
  });

  it("keep older versions as they were", () => {
    const tree = createReferenceStateTree(nobleHasher);
    const first = tree.update(tree.emptyVersion, [{ path: path(1), valueHash: value(1) }]);
    const root = tree.root(first);
    const second = tree.update(first, [{ path: path(1), valueHash: value(2) }]);
    expect(tree.root(first)).toEqual(root);
    expect(tree.get(second, path(1))).toEqual(value(2));
    tree.release(first);
    expect(() => tree.root(first)).toThrow();
    expect(tree.root(tree.emptyVersion)).toEqual(ZERO_HASH);
  });
});
