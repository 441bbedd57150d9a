/** Signatures at the edges of ZIP-215, with the verdict of noble for each, which takes a millisecond. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, hexBytes, utf8 } from "../../src/base/bytes.js";
import type { SignatureJob } from "../../src/crypto/interfaces.js";
import { nobleBatchVerifier } from "../../src/crypto/noble/index.js";
import { byteStream } from "./variants.js";

export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const { Point } = ed25519;

export const scalarBytes = (value: bigint) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
const numberOf = (bytes: Uint8Array) =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

export interface JudgedJob extends SignatureJob {
  readonly isValid: boolean;
}

const random = byteStream(83);
const order8 = Point.fromBytes(
  hexBytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
  true,
);
const torsion = Array.from({ length: 8 }, (_, i) =>
  i === 0 ? Point.ZERO : order8.multiplyUnsafe(BigInt(i)),
);

/** A signature by `secret` with nonce `nonce`, where key and R have a point of small order added. */
function mixed(
  secret: bigint,
  keyPart: number,
  nonce: bigint,
  rPart: number,
  message: Uint8Array,
): SignatureJob {
  const add = (scalar: bigint, part: number) =>
    Point.BASE.multiply(scalar)
      .add(torsion[part] as typeof order8)
      .toBytes();
  const [publicKey, r] = [add(secret, keyPart), add(nonce, rPart)];
  const k = numberOf(sha512(concatBytes(r, publicKey, message))) % L;
  const s = scalarBytes((nonce + k * secret) % L);
  return { publicKey, message, signature: concatBytes(r, s) };
}

const newScalar = () => numberOf(random(32)) % L;
const withS = (job: SignatureJob, s: bigint): SignatureJob => ({
  ...job,
  signature: concatBytes(job.signature.subarray(0, 32), scalarBytes(s)),
});

/** All encodings that decode to points of small order, and all with y from p on, decoding or not. */
function oddEncodings(): Uint8Array[] {
  const encodings = torsion.map((point) => point.toBytes());
  for (const y of [1n, P - 1n, ...Array.from({ length: 19 }, (_, i) => P + BigInt(i))]) {
    encodings.push(scalarBytes(y), scalarBytes(y + 2n ** 255n));
  }
  return [...new Map(encodings.map((bytes) => [bytes.join(), bytes])).values()];
}

function smallOrderPairs(): SignatureJob[] {
  const encodings = oddEncodings();
  return encodings.flatMap((publicKey) =>
    encodings.map((r) => ({
      publicKey,
      message: utf8("Zcash"),
      signature: concatBytes(r, new Uint8Array(32)),
    })),
  );
}

/** Keys and Rs of mixed order, each with a wrong twin. */
function mixedOrder(): SignatureJob[] {
  const [secret, nonce] = [newScalar(), newScalar()];
  return Array.from({ length: 64 }, (_, i) =>
    mixed(secret, i >> 3, nonce, i & 7, random(i)),
  ).flatMap((job) => [job, { ...job, message: concatBytes(job.message, Uint8Array.of(0)) }]);
}

function edgesOfS(): SignatureJob[] {
  const ordinary = mixed(newScalar(), 0, newScalar(), 0, random(33));
  const neutral = { ...ordinary, publicKey: Point.ZERO.toBytes() };
  const s = numberOf(ordinary.signature.subarray(32));
  const edges = [0n, 1n, L - 1n, L, L + 1n, 2n * L, 2n ** 252n, 2n ** 255n, 2n ** 256n - 1n];
  return [ordinary, neutral].flatMap((job) =>
    [...edges, s, s + L, s + 2n * L, L - s].map((edge) => withS(job, edge)),
  );
}

/** A valid signature with each bit of key, R, s and message flipped. */
function flippedBits(): SignatureJob[] {
  const job = mixed(newScalar(), 0, newScalar(), 0, random(40));
  return (["publicKey", "signature", "message"] as const).flatMap((part) =>
    Array.from({ length: 8 * job[part].length }, (_, bit) => {
      const bytes = job[part].slice();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      return { ...job, [part]: bytes };
    }),
  );
}

const judge = (jobs: readonly SignatureJob[]): JudgedJob[] => {
  const verdicts = nobleBatchVerifier.verify(jobs);
  return jobs.map((job, i) => ({ ...job, isValid: verdicts[i] as boolean }));
};

/** The cases by name, judged. Takes some seconds: to be asked for once in a file. */
export function judgedCases(): Readonly<Record<string, readonly JudgedJob[]>> {
  return {
    "pairs of small-order and non-canonical points": judge(smallOrderPairs()),
    "keys and Rs of mixed order": judge(mixedOrder()),
    "edges of s": judge(edgesOfS()),
    "flipped bits": judge(flippedBits()),
  };
}

/** Valid signatures by ordinary keys, every key with several. */
export function ordinarySignatures(keys: number, count: number): JudgedJob[] {
  const [secrets, nonce] = [Array.from({ length: keys }, newScalar), newScalar()];
  return Array.from({ length: count }, (_, i) => ({
    ...mixed(secrets[i % keys] as bigint, 0, nonce + BigInt(i), 0, random(i % 200)),
    isValid: true,
  }));
}
