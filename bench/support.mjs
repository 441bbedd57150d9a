// What the benchmarks share: reproducible input, within the limits of a genesis file, and medians.
import { createHash } from "node:crypto";

export const START_MS = 1_750_000_000_000;

export const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

export const sha256 = (text) => new Uint8Array(createHash("sha256").update(text).digest());

/** A seeded generator (xorshift32): the same payments in each run. */
export function createRandom(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Quotas are out of the way; a block has room for 2,000 payments. */
export const PARAMETERS = {
  deltaMs: 100,
  blockIntervalMs: 50,
  maxIdleMs: 60_000,
  retryIntervalMs: 500,
  inactiveAfterMs: 2_000,
  timeSkewMs: 1_000,
  maxUnfinalized: 16,
  maxBlockSizeBytes: 8 * 1024 * 1024,
  maxBlockCost: 2_000_000n,
  maxTimersPerBlock: 64,
  quotaCostPerMinute: 10n ** 15n,
  quotaRows: 10_000_000,
  quotaTimers: 1_000,
  quotaChannels: 100_000,
};

export const CNY = {
  code: "CNY",
  scale: 2,
  organisation: 0,
  iso4217: 156,
  kind: 1,
  flags: 2,
  maxSupply: 0n,
};

/** Accounts of one key each; `name` sets those of one organisation apart. */
export function accountsOf(build, name, count) {
  return Array.from({ length: count }, (_, i) => ({
    keyPolicy: build.singleKeyPolicy(sha256(`key ${name} ${i}`)),
    salt: sha256(`salt ${name} ${i}`).slice(0, 16),
    blindSecret: sha256(`blind ${name} ${i}`),
    roles: i === 0 ? 3 : 0,
  }));
}

export function validatorsOf(name, count) {
  return Array.from({ length: count }, (_, i) => ({
    consensusKey: sha256(`consensus ${name} ${i}`),
    tlsKey: sha256(`tls ${name} ${i}`),
    addresses: ["127.0.0.1:4000"],
  }));
}
