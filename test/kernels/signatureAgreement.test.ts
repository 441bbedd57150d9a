// Goal: the verdict of a signature is that of ZIP-215 (KRN-4), in every tier, in batches of every size, alone and
// among valid ones, in both builds. Method: noble judges each case once; everything else is compared with that.
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.js";
import { loadKernels, SIGNATURE_TIERS, type SignatureKernels } from "../../src/kernels/index.js";
import { type JudgedJob, judgedCases, ordinarySignatures } from "./signatureCases.js";
import { variants } from "./variants.js";

const cases = judgedCases();
const all = Object.values(cases).flat();
const valid = ordinarySignatures(12, 96);
const withLargeS = present(
  cases["edges of s"]?.find(({ signature }) => signature[63] === 255),
  "a signature whose s is 2^256 - 1",
);
const verdictsOf = (jobs: readonly JudgedJob[]) => jobs.map(({ isValid }) => isValid);

it("has cases of all kinds, and valid ones among them", () => {
  const counts = Object.entries(cases).map(([name, jobs]) => [
    name,
    jobs.length,
    jobs.filter(({ isValid }) => isValid).length,
  ]);
  expect(counts).toEqual([
    // 8 canonical encodings of small order, 1 and -1 with the other sign, 38 of numbers from p on: 14 of small order.
    ["pairs of small-order and non-canonical points", 48 * 48, 14 * 14],
    ["keys and Rs of mixed order", 128, 64],
    ["edges of s", 26, 1],
    ["flipped bits", 8 * (32 + 64 + 40), 0],
  ]);
});

describe.each(variants)("agrees with noble, $name", ({ simd }) => {
  describe.each(SIGNATURE_TIERS)("tier %s", (tier) => {
    let verifier: SignatureKernels;
    beforeAll(async () => {
      const kernels = await loadKernels({ simd, keyTablesSizeBytes: 512 * 32 * 1024 });
      verifier = kernels.createBatchVerifier((n) => new Uint8Array(randomBytes(n)));
    });
    const verify = (jobs: readonly JudgedJob[]) => verifier.verify(jobs, { tier });

    it("on all cases alone", () => {
      const differing = all.filter((job) => verify([job])[0] !== job.isValid);
      expect(differing).toEqual([]);
    });

    it.each(Object.keys(cases))("on all %s in one call", (name) => {
      const jobs = cases[name] as readonly JudgedJob[];
      expect(verify(jobs)).toEqual(verdictsOf(jobs));
    });

    it("among valid signatures at every size from 1 to 300", () => {
      // Without SIMD or one by one it takes three and ten times as long: fewer cases, but every size; and
      // one by one three of four neighbours have an s of L or more, which costs nothing.
      const costly = (i: number) => tier !== "single" || i % 4 === 0;
      const perSize = simd && tier !== "single" ? 8 : 3;
      let next = 0;
      for (let size = 1; size <= 300; size++) {
        const batch = Array.from({ length: size }, (_, i) =>
          costly(i) ? (valid[(i + size) % 96] as JudgedJob) : withLargeS,
        );
        if (tier !== "single") expect(verify(batch)).toEqual(verdictsOf(batch));
        for (let i = 0; i < Math.min(perSize, size / 2); i++) {
          batch[(next * 131) % size] = all[(next * 7) % all.length] as JudgedJob;
          next++;
        }
        expect(verify(batch), `size ${size}`).toEqual(verdictsOf(batch));
      }
    });
  });
});
