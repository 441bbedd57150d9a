import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, equalBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import { nobleHasher as hasher } from "../../../src/crypto/noble/nobleHasher.js";
import { HistoryLog, HistoryPaths } from "../../../src/merkle/historyLog.js";
import {
  consistencyPath,
  inclusionPath,
  listLeafHash,
  listNodeHash,
  listRoot,
  listRootOfHashes,
  verifyConsistency,
  verifyInclusion,
} from "../../../src/merkle/listTree.js";
import { ZERO_HASH } from "../../../src/types/primitives.js";

const leafData = (count: number) => Array.from({ length: count }, (_, i) => utf8(`leaf ${i}`));
const leafHashes = (count: number) => leafData(count).map((data) => listLeafHash(hasher, data));

/** MTH exactly as RFC 9162 2.1.1 writes it. */
function definition(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return hasher.sha256(concatBytes(new Uint8Array([0]), leaves[0]!));
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return hasher.sha256(
    concatBytes(new Uint8Array([1]), definition(leaves.slice(0, k)), definition(leaves.slice(k))),
  );
}

describe("RFC 9162 lists", () => {
  it("gives the roots of the test vectors of Certificate Transparency", () => {
    // From the public test vectors of certificate-transparency (merkle_tree_test): inputs by length.
    const inputs = [
      "",
      "00",
      "10",
      "2021",
      "3031",
      "40414243",
      "5051525354555657",
      "606162636465666768696a6b6c6d6e6f",
    ].map((hex) => new Uint8Array(Buffer.from(hex, "hex")));
    const roots = [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (let n = 1; n <= 8; n++) {
      expect(toHex(listRoot(hasher, inputs.slice(0, n)))).toBe(roots[n - 1]);
    }
  });

  it("has a zero root without leaves, the one deviation", () => {
    expect(listRoot(hasher, [])).toEqual(ZERO_HASH);
    expect(listRootOfHashes(hasher, [])).toEqual(ZERO_HASH);
  });

  it("equals the recursive definition at every size up to 70", () => {
    for (let n = 1; n <= 70; n++) {
      const leaves = leafData(n);
      expect(listRoot(hasher, leaves)).toEqual(definition(leaves));
    }
  });

  it("proves every leaf of every list up to 33, and nothing at another place or size", () => {
    for (let n = 1; n <= 33; n++) {
      const hashes = leafHashes(n);
      const root = listRootOfHashes(hasher, hashes);
      for (let i = 0; i < n; i++) {
        const path = inclusionPath(hasher, hashes, i);
        expect(verifyInclusion(hasher, hashes[i]!, i, n, path, root)).toBe(true);
        for (let other = 0; other < n; other++) {
          if (other === i) continue;
          expect(verifyInclusion(hasher, hashes[i]!, other, n, path, root)).toBe(false);
        }
        expect(verifyInclusion(hasher, hashes[i]!, i, n, [...path, ZERO_HASH], root)).toBe(false);
        if (path.length > 0) {
          expect(verifyInclusion(hasher, hashes[i]!, i, n, path.slice(1), root)).toBe(false);
          expect(verifyInclusion(hasher, hashes[i]!, i, n, path.slice(0, -1), root)).toBe(false);
        }
      }
      expect(verifyInclusion(hasher, hashes[0]!, n, n, [], root)).toBe(false);
      expect(verifyInclusion(hasher, hashes[0]!, -1, n, [], root)).toBe(false);
    }
  });

  it("proves that every list begins every longer one up to 33, and no other list", () => {
    const hashes = leafHashes(33);
    const rootAt = (n: number) => listRootOfHashes(hasher, hashes.slice(0, n));
    for (let n = 1; n <= 33; n++) {
      for (let m = 1; m <= n; m++) {
        const path = consistencyPath(hasher, hashes.slice(0, n), m);
        expect(verifyConsistency(hasher, m, rootAt(m), n, rootAt(n), path)).toBe(true);
        const wrong = listLeafHash(hasher, utf8("other"));
        expect(verifyConsistency(hasher, m, wrong, n, rootAt(n), path)).toBe(false);
        expect(verifyConsistency(hasher, m, rootAt(m), n, wrong, path)).toBe(false);
        expect(verifyConsistency(hasher, m, rootAt(m), n, rootAt(n), [...path, wrong])).toBe(false);
        if (path.length > 0) {
          const shorter = path.slice(0, -1);
          expect(verifyConsistency(hasher, m, rootAt(m), n, rootAt(n), shorter)).toBe(false);
        }
      }
    }
    expect(verifyConsistency(hasher, 0, ZERO_HASH, 3, rootAt(3), [])).toBe(false);
    expect(verifyConsistency(hasher, 4, rootAt(4), 3, rootAt(3), [])).toBe(false);
  });
});

describe("history log", () => {
  const blockHash = (height: number) => hasher.sha256(utf8(`block ${height}`));

  it("has the list's root at every size, and continues from its stored edge", () => {
    let log = HistoryLog.empty(hasher);
    expect(log.root()).toEqual(ZERO_HASH);
    const hashes: Uint8Array[] = [];
    for (let height = 0; height < 140; height++) {
      hashes.push(blockHash(height));
      const before = log.root();
      const next = HistoryLog.restore(hasher, { size: log.size, edge: log.edge }).append(
        blockHash(height),
      );
      expect(log.root()).toEqual(before);
      log = next;
      expect(log.size).toBe(height + 1);
      expect(log.root()).toEqual(listRoot(hasher, hashes));
    }
  });

  it("refuses an edge that does not fit its size", () => {
    expect(() => HistoryLog.restore(hasher, { size: 3, edge: [ZERO_HASH] })).toThrow();
  });

  it("makes the paths of the plain list, fed or not", () => {
    const total = 300;
    const all = Array.from({ length: total }, (_, i) => blockHash(i));
    const fed = new HistoryPaths(hasher, (height) => all[height]!, 0);
    for (let i = 0; i < total; i++) fed.append();
    const lazy = new HistoryPaths(hasher, (height) => all[height]!, total);
    const leaves = all.map((data) => listLeafHash(hasher, data));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: total }), fc.nat(), fc.nat(), (size, a, b) => {
        const height = a % size;
        const oldSize = 1 + (b % size);
        const known = leaves.slice(0, size);
        for (const paths of [fed, lazy]) {
          expect(paths.inclusion(height, size)).toEqual(inclusionPath(hasher, known, height));
          expect(paths.consistency(oldSize, size)).toEqual(consistencyPath(hasher, known, oldSize));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("reads few leaves for a path in a long log", () => {
    const total = 20_000;
    let reads = 0;
    const paths = new HistoryPaths(
      hasher,
      (height) => {
        reads++;
        const hash = new Uint8Array(32);
        new DataView(hash.buffer).setUint32(0, height);
        return hash;
      },
      0,
    );
    for (let i = 0; i < total; i++) paths.append();
    for (const height of [0, 1, 63, 64, 9_999, 19_967, 19_968, 19_999]) {
      reads = 0;
      paths.inclusion(height, total);
      expect(reads).toBeLessThanOrEqual(127);
    }
  });

  it("prepares a log in slices, each of bounded work", () => {
    const total = 64 * 7 + 5;
    let reads = 0;
    const paths = new HistoryPaths(
      hasher,
      (height) => {
        reads++;
        return blockHash(height);
      },
      total,
    );
    for (let slice = 1; slice <= 3; slice++) {
      expect(paths.prepare(2)).toBe(false);
      expect(reads).toBe(128 * slice);
    }
    expect(paths.prepare(2)).toBe(true);
    expect(reads).toBe(64 * 7);
    expect(paths.prepare(1)).toBe(true);
    const leaves = Array.from({ length: total }, (_, i) => listLeafHash(hasher, blockHash(i)));
    reads = 0;
    expect(paths.inclusion(3, total)).toEqual(inclusionPath(hasher, leaves, 3));
    expect(reads).toBeLessThanOrEqual(127);
  });

  it("tells a leaf from an inner node", () => {
    const [a, b] = [blockHash(0), blockHash(1)];
    const node = listNodeHash(hasher, a, b);
    expect(equalBytes(node, listLeafHash(hasher, concatBytes(a, b)))).toBe(false);
  });
});
