import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { equalBytes, toHex } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import {
  createNobleSigner,
  nobleBatchVerifier,
  nobleHasher,
} from "../../../src/crypto/noble/index.js";
import { AddressBlocks } from "../../../src/network/addressBlocks.js";
import { CallerLimits } from "../../../src/network/callerLimits.js";
import { createTlsIdentity, keyOfCertificate } from "../../../src/network/certificate.js";
import { parseAddress } from "../../../src/network/dial.js";
import { decodeHello, encodeHello, isHelloSigned } from "../../../src/network/hello.js";
import { type ByteSink, Outbox } from "../../../src/network/outbox.js";
import { decodeRefusal, encodeRefusal } from "../../../src/network/refusals.js";
import { TokenBucket } from "../../../src/network/tokenBucket.js";
import { backOffMs, DEFAULT_TUNING } from "../../../src/network/tuning.js";
import { systemClock } from "../../../src/node/adapters/systemClock.js";
import { systemEntropy } from "../../../src/node/adapters/systemEntropy.js";

const seed = new Uint8Array(32).fill(3);

describe("TLS identity", () => {
  it("carries the key of RFC 8032 for its seed, the same bytes each time", () => {
    const identity = createTlsIdentity(seed);
    expect(identity.publicKey).toEqual(createNobleSigner(seed).publicKey);
    expect(createTlsIdentity(seed)).toEqual(identity);
    const certificate = new X509Certificate(identity.certificatePem);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe("CN=fondaco");
    expect(certificate.validTo).toContain("9999");
    expect(keyOfCertificate(certificate)).toEqual(identity.publicKey);
    expect(keyOfCertificate(undefined)).toBeUndefined();
  });
});

describe("hello", () => {
  const signer = createNobleSigner(new Uint8Array(32).fill(4));
  const exporter = new Uint8Array(32).fill(5);
  const claims = {
    genesisHash: new Uint8Array(32).fill(1),
    protocolVersion: 1,
    validatorIndex: 2,
    traffic: "bulk" as const,
    session: new Uint8Array(16).fill(6),
    softwareVersion: "fondaco/0.1.0",
  };
  const bytes = encodeHello(claims, exporter, nobleHasher, signer);

  it("is written as the README says", () => {
    expect(toHex(bytes.subarray(0, bytes.length - 64))).toBe(
      `${"01".repeat(32)}0100020001${"06".repeat(16)}0d666f6e6461636f2f302e312e30`,
    );
    expect(bytes.length).toBeLessThan(LIMITS.handshakeFrameSizeBytesMax);
    expect(decodeHello(bytes)).toMatchObject(claims);
  });

  it("is signed over every claim and the channel", () => {
    const hello = decodeHello(bytes);
    if (hello === undefined) throw new Error("not decoded");
    const verify = (changed: object, channel = exporter) =>
      isHelloSigned(
        { ...hello, ...changed },
        signer.publicKey,
        channel,
        nobleHasher,
        nobleBatchVerifier,
      );
    expect(verify({})).toBe(true);
    expect(verify({}, new Uint8Array(32))).toBe(false);
    expect(verify({ genesisHash: new Uint8Array(32) })).toBe(false);
    expect(verify({ protocolVersion: 2 })).toBe(false);
    expect(verify({ validatorIndex: 3 })).toBe(false);
    expect(verify({ traffic: "control" })).toBe(false);
    expect(verify({ session: new Uint8Array(16) })).toBe(false);
    expect(verify({ softwareVersion: "x" })).toBe(false);
  });

  it("is refused with slack or cut short", () => {
    expect(decodeHello(Uint8Array.of(...bytes, 0))).toBeUndefined();
    expect(decodeHello(bytes.subarray(1))).toBeUndefined();
    expect(decodeHello(new Uint8Array(0))).toBeUndefined();
  });
});

describe("refusals", () => {
  it("come back printable and bounded", () => {
    const detail = `line\nbreak ${"x".repeat(500)}`;
    const refusal = decodeRefusal(encodeRefusal({ code: "WRONG_CHAIN", detail }));
    expect(refusal?.code).toBe("WRONG_CHAIN");
    expect(refusal?.detail).toBe(detail.replace("\n", "?").slice(0, 200));
    expect(decodeRefusal(Uint8Array.of(200, 0))).toBeUndefined();
    expect(decodeRefusal(Uint8Array.of(1))).toBeUndefined();
  });
});

describe("token bucket", () => {
  it("gives its burst, then its rate, whatever the clock does", () => {
    const bucket = new TokenBucket(10, 50, 1_000);
    for (let i = 0; i < 50; i++) expect(bucket.take(1, 1_000)).toBe(true);
    expect(bucket.take(1, 1_000)).toBe(false);
    expect(bucket.take(1, 1_100)).toBe(true);
    expect(bucket.take(1, 500)).toBe(false);
    expect(bucket.take(1, 600)).toBe(true);
    expect(bucket.take(51, 9_999_999)).toBe(false);
    expect(bucket.take(50, 9_999_999)).toBe(true);
  });
});

describe("troubled addresses", () => {
  it("wait from the fourth failure on, twice as long each time, at most a minute", () => {
    const blocks = new AddressBlocks();
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      blocks.failed("a", 0);
      let waitMs = 0;
      while (blocks.isBlocked("a", waitMs)) waitMs += 500;
      waits.push(waitMs);
    }
    expect(waits).toEqual([
      0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect(blocks.isBlocked("b", 0)).toBe(false);
    // A clock that was set back a day must not block anybody for a day.
    expect(blocks.isBlocked("a", -86_400_000)).toBe(false);
    blocks.succeeded("a");
    expect(blocks.isBlocked("a", 0)).toBe(false);
  });

  it("forget after ten quiet minutes, and are never more than the table holds", () => {
    const blocks = new AddressBlocks();
    for (let i = 0; i < 5; i++) blocks.failed("a", 0);
    blocks.failed("a", 11 * 60_000);
    expect(blocks.isBlocked("a", 11 * 60_000)).toBe(false);
    for (let i = 0; i < 3_000; i++) blocks.failed(`address ${i}`, 0);
    expect(blocks.size).toBe(LIMITS.troubledAddressesMax);
  });
});

describe("back-off", () => {
  it("doubles from 0.25 s to 30 s with up to half of it as jitter [NET-P8]", () => {
    const full = [0, 1, 2, 3, 4, 5, 6, 7, 8, 1_000].map((n) => backOffMs(DEFAULT_TUNING, n, 255));
    expect(full).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(backOffMs(DEFAULT_TUNING, 0, 0)).toBe(125);
  });
});

describe("addresses", () => {
  it("are host:port, with brackets around IPv6", () => {
    expect(parseAddress("node.example:7000")).toEqual({ host: "node.example", port: 7_000 });
    expect(parseAddress("[::1]:7000")).toEqual({ host: "::1", port: 7_000 });
    for (const bad of ["node", "node:0", "node:70000", "::1:7000", ":7000", "a b:1", ""]) {
      expect(parseAddress(bad), bad).toBeUndefined();
    }
  });
});

describe("outbox", () => {
  class Sink implements ByteSink {
    readonly writes: { readonly size: number; readonly done: () => void }[] = [];
    write(bytes: Uint8Array, done: () => void): void {
      this.writes.push({ size: bytes.length, done });
    }
  }

  function outbox(sizeBytesMax: number) {
    const sink = new Sink();
    const turns: (() => void)[] = [];
    const clock = { ...systemClock, soon: (callback: () => void) => void turns.push(callback) };
    const box = new Outbox(sink, clock, () => {});
    box.sizeBytesMax = sizeBytesMax;
    const turn = () => {
      for (const callback of turns.splice(0)) callback();
    };
    return { sink, box, turn };
  }

  it("makes one write of what was queued in one turn", () => {
    const { sink, box, turn } = outbox(10_000);
    for (let i = 0; i < 5; i++) expect(box.push(0, new Uint8Array(92))).toBe(true);
    expect(sink.writes.length).toBe(0);
    turn();
    expect(sink.writes.map(({ size }) => size)).toEqual([500]);
    expect(box.pendingBytes).toBe(500);
    sink.writes[0]?.done();
    expect(box.pendingBytes).toBe(0);
  });

  it("says no when full, and takes more as the socket does", () => {
    const mib = 1024 * 1024;
    const { sink, box, turn } = outbox(2 * mib);
    let taken = 0;
    while (box.push(0, new Uint8Array(100_000))) taken++;
    expect(taken).toBe(20);
    turn();
    // The socket is given two blocks; the rest waits here, where it is bounded.
    const given = sink.writes.reduce((sum, { size }) => sum + size, 0);
    expect(given).toBeLessThan(mib);
    expect(box.push(0, new Uint8Array(100_000))).toBe(false);
    for (let i = 0; i < sink.writes.length; i++) sink.writes[i]?.done();
    expect(sink.writes.reduce((sum, { size }) => sum + size, 0)).toBe(20 * 100_008);
    expect(box.pendingBytes).toBe(0);
    expect(box.framesSent).toBe(20);
  });

  it("answers pings of a peer that reads nothing with a few frames and no more", () => {
    const { sink, box, turn } = outbox(4 * 1024 * 1024);
    for (let i = 0; i < 6; i++) expect(box.push(0, new Uint8Array(100_000))).toBe(true);
    turn();
    const before = box.pendingBytes;
    let taken = 0;
    for (let i = 0; i < 100_000; i++) if (box.pushFirst(5, new Uint8Array(0))) taken++;
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(100);
    expect(box.pendingBytes).toBe(before + 8 * taken);
    for (let i = 0; i < sink.writes.length; i++) sink.writes[i]?.done();
    expect(box.pendingBytes).toBe(0);
    expect(box.framesSent).toBe(6 + taken);
  });

  it("puts the link's own frames first, also into a full queue", () => {
    const { sink, box, turn } = outbox(100);
    expect(box.push(0, new Uint8Array(92))).toBe(true);
    box.pushFirst(4, new Uint8Array(0));
    turn();
    expect(sink.writes.map(({ size }) => size)).toEqual([108]);
    box.close();
    expect(box.push(0, new Uint8Array(1))).toBe(false);
  });
});

describe("system adapters", () => {
  it("tell the time, call back, cancel, and draw bytes", async () => {
    expect(systemClock.nowMs()).toBeGreaterThan(1_600_000_000_000);
    const calls: string[] = [];
    await new Promise<void>((resolve) => {
      systemClock.after(0, () => calls.push("cancelled"))();
      systemClock.after(1, resolve);
      systemClock.soon(() => calls.push("soon"));
    });
    expect(calls).toEqual(["soon"]);
    const [a, b] = [systemEntropy.randomBytes(32), systemEntropy.randomBytes(32)];
    expect(a.length).toBe(32);
    expect(a.constructor).toBe(Uint8Array);
    expect(equalBytes(a, b)).toBe(false);
  });
});

describe("callers", () => {
  it("strangers share one rate, addresses of validators another, and few are remembered", () => {
    const limits = new CallerLimits({ perSecond: 10, burst: 3 }, 0);
    const taken = (address: string, nowMs: number) =>
      Array.from({ length: 5 }, () => limits.begin(address, nowMs)).filter(Boolean).length;
    expect(taken("a", 0)).toBe(3);
    expect(taken("b", 0)).toBe(0);
    limits.succeeded("b");
    expect(taken("b", 0)).toBe(3);
    expect(taken("a", 200)).toBe(2);
    for (let i = 0; i < LIMITS.knownAddressesMax; i++) limits.succeeded(`peer ${i}`);
    expect(taken("b", 200)).toBe(0);
    expect(taken("peer 7", 200)).toBe(2);
    limits.succeeded("192.0.2.1");
    expect(taken("::ffff:192.0.2.1", 400)).toBe(2);
  });

  it("strangers that say nothing take up no place of validators' addresses", () => {
    const max = LIMITS.pendingHandshakesMax;
    const limits = new CallerLimits({ perSecond: 0, burst: 2 * max }, 0);
    limits.succeeded("peer");
    const pending = Array.from({ length: max }, (_, i) => limits.begin(`stranger ${i}`, 0));
    expect(pending.every((ended) => ended !== undefined)).toBe(true);
    expect(limits.begin("another", 0)).toBeUndefined();
    const known = Array.from({ length: max }, () => limits.begin("peer", 0));
    expect(known.every((ended) => ended !== undefined)).toBe(true);
    expect(limits.begin("peer", 0)).toBeUndefined();
    pending[0]?.();
    expect(limits.begin("peer", 0)).toBeUndefined();
    expect(limits.begin("another", 0)).toBeDefined();
    expect(limits.begin("another", 0)).toBeUndefined();
  });
});
