// Goal: hashes of input in pieces equal those of the whole, for any pieces, with several under way and
// other work between; official vectors hold. Method: published digests, and node:crypto and noble as
// independent implementations.
import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../src/base/bytes.js";
import {
  HASH_ALGORITHMS,
  type HashAlgorithm,
  type Kernels,
  loadKernels,
} from "../../src/kernels/index.js";
import { byteStream, variants } from "./variants.js";

/** Input of BLAKE3's official vectors: 0, 1, ... 250, 0, ... */
const pattern = Uint8Array.from({ length: 102_400 }, (_, i) => i % 251);
/** Lengths of the official vectors (test_vectors.json). */
const officialLengths = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2048, 2049, 3072, 3073,
  4096, 4097, 5120, 5121, 6144, 6145, 7168, 7169, 8192, 8193, 16384, 31744, 102400,
];
const blake3Key = utf8("whats the Elvish word for friend");

/** FIPS 180-4 examples of two blocks, and SHA-512 of nothing. */
const examples: [HashAlgorithm, string, string][] = [
  ["sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "sha512",
    "",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" +
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  ],
  [
    "sha512",
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn" +
      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018" +
      "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
  ],
  ["blake3", "", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"],
];

function expected(algorithm: HashAlgorithm, message: Uint8Array): string {
  return algorithm === "blake3"
    ? toHex(blake3(message))
    : createHash(algorithm).update(message).digest("hex");
}

describe.each(variants)("hash streams, $name", ({ simd }) => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await loadKernels({ simd });
  });

  it.each(examples)("published: %s of %j", (algorithm, message, digest) => {
    const stream = kernels.createHashStream(algorithm);
    for (const byte of utf8(message)) stream.update(Uint8Array.of(byte));
    expect(toHex(stream.digest())).toBe(digest);
    expect(toHex(kernels.hasher[algorithm](utf8(message)))).toBe(digest);
  });

  it("BLAKE3 at the lengths of its official vectors, plain and keyed, at once and in pieces", () => {
    for (const length of officialLengths) {
      const message = pattern.subarray(0, length);
      const plain = toHex(blake3(message));
      expect(toHex(kernels.hasher.blake3(message)), `${length}`).toBe(plain);
      const keyed = toHex(blake3(message, { key: blake3Key }));
      expect(toHex(kernels.hasher.blake3Keyed(blake3Key, message)), `${length}`).toBe(keyed);
      const stream = kernels.createHashStream("blake3");
      for (let i = 0; i < length; i += 1000) stream.update(message.subarray(i, i + 1000));
      expect(toHex(stream.digest()), `${length} in pieces`).toBe(plain);
    }
  });

  it("any pieces, three streams in turns, other hashes between them", () => {
    const bytes = byteStream(11)(200_000);
    const sizes = fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.constantFrom(...HASH_ALGORITHMS), (pieces, third) => {
        const algorithms: HashAlgorithm[] = ["blake3", "blake3", third];
        const streams = algorithms.map((algorithm) => kernels.createHashStream(algorithm));
        let at = 0;
        for (const size of pieces) {
          for (const [i, stream] of streams.entries()) {
            // Each stream hashes other bytes; what it was given may change afterwards.
            const piece = bytes.slice(at + i, Math.min(at + i + size, 199_000 + i));
            stream.update(piece);
            piece.fill(0);
          }
          kernels.hasher.blake3Keyed(blake3Key, bytes.subarray(0, 3000));
          at = Math.min(at + size, 199_000);
        }
        for (const [i, stream] of streams.entries()) {
          const algorithm = algorithms[i] as HashAlgorithm;
          expect(toHex(stream.digest())).toBe(expected(algorithm, bytes.subarray(i, at + i)));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("around the size that a BLAKE3 stream gathers", () => {
    const bytes = byteStream(12)(3 * 65_536 + 1);
    for (const length of [65_535, 65_536, 65_537, 131_072, 131_073, 196_608, 196_609]) {
      const message = bytes.subarray(0, length);
      for (const size of [65_536, 65_535, 1024, length]) {
        const stream = kernels.createHashStream("blake3");
        for (let i = 0; i < length; i += size) stream.update(message.subarray(i, i + size));
        expect(toHex(stream.digest()), `${length} by ${size}`).toBe(expected("blake3", message));
      }
    }
  });

  it("an ended stream takes nothing more", () => {
    for (const algorithm of HASH_ALGORITHMS) {
      const stream = kernels.createHashStream(algorithm);
      stream.digest();
      expect(() => stream.update(Uint8Array.of(1))).toThrow(/ended/);
      expect(() => stream.digest()).toThrow(/ended/);
    }
  });

  it("a chain of 1,000 digests as in NIST's Monte Carlo test, one by one and in lanes", () => {
    // MD[i] = SHA(MD[i-3] || MD[i-2] || MD[i-1]), SHAVS 6.4. Four chains, side by side.
    for (const algorithm of ["sha256", "sha512"] as const) {
      const sizeBytes = algorithm === "sha256" ? 32 : 64;
      const seeds = byteStream(13)(4 * sizeBytes);
      const chains = Array.from({ length: 4 }, (_, lane) => {
        const seed = seeds.subarray(sizeBytes * lane, sizeBytes * (lane + 1));
        return [seed, seed, seed];
      });
      const native = chains.map((digests) => digests.map((digest) => Buffer.from(digest)));
      for (let i = 0; i < 1000; i++) {
        const messages = chains.map((digests) => Buffer.concat(digests));
        const lanes =
          algorithm === "sha256"
            ? kernels.bulk.sha256Many(new Uint8Array(Buffer.concat(messages)), 96)
            : undefined;
        for (const [lane, message] of messages.entries()) {
          const next =
            lanes?.slice(32 * lane, 32 * lane + 32) ??
            kernels.hasher.sha512(new Uint8Array(message));
          chains[lane] = [...(chains[lane] ?? []).slice(1), next];
          const before = native[lane] ?? [];
          const digest = createHash(algorithm).update(Buffer.concat(before)).digest();
          native[lane] = [...before.slice(1), digest];
        }
      }
      expect(chains.map(([, , last]) => toHex(last ?? new Uint8Array()))).toEqual(
        native.map(([, , last]) => last?.toString("hex")),
      );
    }
  });
});

it("SIMD and scalar builds give equal bytes for random numbers and lengths (KRN-3)", async () => {
  const built = await Promise.all(variants.map(({ simd }) => loadKernels({ simd })));
  const bytes = byteStream(14)(40_000);
  const key = fromHex("07".repeat(32)) as Uint8Array;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 50 }),
      fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
      (length, count, prefix) => {
        const messages = bytes.subarray(0, length * count);
        const nodes = bytes.subarray(0, 64 * count);
        const answers = built.map(({ bulk }) =>
          [
            bulk.sha256Many(messages, length, prefix),
            bulk.blake3KeyedMany(key, nodes),
            bulk.rfc9162Root(nodes),
          ].map(toHex),
        );
        for (const answer of answers) expect(answer).toEqual(answers[0]);
        for (let i = 0; i < count; i++) {
          const message = messages.subarray(length * i, length * (i + 1));
          const hash = createHash("sha256");
          if (prefix !== undefined) hash.update(Uint8Array.of(prefix));
          const digest = hash.update(message).digest("hex");
          expect(answers[0]?.[0]?.slice(64 * i, 64 * i + 64)).toBe(digest);
        }
      },
    ),
    { numRuns: 60 },
  );
});
