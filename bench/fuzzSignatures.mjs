// Compares every way of checking an Ed25519 signature with noble's ZIP-215 on random and odd input:
//
//   node bench/fuzzSignatures.mjs [--checks 20000] [--seed 1]
//
// Both builds, each with tables for busy keys, with two tables that are fought over, and with none, get the
// same batches of 1 to 300. Each distinct signature is judged by noble once. Needs `npm run build`.

import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { ed25519 } from "@noble/curves/ed25519.js";
import { loadKernels } from "../dist/kernels/index.js";

const { values } = parseArgs({
  options: { checks: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const checksWanted = Number(values.checks);

/** A reproducible stream: SHA-512 of seed and position. */
let position = 0;
let left = Buffer.alloc(0);
function bytes(count) {
  while (left.length < count) {
    const block = createHash("sha512").update(`${values.seed}/${position++}`).digest();
    left = Buffer.concat([left, block]);
  }
  const taken = new Uint8Array(left.subarray(0, count));
  left = left.subarray(count);
  return taken;
}
const below = (limit) => Buffer.from(bytes(4)).readUInt32LE() % limit;
const pick = (list) => list[below(list.length)];

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const littleEndian = (value) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
const numberOf = (list) => list.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
const join = (...parts) => new Uint8Array(Buffer.concat(parts));
const { Point } = ed25519;

// Points of small order, each in all its encodings, and numbers around p that may or may not decode.
const order8 = Point.fromBytes(
  Buffer.from("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "hex"),
  true,
);
const torsion = Array.from({ length: 8 }, (_, i) =>
  i === 0 ? Point.ZERO : order8.multiplyUnsafe(BigInt(i)),
);
const oddEncodings = [];
for (const y of [
  0n,
  1n,
  2n,
  P - 1n,
  P,
  P + 1n,
  P + 2n,
  P + 18n,
  ...torsion.map((t) => t.toAffine().y),
]) {
  oddEncodings.push(littleEndian(y), littleEndian(y + 2n ** 255n));
}

/** Keys: ordinary ones, some with a component of small order. `k A` needs only the discrete logarithm. */
const keys = Array.from({ length: 10 }, (_, i) => {
  const secret = numberOf(bytes(32)) % L;
  const point = Point.BASE.multiply(secret).add(i < 7 ? Point.ZERO : pick(torsion));
  return { secret, publicKey: point.toBytes() };
});

function sign({ secret, publicKey }, message) {
  const nonce = numberOf(bytes(32)) % L;
  const r = Point.BASE.multiply(nonce)
    .add(below(6) === 0 ? pick(torsion) : Point.ZERO)
    .toBytes();
  const digest = createHash("sha512").update(r).update(publicKey).update(message).digest();
  const s = (nonce + numberOf(digest) * secret) % L;
  return { publicKey, message, signature: join(r, littleEndian(s)) };
}

/** Half of what is made is as signed; the others are changed in one of these ways. */
const changes = [
  (job) => ({ ...job, message: join(job.message, Uint8Array.of(1)) }),
  (job) => flip(job, "signature", below(512)),
  (job) => flip(job, "publicKey", below(256)),
  (job) => withS(job, pick([0n, 1n, L - 1n, L, L + 1n, 2n ** 252n, 2n ** 255n, 2n ** 256n - 1n])),
  (job) => withS(job, (numberOf(job.signature.subarray(32)) + L) % 2n ** 256n),
  (job) => ({ ...job, signature: join(pick(oddEncodings), job.signature.subarray(32)) }),
  (job) => ({ ...job, publicKey: pick(oddEncodings) }),
  (job) => ({
    ...job,
    publicKey: pick(oddEncodings),
    signature: join(pick(oddEncodings), new Uint8Array(32)),
  }),
  (job) => ({ ...job, signature: join(bytes(32), job.signature.subarray(32)) }),
  (job) => ({ ...job, publicKey: bytes(32), signature: bytes(64) }),
  (job) => ({ ...job, signature: job.signature.subarray(0, below(64)) }),
];
function flip(job, field, bit) {
  const changed = job[field].slice();
  changed[bit >> 3] ^= 1 << (bit & 7);
  return { ...job, [field]: changed };
}
function withS(job, s) {
  return { ...job, signature: join(job.signature.subarray(0, 32), littleEndian(s)) };
}

function judge({ publicKey, signature, message }) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return ed25519.verify(signature, message, publicKey, { zip215: true });
}

const verifiers = [];
for (const simd of [true, false]) {
  for (const [tables, keyTablesSizeBytes] of [
    ["tables", 2 ** 20],
    ["2 tables", 2 ** 16],
    ["no tables", 0],
  ]) {
    const kernels = await loadKernels({ simd, keyTablesSizeBytes });
    verifiers.push({
      name: `${simd ? "simd" : "scalar"}, ${tables}`,
      verifier: kernels.createBatchVerifier(randomBytes),
    });
  }
}

let checks = 0;
let judged = 0;
let differences = 0;
while (checks < checksWanted && differences === 0) {
  // A pool of distinct signatures, in batches until each was used some times in each verifier.
  const poolSize = Math.min(1000, Math.max(100, Math.ceil(checksWanted / 60)));
  const pool = Array.from({ length: poolSize }, () => {
    const job = sign(pick(keys), bytes(below(200)));
    return below(2) === 0 ? job : pick(changes)(job);
  });
  const expected = pool.map(judge);
  judged += pool.length;
  for (let drawn = 0; drawn < 10 * poolSize && checks < checksWanted && differences === 0; ) {
    const size = below(3) === 0 ? 1 + below(8) : 1 + below(300);
    const indexes = Array.from({ length: size }, () => below(poolSize));
    const jobs = indexes.map((i) => pool[i]);
    drawn += size;
    for (const { name, verifier } of verifiers) {
      const verdicts = verifier.verify(jobs);
      checks += size;
      for (let i = 0; i < size; i++) {
        if (verdicts[i] === expected[indexes[i]]) continue;
        differences++;
        const { publicKey, signature, message } = jobs[i];
        const hex = (part) => Buffer.from(part).toString("hex");
        console.error(
          `${name}: ${verdicts[i]} at ${i} of ${size}, noble says ${expected[indexes[i]]}`,
        );
        console.error(
          `  key ${hex(publicKey)}\n  signature ${hex(signature)}\n  message ${hex(message)}`,
        );
      }
    }
  }
}
for (const { name, verifier } of verifiers) console.log(name, JSON.stringify(verifier.counts));
console.log(
  `${checks} checks of ${judged} signatures that noble judged, ${differences} differences`,
);
process.exitCode = differences === 0 ? 0 : 1;
