// Ed25519 signatures for the fuzzer: valid ones by ordinary, mixed-order and small-order keys, and wrong ones that
// are valid ones changed. Everything follows from a seed.

import { createCipheriv, createHash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";

const { Point } = ed25519;
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;

/** A reproducible stream of bytes: AES in counter mode under a key made of `seed`. */
export function createStream(seed) {
  const key = createHash("sha256").update(seed).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(65_536);
  let block = cipher.update(zeros);
  let at = 0;
  const bytes = (count) => {
    if (count > block.length - at) {
      block = Buffer.concat([block.subarray(at), cipher.update(zeros)]);
      at = 0;
    }
    at += count;
    return new Uint8Array(block.subarray(at - count, at));
  };
  const below = (limit) => Buffer.from(bytes(4)).readUInt32LE() % limit;
  return { bytes, below, pick: (list) => list[below(list.length)] };
}

const littleEndian = (value) =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse());
const numberOf = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
const join = (...parts) => new Uint8Array(Buffer.concat(parts));

const order8 = Point.fromBytes(
  Buffer.from("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "hex"),
  true,
);
const torsion = Array.from({ length: 8 }, (_, i) =>
  i === 0 ? Point.ZERO : order8.multiplyUnsafe(BigInt(i)),
);

/** All encodings of points of small order: canonical ones, and those that only ZIP-215 takes. */
const smallOrder = [...new Set(torsion.map((point) => point.toAffine().y))].flatMap((y) =>
  (y < 19n ? [y, y + P] : [y]).flatMap((value) => [
    littleEndian(value),
    littleEndian(value + 2n ** 255n),
  ]),
);
/** Those, and numbers around p that may or may not decode. */
const oddEncodings = [
  ...smallOrder,
  ...[2n, 3n, P - 2n, P + 2n, P + 3n, P + 18n].flatMap((y) => [
    littleEndian(y),
    littleEndian(y + 2n ** 255n),
  ]),
];
const oddScalars = [0n, 1n, L - 1n, L, L + 1n, 2n * L, 2n ** 252n, 2n ** 255n, 2n ** 256n - 1n];

/** Scalars with their multiples of the base point, one addition each: nobody has to guess these secrets. */
function createWalk({ bytes }) {
  let scalar = numberOf(bytes(32)) % L;
  let point = Point.BASE.multiply(scalar);
  const step = numberOf(bytes(32)) % L;
  const stepPoint = Point.BASE.multiply(step);
  return () => {
    scalar = (scalar + step) % L;
    point = point.add(stepPoint);
    return { scalar, point };
  };
}

/** Makes jobs `{ publicKey, message, signature }`, about half of them wrong, from `stream`. */
export function createCases(stream) {
  const { bytes, below, pick } = stream;
  const nextKey = createWalk(stream);
  const nextNonce = createWalk(stream);

  const newKey = () => {
    const { scalar, point } = nextKey();
    const isMixed = below(4) === 0;
    return { secret: scalar, publicKey: (isMixed ? point.add(pick(torsion)) : point).toBytes() };
  };
  const hotKeys = Array.from({ length: 12 }, newKey);
  // Any scalar signs for a key of small order: the cofactor removes what it adds.
  const smallKeys = smallOrder.map((publicKey) => ({ secret: 0n, publicKey }));

  const newMessage = () => bytes(below(10) === 0 ? below(5_001) : below(3) === 0 ? 47 : below(300));

  function newR() {
    if (below(12) === 0) return { scalar: 0n, r: pick(smallOrder) };
    const { scalar, point } = nextNonce();
    return { scalar, r: (below(6) === 0 ? point.add(pick(torsion)) : point).toBytes() };
  }

  function sign() {
    const kind = below(20);
    const { secret, publicKey } =
      kind < 14 ? pick(hotKeys) : kind < 18 ? newKey() : pick(smallKeys);
    const message = newMessage();
    const { scalar, r } = newR();
    const digest = createHash("sha512").update(r).update(publicKey).update(message).digest();
    const s = (scalar + (numberOf(digest) % L) * secret) % L;
    return { publicKey, message, signature: join(r, littleEndian(s)) };
  }

  const rOf = (job) => job.signature.subarray(0, 32);
  const sOf = (job) => job.signature.subarray(32);
  const withR = (job, r) => ({ ...job, signature: join(r, sOf(job)) });
  const withS = (job, s) => ({ ...job, signature: join(rOf(job), littleEndian(s)) });
  function flip(job, field, bit) {
    const changed = job[field].slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    return { ...job, [field]: changed };
  }
  /** The same point with one of small order added, where the bytes are a point. */
  function moved(encoding) {
    try {
      return Point.fromBytes(encoding, true).add(pick(torsion)).toBytes();
    } catch {
      return encoding;
    }
  }

  const changes = [
    (job) => flip(job, "signature", below(256)),
    (job) => flip(job, "signature", 256 + below(256)),
    (job) => flip(job, "publicKey", below(256)),
    (job) =>
      job.message.length === 0
        ? { ...job, message: Uint8Array.of(0) }
        : flip(job, "message", below(8 * job.message.length)),
    (job) => ({ ...job, message: job.message.subarray(0, below(job.message.length + 1)) }),
    (job) => withS(job, pick(oddScalars)),
    (job) => withS(job, (numberOf(sOf(job)) + L * BigInt(1 + below(15))) % 2n ** 256n),
    (job) => withS(job, (L - numberOf(sOf(job))) % 2n ** 256n),
    (job) => withR(job, moved(rOf(job))),
    (job) => ({ ...job, publicKey: moved(job.publicKey) }),
    (job) => withR(job, pick(oddEncodings)),
    (job) => ({ ...job, publicKey: pick(oddEncodings) }),
    (job) => ({
      ...job,
      publicKey: pick(oddEncodings),
      signature: join(pick(oddEncodings), littleEndian(pick(oddScalars))),
    }),
    (job) => withR(job, bytes(32)),
    (job) => ({ ...job, publicKey: bytes(32) }),
    (job) => ({ ...job, publicKey: bytes(32), signature: bytes(64) }),
    (job) => ({ ...withR(job, job.publicKey), publicKey: rOf(job) }),
    (job) => ({ ...job, signature: join(sOf(job), rOf(job)) }),
    (job, other) => ({ ...job, publicKey: other.publicKey }),
    (job, other) => ({ ...job, message: other.message }),
    (job, other) => ({ ...job, signature: other.signature }),
    (job, other) => withR(job, rOf(other)),
    (job) => ({ ...job, signature: job.signature.subarray(0, below(64)) }),
    (job) => ({ ...job, publicKey: join(job.publicKey, job.publicKey).subarray(0, below(64)) }),
  ];

  let last = sign();
  return () => {
    const other = last;
    last = sign();
    return below(2) === 0 ? last : pick(changes)(last, other);
  };
}
