// Goal: any bytes as key, signature and message give true or false, in every tier: no trap, no hang, no memory
// of the neighbours read. Method: random lengths and contents, odd memory, many and huge jobs.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { SignatureJob } from "../../src/crypto/interfaces.js";
import { createNobleSigner, nobleBatchVerifier } from "../../src/crypto/noble/index.js";
import { loadKernels, SIGNATURE_TIERS, type SignatureKernels } from "../../src/kernels/index.js";
import { L, scalarBytes } from "./signatureCases.js";
import { byteStream, variants } from "./variants.js";

const random = byteStream(97);
const signer = createNobleSigner(random(32));
const signed = (message: Uint8Array): SignatureJob => ({
  publicKey: signer.publicKey,
  signature: signer.sign(message),
  message,
});
const valid = signed(random(100));
/** A copy in shared memory, with other bytes around it. */
const shared = (bytes: Uint8Array) => {
  const around = new Uint8Array(new SharedArrayBuffer(bytes.length + 7)).fill(255);
  around.set(bytes, 3);
  return around.subarray(3, 3 + bytes.length);
};

/** Mostly of the right length, else of any other; contents of all kinds. */
const bytesOf = (length: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(0, 1, 127, 128, 255)
        .map((byte) => new Uint8Array(length).fill(byte)),
    },
    { weight: 1, arbitrary: fc.constant(length === 32 ? valid.publicKey : valid.signature) },
  );
const anyJob: fc.Arbitrary<SignatureJob> = fc
  .tuple(bytesOf(32), bytesOf(64), fc.uint8Array({ maxLength: 300 }), fc.boolean())
  .map(([publicKey, signature, message, isShared]) => ({
    publicKey: isShared ? shared(publicKey) : publicKey,
    signature: isShared ? shared(signature) : signature,
    message: isShared ? shared(message) : message,
  }));

describe.each(variants)("bad input, $name", ({ simd }) => {
  let verifier: SignatureKernels;
  beforeAll(async () => {
    const kernels = await loadKernels({ simd, keyTablesSizeBytes: 20 * 32 * 1024 });
    verifier = kernels.createBatchVerifier((n) => new Uint8Array(randomBytes(n)));
  });

  it("gives noble's verdict about any bytes, among valid signatures, in every tier", () => {
    fc.assert(
      fc.property(fc.array(anyJob, { maxLength: 20 }), (jobs) => {
        const row = [valid, ...jobs, valid];
        const expected = [true, ...nobleBatchVerifier.verify(jobs), true];
        for (const tier of SIGNATURE_TIERS) {
          expect(verifier.verify(row, { tier }), tier).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(SIGNATURE_TIERS)("takes no jobs, thousands, and huge messages, tier %s", (tier) => {
    expect(verifier.verify([], { tier })).toEqual([]);
    // Lengths around what the buffer of a call holds, and around where a message is hashed apart.
    const lengths = [4_095, 4_096, 4_097, 262_080, 262_144, 2 ** 20, 2 ** 20 + 1, 5 * 2 ** 20];
    const huge = lengths.map((length) => signed(new Uint8Array(length).fill(length & 255)));
    const changed = huge.map(({ message, ...rest }) => {
      const other = shared(message);
      other[other.length - 1] = 1 ^ (other.at(-1) as number);
      return { ...rest, message: other };
    });
    expect(verifier.verify(huge, { tier })).toEqual(huge.map(() => true));
    expect(verifier.verify([...changed, valid], { tier })).toEqual([
      ...changed.map(() => false),
      true,
    ]);
    const count = tier === "single" ? 1_100 : 5_000;
    const many = Array.from({ length: count }, (_, i) =>
      i % 1_000 === 7
        ? { ...valid, signature: random(64) }
        : i % 3 === 0
          ? (huge[i % 2] as SignatureJob)
          : valid,
    );
    expect(verifier.verify(many, { tier })).toEqual(many.map((_, i) => i % 1_000 !== 7));
  });

  it("gives false for every wrong length", () => {
    for (let length = 0; length <= 130; length++) {
      const jobs = [
        ...(length === 32 ? [] : [{ ...valid, publicKey: new Uint8Array(length).fill(1) }]),
        ...(length === 64 ? [] : [{ ...valid, signature: new Uint8Array(length).fill(1) }]),
      ];
      expect(verifier.verify(jobs)).toEqual(jobs.map(() => false));
    }
  });

  it("names what is wrong, the first that applies", () => {
    const noPoint = scalarBytes(2n);
    const [r, s] = [valid.signature.subarray(0, 32), valid.signature.subarray(32)];
    const signature = (first: Uint8Array, second: Uint8Array) =>
      Uint8Array.from([...first, ...second]);
    const large = scalarBytes(L);
    const faults: readonly (readonly [Partial<SignatureJob>, string])[] = [
      [{ publicKey: random(31), signature: random(63) }, "PUBLIC_KEY_LENGTH"],
      [{ publicKey: noPoint, signature: random(65) }, "SIGNATURE_LENGTH"],
      [{ publicKey: noPoint, signature: signature(noPoint, large) }, "S_NOT_BELOW_ORDER"],
      [{ publicKey: noPoint, signature: signature(noPoint, s) }, "KEY_NOT_A_POINT"],
      [{ signature: signature(noPoint, s) }, "R_NOT_A_POINT"],
      [{ signature: signature(r, scalarBytes(L - 1n)) }, "EQUATION_FAILED"],
      [{ message: random(3) }, "EQUATION_FAILED"],
    ];
    for (const [changed, fault] of faults) {
      const job = { ...valid, ...changed };
      expect(verifier.verify([job])).toEqual([false]);
      expect(verifier.faultOf(job)).toBe(fault);
    }
  });
});
