// Goal: the search for wrong signatures names exactly those, however many and wherever they are. Method: shares from
// one to all, at random, in runs and in turns, with keys that repeat and keys that do not; also under coefficients that
// are all equal, where sums of several wrong ones could cancel if their faults did.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SignatureJob } from "../../src/crypto/interfaces.js";
import { loadKernels } from "../../src/kernels/index.js";
import { ordinarySignatures } from "./signatureCases.js";
import { byteStream, variants } from "./variants.js";

const random = byteStream(5);
const below = (limit: number) => {
  const [a, b, c] = random(3) as unknown as [number, number, number];
  return (a * 65536 + b * 256 + c) % limit;
};
const ownKeys = ordinarySignatures(1024, 1024);
const fewKeys = ordinarySignatures(3, 1024);

/** Another fault in each. */
const spoiled = (job: SignatureJob, i: number): SignatureJob => {
  const signature = job.signature.slice();
  const bit = 256 + (i % 248);
  signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7));
  return { ...job, signature };
};

/** Which of `size` are wrong. */
const patterns: Readonly<Record<string, (size: number) => (i: number) => boolean>> = {
  "the first": () => (i) => i === 0,
  "the last": (size) => (i) => i === size - 1,
  "the first and the last": (size) => (i) => i === 0 || i === size - 1,
  "two in the middle": (size) => (i) => i === size >> 1 || i === (size >> 1) - 1,
  "one by chance": (size) => {
    const at = below(size);
    return (i) => i === at;
  },
  "1 %": () => () => below(100) === 0,
  "11 %": () => () => below(100) < 11,
  "50 %": () => () => below(2) === 0,
  "every second": () => (i) => i % 2 === 1,
  "the second half": (size) => (i) => i >= size / 2,
  "the first half": (size) => (i) => i < size / 2,
  "all but the last": (size) => (i) => i !== size - 1,
  "all but one": (size) => {
    const at = below(size);
    return (i) => i !== at;
  },
  all: () => () => true,
};

describe.each(variants)("search for wrong signatures, $name", ({ simd }) => {
  it.each(Object.keys(patterns))("%s", async (name) => {
    const kernels = await loadKernels({ simd, keyTablesSizeBytes: 0 });
    const verifiers = [
      kernels.createBatchVerifier((n) => new Uint8Array(randomBytes(n))),
      // 1 and -1 in turns. Faults differ in s by different powers of two, so none cancel.
      kernels.createBatchVerifier((n) =>
        Uint8Array.from({ length: n }, (_, i) => (i % 32 === 15 ? 128 : 0)),
      ),
    ];
    for (const size of simd ? [1, 2, 3, 5, 8, 13, 64, 100, 511, 1024] : [1, 2, 3, 7, 64, 300]) {
      const isWrongOf = patterns[name] as (typeof patterns)[string];
      for (const jobs of [ownKeys, fewKeys]) {
        // Coefficients of one value only where no two wrong ones have the same fault.
        for (const verifier of size < 200 ? verifiers : verifiers.slice(0, 1)) {
          const isWrong = isWrongOf(size);
          const expected = Array.from({ length: size }, (_, i) => !isWrong(i));
          const batch = expected.map((isValid, i) =>
            isValid ? (jobs[i] as SignatureJob) : spoiled(jobs[i] as SignatureJob, i),
          );
          expect(verifier.verify(batch, { tier: "batch" }), `size ${size}`).toEqual(expected);
          if (size <= 64) expect(verifier.verify(batch)).toEqual(expected);
        }
      }
    }
  });
});
