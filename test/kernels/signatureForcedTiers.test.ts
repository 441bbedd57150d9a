import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SignatureJob } from "../../src/crypto/interfaces.js";
import { createNobleSigner } from "../../src/crypto/noble/index.js";
import { loadKernels, SIGNATURE_TIERS } from "../../src/kernels/index.js";
import { byteStream, variants } from "./variants.js";

const TABLES_BYTES = 32 * 1024;
const random = byteStream(41);
const signers = Array.from({ length: 24 }, () => createNobleSigner(random(32)));
/** Eight signatures of each signer; of every eight the fourth is wrong. */
const jobs: SignatureJob[] = Array.from({ length: 192 }, (_, i) => {
  const signer = signers[i % 24] as (typeof signers)[number];
  const message = random(i);
  const signature = signer.sign(message);
  if (i % 8 === 3) signature[40] = (signature[40] as number) ^ 1;
  return { publicKey: signer.publicKey, signature, message };
});
const expected = jobs.map((_, i) => i % 8 !== 3);

describe.each(variants)("forced tiers, $name", ({ simd }) => {
  const load = async (tables: number) =>
    (await loadKernels({ simd, keyTablesSizeBytes: tables * TABLES_BYTES })).createBatchVerifier(
      (n) => new Uint8Array(randomBytes(n)),
    );

  it("gives the same verdicts in each, with room for all tables, for few and for none", async () => {
    for (const tables of [32, 3, 1, 0]) {
      const verifier = await load(tables);
      for (let round = 0; round < 3; round++) {
        for (const tier of SIGNATURE_TIERS) {
          expect(verifier.verify(jobs, { tier })).toEqual(expected);
          const row = jobs.slice(round, round + 5);
          expect(verifier.verify(row, { tier })).toEqual(expected.slice(round, round + 5));
        }
      }
    }
  });

  it("remembers nothing in batch and single, and makes no tables", async () => {
    const verifier = await load(32);
    for (let round = 0; round < 15; round++) {
      for (const tier of ["batch", "single"] as const) {
        expect(verifier.verify(jobs, { tier })).toEqual(expected);
      }
    }
    expect(verifier.counts).toMatchObject({ withTables: 0, tablesBuilt: 0, inBatches: 30 * 192 });
    // In `auto` every key is still as good as new: four signatures of each signer are not enough.
    expect(verifier.verify(jobs.slice(0, 96))).toEqual(expected.slice(0, 96));
    expect(verifier.counts.tablesBuilt).toBe(0);
  });

  it("makes tables of every key at once in comb, and uses them in the same call", async () => {
    const verifier = await load(32);
    expect(verifier.verify(jobs, { tier: "comb" })).toEqual(expected);
    expect(verifier.counts).toMatchObject({ withTables: 192, tablesBuilt: 24, inBatches: 0 });
    // They serve `auto` afterwards, and are no use to `batch` and `single`.
    for (const tier of SIGNATURE_TIERS) {
      expect(verifier.verify(jobs, { tier })).toEqual(expected);
    }
    expect(verifier.counts).toMatchObject({ withTables: 576, tablesBuilt: 24, inBatches: 384 });
  });

  it("takes no tables in comb that the same call uses; keys without room are checked otherwise", async () => {
    const verifier = await load(5);
    expect(verifier.verify(jobs, { tier: "comb" })).toEqual(expected);
    // Signers take turns, so those that come first keep the tables throughout.
    expect(verifier.counts).toMatchObject({ withTables: 40, inBatches: 152, tablesBuilt: 5 });
    for (let round = 0; round < 30; round++) {
      const others = jobs.slice(round * 5, round * 5 + 20);
      const verdicts = verifier.verify(others, { tier: "comb" });
      expect(verdicts).toEqual(expected.slice(round * 5, round * 5 + 20));
    }
    expect(verifier.counts.tablesReplaced).toBeGreaterThan(10);
    expect(verifier.counts.tablesReplaced).toBe(verifier.counts.tablesBuilt - 5);
  });
});
