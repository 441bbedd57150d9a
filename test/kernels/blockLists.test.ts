// Goal: lists that are hashed many items at a time have the roots of the plain definition (EXE-4).
// Method: with the bulk kernels and with a hasher that has none, at sizes around whole groups.
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.js";
import { nobleHasher } from "../../src/crypto/noble/nobleHasher.js";
import { ItemListRoot } from "../../src/execution/receipts.js";
import { loadKernels } from "../../src/kernels/index.js";
import { listRoot } from "../../src/merkle/listTree.js";

const { hasher } = await loadKernels();

describe.each([
  { name: "bulk kernels", hasher },
  { name: "one hash after another", hasher: nobleHasher },
])("a list root with $name", ({ hasher }) => {
  test.each([0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1_100])("of %i items", (count) => {
    const items = Array.from({ length: count }, (_, i) =>
      Uint8Array.from({ length: 96 }, (_, at) => (i * 31 + at * 7 + (i >> 8)) & 0xff),
    );
    const root = new ItemListRoot(hasher, 96);
    for (const item of items) root.bytes.set(item, root.add());
    expect(toHex(root.root())).toBe(toHex(listRoot(nobleHasher, items)));
  });
});
