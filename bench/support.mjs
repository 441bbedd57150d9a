// What the benchmarks share: reproducible input, within the limits of a genesis file, and medians.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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

/**
 * Makes encoded payments between random accounts of a genesis record, by the modules of a build;
 * nobody looks at their signatures, which are zeros.
 */
export function paymentsOf(build, { hasher, genesisHash, genesis }, random) {
  const accounts = genesis.organisations.flatMap(({ accounts }, organisation) =>
    accounts.map(({ keyPolicy, salt }) => ({
      id: build.accountId(hasher, genesisHash, organisation, keyPolicy, salt),
      publicKey: keyPolicy.keys[0].publicKey,
      nonce: 0n,
    })),
  );
  const { code, body: declared } = build.OPERATIONS.transfer;
  return (withId = false) => {
    const from = random(accounts.length);
    const to = (from + 1 + random(accounts.length - 1)) % accounts.length;
    const payer = accounts[from];
    const transfer = {
      by: 0,
      to: accounts[to].id,
      asset: 0,
      amount: BigInt(1 + random(1_000)),
      code: 0,
      reference: build.NO_REFERENCE,
      paymentId: withId ? sha256(`${from} ${payer.nonce}`).slice(0, 16) : undefined,
    };
    const body = {
      version: 1,
      chainTag: genesisHash.slice(0, 8),
      channel: 0,
      nonce: ++payer.nonce,
      validUntilMs: START_MS + 3_600_000,
      salt: new Uint8Array(16),
      parties: [payer.id],
      operations: [{ code, body: build.encode(declared.schema, transfer) }],
    };
    const witnesses = [{ party: 0, publicKey: payer.publicKey, signature: new Uint8Array(64) }];
    return build.encode(build.transaction, { body, witnesses, attachment: undefined });
  };
}

/** With --help on the command line: prints the comment that a script begins with, and ends. */
export function showHelp(scriptUrl) {
  if (!process.argv.includes("--help")) return;
  const lines = readFileSync(fileURLToPath(scriptUrl), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  console.log(
    lines
      .slice(0, end)
      .map((line) => line.slice(3))
      .join("\n"),
  );
  process.exit(0);
}
