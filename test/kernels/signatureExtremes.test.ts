// Goal: sums are right where random input never comes: scalars at the ends of what digits cover, all points in one
// bucket, points that are equal, opposite or neutral, and as many of them as there may be. Method: whoever knows the
// secrets may choose s, and these tests also choose the coefficients: so every scalar of a sum is what they want it to be.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { beforeAll, describe, expect, it } from "vitest";
import { concatBytes, hexBytes } from "../../src/base/bytes.js";
import type { SignatureJob } from "../../src/crypto/interfaces.js";
import { nobleBatchVerifier } from "../../src/crypto/noble/index.js";
import { type Kernels, loadKernels } from "../../src/kernels/index.js";
import { L, ordinarySignatures, scalarBytes } from "./signatureCases.js";
import { byteStream, variants } from "./variants.js";

const { Point } = ed25519;
type CurvePoint = typeof Point.BASE;
const random = byteStream(97);
const numberOf = (bytes: Uint8Array) =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
const mod = (value: bigint) => ((value % L) + L) % L;
const newScalar = () => mod(numberOf(random(32)));
const inverse = (value: bigint) => {
  let result = 1n;
  for (let e = L - 2n, b = mod(value); e > 0n; e >>= 1n, b = mod(b * b)) {
    if (e & 1n) result = mod(result * b);
  }
  return result;
};

const order8 = Point.fromBytes(
  hexBytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
  true,
);
const torsion = Array.from({ length: 8 }, (_, i) =>
  i === 0 ? Point.ZERO : order8.multiplyUnsafe(BigInt(i)),
);
const times = (scalar: bigint) => (scalar === 0n ? Point.ZERO : Point.BASE.multiply(scalar));

const challengeOf = (r: Uint8Array, publicKey: Uint8Array, message: Uint8Array) =>
  numberOf(sha512(concatBytes(r, publicKey, message))) % L;

/** A key with its secret. */
interface Signer {
  readonly secret: bigint;
  readonly publicKey: Uint8Array;
}
const signerOf = (secret: bigint): Signer => ({ secret, publicKey: times(secret).toBytes() });

function sign({ secret, publicKey }: Signer, nonce: bigint, message: Uint8Array, r?: CurvePoint) {
  const rBytes = (r ?? times(nonce)).toBytes();
  const s = mod(nonce + challengeOf(rBytes, publicKey, message) * secret);
  return { publicKey, message, signature: concatBytes(rBytes, scalarBytes(s)) };
}

/** A valid signature with any s at all, by a key of small order: R = s B. */
const withAnyS = (s: bigint, part: number): SignatureJob => ({
  publicKey: (torsion[part] as CurvePoint).toBytes(),
  message: random(9),
  signature: concatBytes(
    times(s)
      .add(torsion[7 - part] as CurvePoint)
      .toBytes(),
    scalarBytes(s),
  ),
});

const spoiled = (job: SignatureJob): SignatureJob => ({
  ...job,
  message: concatBytes(job.message, Uint8Array.of(1)),
});
const sOf = (job: SignatureJob) => numberOf(job.signature.subarray(32));
const kOf = ({ signature, publicKey, message }: SignatureJob) =>
  challengeOf(signature.subarray(0, 32), publicKey, message);

/** The 16 bytes of a coefficient: odd, below 2^127 in absolute value. */
function coefficientBytes(z: bigint): Uint8Array {
  const magnitude = z < 0n ? -z : z;
  expect(magnitude < 2n ** 127n && magnitude % 2n === 1n).toBe(true);
  return scalarBytes(magnitude + (z < 0n ? 2n ** 127n : 0n)).subarray(0, 16);
}

/** Odd z1 and z2 below 2^127 with z1 k1 + z2 k2 = target modulo L, by the reduced basis of a lattice; or none. */
function coefficientsFor(target: bigint, k1: bigint, k2: bigint): [bigint, bigint] | undefined {
  type Vector = [bigint, bigint];
  const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1];
  const rounded = (n: bigint, d: bigint) => {
    const floor = (2n * n + d) / (2n * d);
    return (2n * n + d) % (2n * d) < 0n ? floor - 1n : floor;
  };
  let a: Vector = [L, 0n];
  let b: Vector = [mod(-k2 * inverse(k1)), 1n];
  for (;;) {
    if (dot(a, a) < dot(b, b)) [a, b] = [b, a];
    const q = rounded(dot(a, b), dot(b, b));
    if (q === 0n) break;
    a = [a[0] - q * b[0], a[1] - q * b[1]];
  }
  const start: Vector = [mod(target * inverse(k1)), 0n];
  const det = a[0] * b[1] - a[1] * b[0];
  const [x, y] = [start[0] * b[1] - start[1] * b[0], a[0] * start[1] - a[1] * start[0]].map((n) =>
    det < 0n ? rounded(-n, -det) : rounded(n, det),
  ) as Vector;
  for (let i = -2n; i <= 2n; i++) {
    for (let j = -2n; j <= 2n; j++) {
      const z: Vector = [0, 1].map(
        (n) => (start[n] as bigint) - (x + i) * (a[n] as bigint) - (y + j) * (b[n] as bigint),
      ) as Vector;
      const isUsable = (value: bigint) =>
        value % 2n !== 0n && value < 2n ** 127n && value > -(2n ** 127n);
      if (isUsable(z[0]) && isUsable(z[1])) return z;
    }
  }
  return undefined;
}

/** Ends of what full scalars can be, before and after they are replaced by their negatives. */
const fullEdges = [
  0n,
  1n,
  2n,
  L - 1n,
  L - 2n,
  2n ** 251n - 1n,
  2n ** 251n,
  2n ** 251n + 1n,
  2n ** 251n + 2n ** 124n,
  L - 2n ** 251n,
  L - 2n ** 251n - 1n,
  L - 2n ** 251n + 1n,
  (L - 1n) / 2n,
  (L + 1n) / 2n,
  // Digits that are all as large as they may be, or one more so that all of them carry.
  ...[5n, 6n, 7n, 8n].flatMap((window) => {
    const ones = (2n ** (window * (251n / window)) - 1n) / (2n ** window - 1n);
    return [ones * 2n ** (window - 1n), ones * (2n ** (window - 1n) + 1n)].filter(
      (value) => value < L,
    );
  }),
];

/** Coefficients of which every window has the same digit, or whose digits all carry; and the ends. */
const shortEdges = [
  1n,
  3n,
  2n ** 127n - 1n,
  2n ** 126n + 1n,
  2n ** 126n - 1n,
  ...[5n, 6n, 7n, 8n].flatMap((window) => {
    const ones = (2n ** (window * (127n / window)) - 1n) / (2n ** window - 1n);
    return [ones, ones * (2n ** (window - 1n) - 1n), ones * (2n ** (window - 1n) + 1n)].map(
      (value) => (value % 2n ** 127n) | 1n,
    );
  }),
];

describe.each(variants)("extremes of sums, $name", ({ simd }) => {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await loadKernels({ simd, keyTablesSizeBytes: 0 });
  });
  /** Verdicts of a call in which job i has coefficient i, or the last one that is given. */
  const verify = (jobs: readonly SignatureJob[], coefficients: readonly bigint[]) =>
    kernels
      .createBatchVerifier((n) =>
        concatBytes(
          ...Array.from({ length: n / 16 }, (_, i) =>
            coefficientBytes((coefficients[i] ?? coefficients.at(-1)) as bigint),
          ),
        ),
      )
      .verify(jobs, { tier: "batch" });
  const expectValid = (jobs: readonly SignatureJob[], coefficients: readonly bigint[]) =>
    expect(verify(jobs, coefficients)).toEqual(jobs.map(() => true));
  /** Valid ones by so many keys that a sum goes by Straus, or by buckets of 5, 6, 7 and 8 bits. */
  const companions = (
    simd
      ? [
          [0, 0],
          [1, 120],
          [120, 120],
          [250, 250],
          [512, 512],
        ]
      : [
          [0, 0],
          [1, 120],
          [70, 70],
        ]
  ).map(([keys, count]) => ordinarySignatures(keys as number, count as number));

  it("the base point's scalar, by Straus and by buckets", () => {
    for (const [i, edge] of fullEdges.entries()) {
      for (const others of companions) {
        for (const sign of [1n, -1n]) {
          const coefficients = [...others.map((_, n) => (n % 2 === 0 ? 1n : -1n)), sign];
          const rest = others.reduce(
            (sum, job, n) => sum + (coefficients[n] as bigint) * sOf(job),
            0n,
          );
          const job = withAnyS(mod(sign * (edge - rest)), i % 8);
          expectValid([...others, job], coefficients);
        }
        // The same sum of a wrong one is not neutral.
        const wrong = withAnyS(edge, 0);
        const other = scalarBytes(mod(edge + 1n));
        const job = { ...wrong, signature: concatBytes(wrong.signature.subarray(0, 32), other) };
        expect(verify([...others, job], [1n])).toEqual([...others.map(() => true), false]);
      }
    }
  });

  it("a key's scalar, by Straus and by buckets", () => {
    let tried = 0;
    for (const edge of fullEdges) {
      const signer = signerOf(newScalar());
      let found: [bigint, bigint] | undefined;
      let jobs: SignatureJob[] = [];
      while (found === undefined) {
        jobs = [newScalar(), newScalar()].map((nonce) => sign(signer, nonce, random(5)));
        const [k1, k2] = jobs.map(kOf) as [bigint, bigint];
        found = coefficientsFor(edge, k1, k2);
        if (found !== undefined) expect(mod(found[0] * k1 + found[1] * k2)).toBe(edge);
        expect(++tried).toBeLessThan(1_000);
      }
      for (const others of companions) {
        expectValid([...jobs, ...others], [...found, 1n]);
        const wrong = [jobs[0] as SignatureJob, spoiled(jobs[1] as SignatureJob), ...others];
        expect(verify(wrong, [...found, 1n])).toEqual(wrong.map((_, i) => i !== 1));
      }
    }
  });

  it("all Rs in one bucket of each window, with one key and with a key each", () => {
    const sizes = simd ? [1, 56, 57, 111, 112, 113, 114, 1024] : [1, 56, 57, 112, 113, 300];
    for (const keys of [1, 1024]) {
      const jobs = ordinarySignatures(Math.min(keys, 1024), 1024);
      for (const size of sizes) {
        const some = jobs.slice(0, size);
        for (const z of size > 500 ? shortEdges.slice(5, 17) : shortEdges) {
          expectValid(some, [z]);
          expectValid(some, [-z]);
        }
        const z = shortEdges.at(-1) as bigint;
        const wrong = some.map((job, i) => (i === size >> 1 ? spoiled(job) : job));
        expect(verify(wrong, [z])).toEqual(wrong.map((_, i) => i !== size >> 1));
      }
    }
  });

  it("equal Rs, Rs with their negatives, and neutral ones, added in the same bucket", () => {
    const signer = signerOf(newScalar());
    const nonce = newScalar();
    const rows: Record<string, (i: number) => SignatureJob> = {
      equal: (i) => sign(signer, nonce, scalarBytes(BigInt(i))),
      opposite: (i) => sign(signer, i % 2 === 0 ? nonce : L - nonce, scalarBytes(BigInt(i))),
      neutral: (i) => sign(signer, 0n, scalarBytes(BigInt(i))),
      "of small order": (i) =>
        sign(signer, 0n, scalarBytes(BigInt(i)), torsion[i % 8] as CurvePoint),
      "equal to the base point": (i) => sign(signer, 1n, scalarBytes(BigInt(i))),
      "equal to the key": (i) => sign(signer, signer.secret, scalarBytes(BigInt(i))),
      "opposite to the key": (i) => sign(signer, L - signer.secret, scalarBytes(BigInt(i))),
    };
    for (const rowOf of Object.values(rows)) {
      const jobs = Array.from({ length: simd ? 1024 : 200 }, (_, i) => rowOf(i));
      expect(nobleBatchVerifier.verify(jobs.slice(0, 9))).toEqual(Array(9).fill(true));
      for (const size of [2, 3, 56, 112, 113, jobs.length]) {
        const some = jobs.slice(0, size);
        for (const coefficients of [
          [1n],
          [-1n],
          [2n ** 127n - 1n],
          [...Array(99).keys()].map((i) => (i % 2 === 0 ? 1n : -1n)),
        ]) {
          expectValid(some, coefficients);
        }
        const wrong = some.map((job, i) => (i % 5 === 3 ? spoiled(job) : job));
        expect(verify(wrong, shortEdges)).toEqual(wrong.map((_, i) => i % 5 !== 3));
      }
    }
  });

  it("the same signature, key and message throughout, and keys of small order throughout", () => {
    const job = sign(signerOf(newScalar()), newScalar(), random(3));
    const count = simd ? 1024 : 200;
    const same = Array.from({ length: count }, () => job);
    expectValid(same, [1n]);
    expectValid(same, shortEdges);
    // An even number of equal ones whose coefficients add up to nothing: every scalar of the sum is 0.
    expectValid(
      same,
      Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1n : -1n)),
    );
    const small = Array.from({ length: count }, (_, i) =>
      withAnyS(fullEdges[i % fullEdges.length] as bigint, i % 8),
    );
    expect(nobleBatchVerifier.verify(small.slice(0, 40))).toEqual(Array(40).fill(true));
    for (const z of [1n, -1n, 2n ** 127n - 1n]) expectValid(small, [z]);
    expect(verify(small.map(withOtherS), shortEdges)).toEqual(small.map(() => false));
  });
  const withOtherS = (job: SignatureJob, i: number): SignatureJob => ({
    ...job,
    signature: concatBytes(
      job.signature.subarray(0, 32),
      scalarBytes(mod(sOf(job) + 2n ** BigInt(i % 250))),
    ),
  });

  it("every s with tables: keys of small order, in pairs and alone", async () => {
    const { createBatchVerifier } = await loadKernels({ simd, keyTablesSizeBytes: 8 * 32 * 1024 });
    const verifier = createBatchVerifier((n) => random(n));
    const jobs = fullEdges.map((edge, i) => withAnyS(edge, i % 8));
    const verifyWithTables = (some: readonly SignatureJob[]) =>
      verifier.verify(some, { tier: "comb" });
    expect(verifyWithTables(jobs)).toEqual(jobs.map(() => true));
    for (const job of jobs) expect(verifyWithTables([job])).toEqual([true]);
    const wrong = jobs.map(withOtherS);
    expect(verifyWithTables(wrong)).toEqual(jobs.map(() => false));
    for (const job of wrong) expect(verifyWithTables([job])).toEqual([false]);
    expect(verifier.counts).toMatchObject({ withTables: 4 * jobs.length, inBatches: 0 });
  });

  it("takes the R that is hashed, in every tier, if an item names another one", async () => {
    const { createBatchVerifier } = await loadKernels({ simd, keyTablesSizeBytes: 2 ** 16 });
    const verifier = createBatchVerifier((n) => random(n));
    const signer = signerOf(newScalar());
    const valid = sign(signer, newScalar(), random(20));
    // With R' = s B - k A the equation would hold for an R that nobody hashed.
    const s = newScalar();
    const hashed = times(newScalar()).toBytes();
    const k = challengeOf(hashed, signer.publicKey, valid.message);
    const unhashed = times(mod(s - k * signer.secret)).toBytes();
    const rows = [
      { r: hashed, signature: concatBytes(unhashed, scalarBytes(s)), isValid: false },
      {
        r: valid.signature.subarray(0, 32),
        signature: concatBytes(unhashed, valid.signature.subarray(32)),
        isValid: true,
      },
    ];
    for (const withTables of [0, 2]) {
      for (const { r, signature, isValid } of rows) {
        const items = new Uint8Array(80);
        new Uint32Array(items.buffer)[1] = 64 + valid.message.length;
        items.set(signature, 16);
        const verdicts = new Uint8Array(1);
        verifier.verifyPacked(1, items, concatBytes(r, signer.publicKey, valid.message), verdicts);
        expect(verdicts[0] === 1).toBe(isValid);
      }
      expect(verifier.counts.withTables).toBe(withTables);
      if (withTables === 0) verifier.verify(Array.from({ length: 20 }, () => valid));
    }
  });
});
