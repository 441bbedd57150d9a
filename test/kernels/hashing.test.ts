import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { concatBytes, toHex, utf8 } from "../../src/base/bytes.js";
import { nobleHasher } from "../../src/crypto/noble/index.js";
import { type Kernels, loadKernels } from "../../src/kernels/index.js";
import { byteStream, variants } from "./variants.js";

const repeated = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251);

/** FIPS 180-4 examples (NIST CAVP), hash by message. */
const sha256Vectors: [string, Uint8Array, string][] = [
  ["empty", utf8(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", utf8("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "448 bits",
    utf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [
    "a million a",
    new Uint8Array(1_000_000).fill(97),
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  ],
];
const sha512Vectors: [string, Uint8Array, string][] = [
  [
    "abc",
    utf8("abc"),
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  [
    "a million a",
    new Uint8Array(1_000_000).fill(97),
    "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb" +
      "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b",
  ],
];
/** BLAKE3 official test vectors: input bytes 0, 1, ... 250, 0, ...; first 32 bytes of hash and keyed_hash. */
const blake3Key = utf8("whats the Elvish word for friend");
const blake3Vectors: [number, string, string][] = [
  [
    0,
    "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
  ],
  [
    1,
    "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b",
  ],
  [
    1024,
    "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4",
  ],
  [
    1025,
    "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
    "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69",
  ],
];

describe.each(variants)("hash kernels, $name", ({ simd }) => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await loadKernels({ simd });
  });

  it.each(sha256Vectors)("SHA-256 of %s", (_name, message, digest) => {
    expect(toHex(kernels.hasher.sha256(message))).toBe(digest);
  });

  it.each(sha512Vectors)("SHA-512 of %s", (_name, message, digest) => {
    expect(toHex(kernels.hasher.sha512(message))).toBe(digest);
  });

  it.each(blake3Vectors)("BLAKE3 of %d bytes", (length, hash, keyedHash) => {
    expect(toHex(kernels.hasher.blake3(repeated(length)))).toBe(hash);
    expect(toHex(kernels.hasher.blake3Keyed(blake3Key, repeated(length)))).toBe(keyedHash);
  });

  it("agrees with node:crypto and noble (KRN-3) at every length up to 600 and around all boundaries", () => {
    const bytes = byteStream(1)(600_000);
    const boundaries = [
      1023, 1024, 1025, 2047, 2048, 2049, 3072, 3073, 4096, 4097, 5121, 7168, 8193,
    ];
    const buffer = [262_143, 262_144, 262_145, 263_168, 263_169, 524_288, 524_289, 600_000];
    const lengths = [...Array.from({ length: 601 }, (_, i) => i), ...boundaries, ...buffer];
    const { hasher } = kernels;
    for (const length of lengths) {
      const message = bytes.subarray(0, length);
      const native = (name: string) => createHash(name).update(message).digest("hex");
      expect(toHex(hasher.sha256(message)), `sha256 ${length}`).toBe(native("sha256"));
      expect(toHex(hasher.sha512(message)), `sha512 ${length}`).toBe(native("sha512"));
      const plain = toHex(nobleHasher.blake3(message));
      expect(toHex(hasher.blake3(message)), `blake3 ${length}`).toBe(plain);
      const keyed = toHex(nobleHasher.blake3Keyed(blake3Key, message));
      expect(toHex(hasher.blake3Keyed(blake3Key, message)), `keyed ${length}`).toBe(keyed);
    }
  });

  it("neither traps nor grows on any use, and keeps its results to itself (KRN-1, KRN-2, KRN-6)", () => {
    const { hasher, bulk } = kernels;
    const first = hasher.sha256(utf8("first"));
    const copy = first.slice();
    expect(first.buffer.byteLength).toBe(32);
    const largest = byteStream(5)(262_144);
    hasher.sha256(utf8("second"));
    hasher.blake3(largest);
    bulk.sha256Many(largest, 1, 0);
    bulk.rfc9162Root(largest);
    bulk.blake3KeyedMany(blake3Key, largest);
    expect(first).toEqual(copy);
    first.fill(0);
    expect(toHex(hasher.sha256(utf8("first")))).toBe(toHex(copy));
  });

  it("hashes many messages as one by one, whatever their number, length and prefix", () => {
    const random = byteStream(2);
    for (const length of [1, 31, 32, 54, 55, 56, 63, 64, 65, 104, 119, 120, 127, 128, 1023, 1024]) {
      for (const count of [0, 1, 2, 3, 4, 5, 9, 64]) {
        for (const prefix of [undefined, 0, 255]) {
          const messages = random(length * count);
          const digests = kernels.bulk.sha256Many(messages, length, prefix);
          const head = prefix === undefined ? new Uint8Array() : Uint8Array.of(prefix);
          const expected = Array.from({ length: count }, (_, i) =>
            nobleHasher.sha256(concatBytes(head, messages.subarray(i * length, (i + 1) * length))),
          );
          expect(toHex(digests)).toBe(toHex(concatBytes(...expected)));
        }
      }
    }
    const many = random(3000 * 104);
    const digests = kernels.bulk.sha256Many(many, 104, 0);
    const last = concatBytes(Uint8Array.of(0), many.subarray(2999 * 104));
    expect(toHex(digests.subarray(2999 * 32))).toBe(toHex(nobleHasher.sha256(last)));
  });

  it("hashes many keyed 64-byte messages as one by one", () => {
    const random = byteStream(3);
    for (const count of [0, 1, 3, 4, 7, 4097]) {
      const messages = random(64 * count);
      const hashes = kernels.bulk.blake3KeyedMany(blake3Key, messages);
      expect(hashes.length).toBe(32 * count);
      for (let i = 0; i < count; i += count > 100 ? 512 : 1) {
        const expected = nobleHasher.blake3Keyed(blake3Key, messages.subarray(64 * i, 64 * i + 64));
        expect(toHex(hashes.subarray(32 * i, 32 * i + 32))).toBe(toHex(expected));
      }
    }
  });

  it("hashes nodes into the caller's room, whatever their number, also in place", () => {
    const random = byteStream(6);
    const { bulk, hasher } = kernels;
    for (const count of [...Array.from({ length: 35 }, (_, i) => i), 255, 256, 257, 519, 4099]) {
      const nodes = random(64 * count);
      const each = (hash: (node: Uint8Array) => Uint8Array) =>
        concatBytes(
          ...Array.from({ length: count }, (_, i) => hash(nodes.subarray(64 * i, 64 * i + 64))),
        );
      const sha256 = each((node) => new Uint8Array(createHash("sha256").update(node).digest()));
      const blake3 = each((node) => hasher.blake3Keyed(blake3Key, node));
      const room = new Uint8Array(32 * count + 2).fill(7);
      bulk.sha256NodesInto(nodes, room.subarray(1, -1));
      expect(toHex(room), `${count} nodes`).toBe(`07${toHex(sha256)}07`);
      bulk.blake3NodesInto(blake3Key, nodes, room.subarray(1, -1));
      expect(toHex(room), `${count} nodes`).toBe(`07${toHex(blake3)}07`);
      bulk.sha256NodesInto(nodes, nodes.subarray(0, 32 * count));
      expect(toHex(nodes.subarray(0, 32 * count)), `${count} in place`).toBe(toHex(sha256));
    }
  });

  it("builds the RFC 9162 root as its recursive definition does", () => {
    const node = (left: Uint8Array, right: Uint8Array) =>
      new Uint8Array(
        createHash("sha256").update(Uint8Array.of(1)).update(left).update(right).digest(),
      );
    const rootOf = (leaves: readonly Uint8Array[]): Uint8Array => {
      if (leaves.length === 1) return leaves[0] as Uint8Array;
      let k = 1;
      while (2 * k < leaves.length) k *= 2;
      return node(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
    };
    expect(toHex(kernels.bulk.rfc9162Root(new Uint8Array()))).toBe(sha256Vectors[0]?.[2]);
    const counts = [...Array.from({ length: 70 }, (_, i) => i + 1), 8191, 8192, 8193, 20_000];
    const bytes = byteStream(4)(32 * 20_000);
    for (const count of counts) {
      const leaves = Array.from({ length: count }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
      const root = kernels.bulk.rfc9162Root(bytes.subarray(0, 32 * count));
      expect(toHex(root), `${count} leaves`).toBe(toHex(rootOf(leaves)));
    }
  });
});
