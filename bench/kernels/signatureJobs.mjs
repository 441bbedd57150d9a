// Keys and signed messages for the benches of signatures, and verifiers that have seen what they are to have seen.

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

export function makeKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(12));
  return { publicKey, privateKey, raw };
}

export function makeJob(key, messageSizeBytes) {
  const message = new Uint8Array(randomBytes(messageSizeBytes));
  const signature = new Uint8Array(sign(null, message, key.privateKey));
  return { publicKey: key.raw, signature, message, keyObject: key.publicKey };
}

/** `count` messages, each under one of `keys` by chance. */
export const jobsOf = (keys, count, messageSizeBytes) =>
  Array.from({ length: count }, () =>
    makeJob(keys[Math.floor(Math.random() * keys.length)], messageSizeBytes),
  );

/** `jobs` in batches of `size`; what is left over makes none. */
export const batchesOf = (jobs, size) =>
  Array.from({ length: Math.floor(jobs.length / size) }, (_, i) =>
    jobs.slice(size * i, size * (i + 1)),
  );

/**
 * Lets `verifier` check `jobs` until every key has its tables, at most `passes` times. Gives the share of the last
 * pass that was checked with tables: below 1 if the verifier has no room for all keys.
 */
export function makeHot(verifier, jobs, passes = 40) {
  let share = 0;
  for (let pass = 0; pass < passes && share < 1; pass++) {
    const before = verifier.counts.withTables;
    for (const batch of batchesOf(jobs, 64)) verifier.verify(batch);
    share = (verifier.counts.withTables - before) / (64 * Math.floor(jobs.length / 64));
  }
  return share;
}
