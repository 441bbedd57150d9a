import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { hexBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import {
  createNobleSigner,
  isRegistrableKey,
  nobleBatchVerifier,
  nobleHasher,
} from "../../../src/crypto/noble/index.js";

const seed = hexBytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");

describe("noble signatures", () => {
  it("signs as RFC 8032 7.1 test 1 says", () => {
    const signer = createNobleSigner(seed);
    expect(toHex(signer.publicKey)).toBe(
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    );
    expect(toHex(signer.sign(new Uint8Array()))).toBe(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
        "d25bf5f0595bbe24655141438e7a100b",
    );
  });

  it("keeps its own copy of the secret key", () => {
    const key = seed.slice();
    const signer = createNobleSigner(key);
    const before = toHex(signer.sign(utf8("a")));
    key.fill(0);
    expect(toHex(signer.sign(utf8("a")))).toBe(before);
  });

  it("gives one verdict a job and never throws", () => {
    const signer = createNobleSigner(seed);
    const message = utf8("fondaco");
    const signature = signer.sign(message);
    const good = { publicKey: signer.publicKey, signature, message };
    const flipped = signature.slice();
    flipped[40] = (flipped[40] as number) ^ 1;
    const tooLargeS = signature.slice();
    tooLargeS.fill(0xff, 32);
    const verdicts = nobleBatchVerifier.verify([
      good,
      { ...good, signature: flipped },
      { ...good, signature: tooLargeS },
      { ...good, signature: signature.subarray(0, 63) },
      { ...good, publicKey: signer.publicKey.subarray(1) },
      { ...good, publicKey: new Uint8Array(32).fill(2) },
      good,
    ]);
    expect(verdicts).toEqual([true, false, false, false, false, false, true]);
  });
});

describe("isRegistrableKey", () => {
  it("accepts an ordinary key", () => {
    expect(isRegistrableKey(createNobleSigner(seed).publicKey)).toBe(true);
  });

  it("refuses wrong lengths, points off the curve, small orders, non-canonical encodings", () => {
    expect(isRegistrableKey(new Uint8Array(31))).toBe(false);
    expect(isRegistrableKey(new Uint8Array(33))).toBe(false);
    const offCurve = new Uint8Array(32);
    offCurve[0] = 2;
    expect(isRegistrableKey(offCurve)).toBe(false);
    for (const small of [
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ]) {
      expect(isRegistrableKey(hexBytes(small))).toBe(false);
    }
    // y = p + 3 encodes the same point as y = 3 when that is on the curve; find one by search.
    for (let y = 0n; y < 19n; y++) {
      const bytes = ed25519.Point.Fp.toBytes(0n);
      let rest = (1n << 255n) - 19n + y;
      for (let i = 0; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 255n);
      expect(isRegistrableKey(bytes)).toBe(false);
    }
  });
});

describe("nobleHasher", () => {
  it("matches published digests", () => {
    expect(toHex(nobleHasher.sha256(utf8("abc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(toHex(nobleHasher.blake3(new Uint8Array()))).toBe(
      "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    );
    expect(nobleHasher.sha512(utf8("")).length).toBe(64);
    expect(nobleHasher.blake3Keyed(new Uint8Array(32), utf8("a"))).not.toEqual(
      nobleHasher.blake3(utf8("a")),
    );
  });
});
