import { randomBytes } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { concatBytes, hexBytes, utf8 } from "../../src/base/bytes.js";
import { LIMITS } from "../../src/base/limits.js";
import type { SignatureJob } from "../../src/crypto/interfaces.js";
import { createNobleSigner, nobleBatchVerifier } from "../../src/crypto/noble/index.js";
import { loadKernels, type SignatureKernels } from "../../src/kernels/index.js";
import { byteStream, variants } from "./variants.js";

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const { Point } = ed25519;
const TABLES_BYTES = 32 * 1024;

const scalarBytes = (value: bigint) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
const littleEndian = (bytes: Uint8Array) =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

const torsion = Point.fromBytes(
  hexBytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
  true,
);
/** Points of small order, in canonical encodings and in those that only ZIP-215 accepts. */
const smallOrder = [
  ...Array.from({ length: 8 }, (_, i) =>
    (i === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(i))).toBytes(),
  ),
  ...[
    `01${"00".repeat(30)}80`,
    `ec${"ff".repeat(31)}`,
    `ee${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(31)}`,
    `ed${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(31)}`,
  ].map(hexBytes),
];

const random = byteStream(77);
const signers = Array.from({ length: 6 }, () => createNobleSigner(random(32)));
const signed = (signer: (typeof signers)[number], message = random(47)): SignatureJob => ({
  publicKey: signer.publicKey,
  signature: signer.sign(message),
  message,
});
const repeated = (job: SignatureJob, count: number) => Array.from({ length: count }, () => job);
const withS = (job: SignatureJob, s: bigint): SignatureJob => ({
  ...job,
  signature: concatBytes(job.signature.subarray(0, 32), scalarBytes(s)),
});
const flipped = (job: SignatureJob, field: "publicKey" | "signature", bit: number) => {
  const bytes = job[field].slice();
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return { ...job, [field]: bytes };
};

describe.each(variants)("tiers of signature checks, $name", ({ simd }) => {
  const load = async (keyTablesSizeBytes: number) =>
    (await loadKernels({ simd, keyTablesSizeBytes })).createBatchVerifier(
      (n) => new Uint8Array(randomBytes(n)),
    );
  /** Gives the key of a valid job tables. */
  const warm = (verifier: SignatureKernels, job: SignatureJob) => {
    const { tablesBuilt } = verifier.counts;
    expect(verifier.verify(repeated(job, 20))).toEqual(repeated(job, 20).map(() => true));
    expect(verifier.counts.tablesBuilt).toBe(tablesBuilt + 1);
  };

  it("makes tables after a key's twelfth valid signature, never for wrong ones, and uses them", async () => {
    const verifier = await load(2 ** 20);
    const wrong = withS(signed(signers[0] as never), 5n);
    for (let i = 0; i < 30; i++) expect(verifier.verify([wrong])).toEqual([false]);
    expect(verifier.counts).toMatchObject({ tablesBuilt: 0, inBatches: 30, withTables: 0 });
    for (let i = 0; i < 12; i++) {
      expect(verifier.counts.tablesBuilt).toBe(0);
      expect(verifier.verify([signed(signers[0] as never)])).toEqual([true]);
    }
    expect(verifier.counts).toMatchObject({ tablesBuilt: 1, inBatches: 42, withTables: 0 });
    const jobs = [signed(signers[0] as never), wrong, signed(signers[1] as never)];
    expect(verifier.verify(jobs)).toEqual([true, false, true]);
    expect(verifier.counts).toMatchObject({ inBatches: 43, withTables: 2, cofactored: 1 });
  });

  it("judges small-order keys with tables as noble does, with every small-order R", async () => {
    const verifier = await load(2 ** 20);
    const jobs = smallOrder.flatMap((publicKey) =>
      smallOrder.map((r) => ({
        publicKey,
        signature: concatBytes(r, new Uint8Array(32)),
        message: utf8("Zcash"),
      })),
    );
    for (let i = 0; i < jobs.length; i += 14) warm(verifier, jobs[i] as SignatureJob);
    const before = verifier.counts;
    expect(verifier.verify(jobs)).toEqual(nobleBatchVerifier.verify(jobs));
    for (const s of [1n, L - 1n]) {
      const others = jobs.map((job) => withS(job, s));
      expect(verifier.verify(others)).toEqual(others.map(() => false));
    }
    expect(verifier.counts.withTables - before.withTables).toBe(3 * 196);
    expect(verifier.counts.inBatches).toBe(before.inBatches);
    // Alone, and between valid signatures of a key with and of one without tables.
    const valid = signed(signers[3] as never);
    warm(verifier, valid);
    const other = signed(signers[4] as never);
    for (const job of jobs) {
      const wrong = withS(job, 1n);
      expect(verifier.verify([job])).toEqual([true]);
      expect(verifier.verify([wrong])).toEqual([false]);
      const row = [valid, job, other, wrong, valid];
      expect(verifier.verify(row)).toEqual([true, true, true, false, true]);
    }
  });

  it("accepts keys and Rs with a component of small order, which differ in bytes of R", async () => {
    const verifier = await load(2 ** 20);
    for (const order of [1n, 2n, 4n, 5n]) {
      const secret = littleEndian(random(32)) % L;
      const publicKey = Point.BASE.multiply(secret).add(torsion.multiplyUnsafe(order)).toBytes();
      const jobs = Array.from({ length: 40 }, (_, i) => {
        const nonce = littleEndian(random(32)) % L;
        const rest = i % 8 === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(i % 8));
        const r = Point.BASE.multiply(nonce).add(rest).toBytes();
        const message = random(i);
        const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % L;
        const signature = concatBytes(r, scalarBytes((nonce + k * secret) % L));
        return { publicKey, signature, message };
      });
      warm(verifier, jobs[0] as SignatureJob);
      const before = verifier.counts;
      expect(verifier.verify(jobs)).toEqual(jobs.map(() => true));
      // Alone and at the end of an odd number the lanes do something else than in a pair.
      for (const size of [1, 3]) {
        for (let i = 0; i + size <= 40; i += size) {
          const some = jobs.slice(i, i + size);
          expect(verifier.verify(some)).toEqual(some.map(() => true));
        }
      }
      const wrong = jobs.map((job, i) => (i % 3 === 0 ? withS(job, BigInt(i)) : job));
      expect(verifier.verify(wrong)).toEqual(jobs.map((_, i) => i % 3 !== 0));
      expect(verifier.counts.withTables - before.withTables).toBe(80 + 40 + 39);
      expect(verifier.counts.cofactored - before.cofactored).toBeGreaterThan(30);
    }
    expect(verifier.counts.tablesBuilt).toBe(4);
  });

  it("agrees with noble on edges of s and on every flipped bit, for a key with tables", async () => {
    const verifier = await load(2 ** 20);
    const job = signed(signers[2] as never);
    warm(verifier, job);
    const s = littleEndian(job.signature.subarray(32));
    const edges = [0n, 1n, L - 1n, L, L + 1n, s, s + L, s + 2n * L, 2n ** 255n, 2n ** 256n - 1n];
    const jobs = edges.map((value) => withS(job, value));
    expect(verifier.verify(jobs)).toEqual(nobleBatchVerifier.verify(jobs));
    for (const one of jobs)
      expect(verifier.verify([one])).toEqual(nobleBatchVerifier.verify([one]));
    const bits = Array.from({ length: 512 }, (_, bit) => flipped(job, "signature", bit));
    expect(verifier.verify(bits)).toEqual(bits.map(() => false));
    const keyBits = Array.from({ length: 256 }, (_, bit) => flipped(job, "publicKey", bit));
    expect(verifier.verify([...keyBits, job])).toEqual([...keyBits.map(() => false), true]);
  });

  it("names exactly the wrong ones at every size from 1 to 300, keys with and without tables mixed", async () => {
    const verifier = await load(2 ** 20);
    const jobs = signers.flatMap((signer) => Array.from({ length: 8 }, () => signed(signer)));
    for (const i of [0, 8, 16]) warm(verifier, jobs[i] as SignatureJob);
    const verifiers = [verifier, await load(0)];
    for (let size = 1; size <= 300; size += size < 70 ? 1 : 7) {
      const batch = Array.from(
        { length: size },
        (_, i) => jobs[(i * 7 + size) % 48] as SignatureJob,
      );
      const bad = new Set([(size * 31) % size, (size * 17 + 5) % size]);
      const spoiled = batch.map((job, i) => (bad.has(i) ? flipped(job, "signature", i) : job));
      for (const one of verifiers) {
        expect(one.verify(batch)).toEqual(batch.map(() => true));
        expect(one.verify(spoiled)).toEqual(batch.map((_, i) => !bad.has(i)));
      }
    }
  });

  it("keeps to its memory: idle keys lose their tables to busy ones, and verdicts stay", async () => {
    const kernels = await loadKernels({ simd, keyTablesSizeBytes: 2 * TABLES_BYTES + 5 });
    const verifier = kernels.createBatchVerifier((n) => new Uint8Array(randomBytes(n)));
    const jobs = signers.map((signer) => signed(signer));
    for (let round = 0; round < 60; round++) {
      const busy = [jobs[round % 6], jobs[(round + 1) % 6]] as SignatureJob[];
      const batch = Array.from({ length: 30 }, (_, i) => {
        const job = busy[i % 2] as SignatureJob;
        return i === round % 30 ? flipped(job, "signature", 300) : job;
      });
      expect(verifier.verify(batch)).toEqual(batch.map((_, i) => i !== round % 30));
    }
    const { tablesBuilt, tablesReplaced, withTables } = verifier.counts;
    expect(tablesBuilt).toBeGreaterThan(6);
    expect(tablesReplaced).toBe(tablesBuilt - 2);
    expect(withTables).toBeGreaterThan(100);
  });

  it("builds few tables in one call, whoever asks for them", async () => {
    const verifier = await load(2 ** 20);
    const jobs = signers.flatMap((signer) => repeated(signed(signer), 12));
    for (const built of [2, 4, 6, 6]) {
      expect(verifier.verify(jobs)).toEqual(jobs.map(() => true));
      expect(verifier.counts.tablesBuilt).toBe(built);
    }
  });

  it("forgets keys when thousands come, without a wrong verdict", async () => {
    const verifier = await load(0);
    const secret = littleEndian(random(32)) % L;
    // All keys are those of `secret`, 2 `secret`, ...; R is the neutral element, so s = k times the secret.
    const base = Point.BASE.multiply(secret);
    const r = Point.ZERO.toBytes();
    let point = Point.ZERO;
    const jobs = Array.from({ length: simd ? 6000 : 600 }, (_, i) => {
      point = point.add(base);
      const publicKey = point.toBytes();
      const message = scalarBytes(BigInt(i));
      const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % L;
      const s = scalarBytes((k * secret * BigInt(i + 1)) % L);
      return { publicKey, signature: concatBytes(r, s), message };
    });
    for (let round = 0; round < 2; round++) {
      const batch = jobs.map((job, i) =>
        i % 997 === round ? flipped(job, "signature", 256) : job,
      );
      expect(verifier.verify(batch)).toEqual(batch.map((_, i) => i % 997 !== round));
    }
  });
});

it("bounds the tables of a process", async () => {
  expect(LIMITS.keyTablesSizeBytesMax).toBeLessThanOrEqual(64 * 2 ** 20);
  expect(LIMITS.keyTablesSizeBytesMax % TABLES_BYTES).toBe(0);
});
