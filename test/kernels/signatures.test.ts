import { randomBytes } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { concatBytes, hexBytes, utf8 } from "../../src/base/bytes.js";
import type { BatchVerifier, SignatureJob } from "../../src/crypto/interfaces.js";
import { createNobleSigner, nobleBatchVerifier } from "../../src/crypto/noble/index.js";
import { type Kernels, loadKernels } from "../../src/kernels/index.js";
import { byteStream, variants } from "./variants.js";

const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** RFC 8032, 7.1: tests 1, 2, 3 and SHA(abc): public key, message, signature. */
const rfc8032: [string, string, string][] = [
  [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
  [
    "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
  ],
];

/** All encodings of points of small order: eight canonical ones and six that only ZIP-215 accepts. */
const smallOrder = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
].map(hexBytes);

const random = byteStream(31);
const signers = Array.from({ length: 12 }, () => createNobleSigner(random(32)));
/** Signatures made once and used in every test: keys repeat, lengths of messages vary. */
const pool: SignatureJob[] = Array.from({ length: 300 }, (_, i) => {
  const signer = signers[(i * i) % signers.length] as (typeof signers)[number];
  const message = random(i % 3 === 0 ? 47 : i);
  return { publicKey: signer.publicKey, signature: signer.sign(message), message };
});
const job = (i: number) => pool[i % pool.length] as SignatureJob;

const scalarBytes = (value: bigint) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
const littleEndian = (bytes: Uint8Array) =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** One way each in which a signature can be wrong. None changes what is valid about its neighbours. */
const spoilers: ((job: SignatureJob) => SignatureJob)[] = [
  ({ message, ...rest }) => ({ ...rest, message: concatBytes(message, Uint8Array.of(0)) }),
  ({ signature, ...rest }) => {
    const flipped = signature.slice();
    flipped[3] = (flipped[3] as number) ^ 4;
    return { ...rest, signature: flipped };
  },
  ({ signature, ...rest }) => {
    const flipped = signature.slice();
    flipped[33] = (flipped[33] as number) ^ 1;
    return { ...rest, signature: flipped };
  },
  // The same s plus L: RFC 8032 and ZIP-215 demand s < L.
  ({ signature, ...rest }) => {
    const s = littleEndian(signature.subarray(32)) + L;
    return { ...rest, signature: concatBytes(signature.subarray(0, 32), scalarBytes(s)) };
  },
  ({ publicKey: _, ...rest }) => ({ ...rest, publicKey: hexBytes(`02${"00".repeat(31)}`) }),
  ({ signature, ...rest }) => ({ ...rest, signature: signature.subarray(0, 63) }),
  ({ publicKey, ...rest }) => ({ ...rest, publicKey: concatBytes(publicKey, publicKey) }),
];

/** With tables most keys of this file have some after a few batches; without, all is done in combinations. */
const tiers = variants.flatMap(({ name, simd }) => [
  { name: `${name}, with tables`, simd, keyTablesSizeBytes: 2 ** 20 },
  { name: `${name}, without tables`, simd, keyTablesSizeBytes: 0 },
]);

describe.each(tiers)("signature kernels, $name", ({ simd, keyTablesSizeBytes }) => {
  let kernels: Kernels;
  let verifier: BatchVerifier;
  beforeAll(async () => {
    kernels = await loadKernels({ simd, keyTablesSizeBytes });
    verifier = kernels.createBatchVerifier((n) => new Uint8Array(randomBytes(n)));
  });

  it("accepts the signatures of RFC 8032, alone and together", () => {
    const jobs = rfc8032.map(([key, message, signature]) => ({
      publicKey: hexBytes(key),
      signature: hexBytes(signature),
      message: hexBytes(message),
    }));
    expect(verifier.verify(jobs)).toEqual([true, true, true, true]);
    for (const one of jobs) {
      expect(verifier.verify([one])).toEqual([true]);
      const wrong = { ...one, message: utf8("another message") };
      expect(verifier.verify([wrong])).toEqual([false]);
    }
    expect(verifier.verify([])).toEqual([]);
  });

  it("accepts all 196 pairs of small-order encodings, as noble's ZIP-215 does", () => {
    const jobs = smallOrder.flatMap((publicKey) =>
      smallOrder.map((r) => ({
        publicKey,
        signature: concatBytes(r, new Uint8Array(32)),
        message: utf8("Zcash"),
      })),
    );
    const expected = nobleBatchVerifier.verify(jobs);
    expect(expected.every(Boolean)).toBe(true);
    expect(verifier.verify(jobs)).toEqual(expected);
    for (let i = 0; i < jobs.length; i += 13) {
      expect(verifier.verify([jobs[i] as SignatureJob])).toEqual([true]);
    }
    // With s = 1 the same pairs are wrong.
    const wrong = jobs.slice(0, 20).map((one) => ({
      ...one,
      signature: concatBytes(one.signature.subarray(0, 32), scalarBytes(1n)),
    }));
    expect(verifier.verify(wrong)).toEqual(wrong.map(() => false));
  });

  it("is cofactored: a key with a torsion component signs validly", () => {
    const secret = littleEndian(random(32)) % L;
    const torsion = ed25519.Point.fromBytes(smallOrder[4] as Uint8Array, true);
    const publicKey = ed25519.Point.BASE.multiply(secret).add(torsion).toBytes();
    const nonce = littleEndian(random(32)) % L;
    const r = ed25519.Point.BASE.multiply(nonce).add(torsion).toBytes();
    const message = utf8("mixed order");
    const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % L;
    const signature = concatBytes(r, scalarBytes((nonce + k * secret) % L));
    const one = { publicKey, signature, message };
    expect(nobleBatchVerifier.verify([one])).toEqual([true]);
    expect(verifier.verify([one])).toEqual([true]);
    expect(verifier.verify([one, ...pool.slice(0, 40), one])).toEqual(new Array(42).fill(true));
  });

  it("agrees with noble on encodings around p and on random bytes as keys and Rs", () => {
    const encodings = [];
    for (let i = -20n; i < 19n; i++) {
      const y = scalarBytes(2n ** 255n - 19n + i);
      const negative = y.slice();
      negative[31] = (negative[31] as number) | 0x80;
      encodings.push(y, negative);
    }
    for (let i = 0; i < 60; i++) encodings.push(random(32));
    const jobs = encodings.flatMap((bytes) => [
      { ...job(0), publicKey: bytes },
      { ...job(1), signature: concatBytes(bytes, new Uint8Array(32)) },
      { publicKey: bytes, signature: concatBytes(bytes, new Uint8Array(32)), message: utf8("x") },
      {
        publicKey: smallOrder[0] as Uint8Array,
        signature: concatBytes(bytes, new Uint8Array(32)),
        message: utf8("y"),
      },
    ]);
    expect(verifier.verify(jobs)).toEqual(nobleBatchVerifier.verify(jobs));
  });

  it("names exactly the planted wrong signatures at every batch size from 1 to 300", () => {
    for (let size = 1; size <= 300; size++) {
      const jobs = Array.from({ length: size }, (_, i) => job(i * 7 + size));
      expect(verifier.verify(jobs)).toEqual(jobs.map(() => true));
      if (size % 4 !== 0 && size > 40) continue;
      const bad = new Set([size * 31, size * 17 + 5].map((n) => n % size));
      const spoiled = jobs.map((one, i) => {
        const spoil = spoilers[(size + i) % spoilers.length] as (typeof spoilers)[number];
        return bad.has(i) ? spoil(one) : one;
      });
      expect(verifier.verify(spoiled)).toEqual(spoiled.map((_, i) => !bad.has(i)));
    }
  });

  it("rejects wrong signatures whose errors cancel, by coefficients drawn anew (KRN-7)", () => {
    const [a, b] = [job(1), job(2)];
    const shift = ({ signature, ...rest }: SignatureJob, by: bigint): SignatureJob => {
      const s = (littleEndian(signature.subarray(32)) + by + L) % L;
      return { ...rest, signature: concatBytes(signature.subarray(0, 32), scalarBytes(s)) };
    };
    const pair = [shift(a, 1n), shift(b, -1n)];
    expect(verifier.verify(pair)).toEqual([false, false]);
    expect(verifier.verify([...pair, job(3)])).toEqual([false, false, true]);
    // With coefficients that are all 1 the same pair passes in a combination: that is what randomness is for.
    const drawn: number[] = [];
    const careless = kernels.createBatchVerifier((n) => {
      drawn.push(n);
      return new Uint8Array(n);
    });
    const combined = keyTablesSizeBytes === 0;
    expect(careless.verify(pair)).toEqual([combined, combined]);
    expect(drawn).toEqual([32]);
  });

  it("gives the same verdicts however the jobs are grouped and ordered (KRN-4)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(299), fc.option(fc.nat(6))), { minLength: 1, maxLength: 24 }),
        fc.array(fc.nat(23), { maxLength: 3 }),
        (picks, cuts) => {
          const jobs = picks.map(([i, how]) => {
            const spoil = how === null ? undefined : spoilers[how];
            return spoil === undefined ? job(i) : spoil(job(i));
          });
          const expected = picks.map(([, how]) => how === null);
          const bounds = [0, ...cuts.map((c) => Math.min(c, jobs.length)), jobs.length];
          bounds.sort((a, b) => a - b);
          const pieces = bounds
            .slice(1)
            .flatMap((end, i) => verifier.verify(jobs.slice(bounds[i], end)));
          expect(pieces).toEqual(expected);
          expect(verifier.verify([...jobs].reverse())).toEqual([...expected].reverse());
        },
      ),
      { numRuns: 40 },
    );
  });

  it("takes more jobs than one call of the kernel, long messages, and equal jobs", () => {
    const signer = createNobleSigner(random(32));
    const long = random(300_000);
    const medium = random(4097);
    const jobs = [
      { publicKey: signer.publicKey, signature: signer.sign(long), message: long },
      ...Array.from({ length: 1100 }, (_, i) => job(i)),
      { publicKey: signer.publicKey, signature: signer.sign(medium), message: medium },
      { publicKey: signer.publicKey, signature: signer.sign(medium), message: long },
      ...Array.from({ length: 30 }, () => job(3)),
    ];
    const expected = jobs.map((_, i) => i !== 1102);
    expect(verifier.verify(jobs)).toEqual(expected);
  });
});
