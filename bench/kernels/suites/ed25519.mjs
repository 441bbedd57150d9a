// Ed25519 verification by what the verifier knows of the keys, beside rivals that check one signature at a time.
//
// Inside the timed part: handing over the jobs, copying them into Wasm memory, hashing, random coefficients, verdicts.
// The rivals hold key objects, or raw keys where they take those, made beforehand.

import { randomBytes, verify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { instantiateKernelsSync, loadKernels } from "../../../dist/kernels/index.js";
import { KEY_TABLES_SIZE_BYTES } from "../../../dist/kernels/signatureKernels.js";
import { casesOf, loadRival } from "../rivals.mjs";
import { batchesOf, jobsOf, makeHot, makeJob, makeKey } from "../signatureJobs.mjs";

const MESSAGE_SIZE_BYTES = 128;
const HOT_KEYS = 1_000;
const FEW_KEYS = 64;

/** Calls of a case with new keys in a turn: enough for the clock, few enough to make so many keys. */
const CALLS_OF_SIZE = { 1: 96, 8: 24, 32: 12, 128: 6, 512: 2, 1024: 2 };

const inBatches = (size) => (size === 1 ? "alone" : `batches of ${size.toLocaleString("en")}`);

function inTurn(list, run) {
  let next = 0;
  return () => run(list[next++ % list.length]);
}

function repeatedCase(name, label, verifier, jobs, size) {
  const run = inTurn(batchesOf(jobs, size), (batch) => verifier.verify(batch).every(Boolean));
  return { name: `ed25519/${name}`, label, own: true, units: size, run };
}

/** Keys of its own for each call: never seen, or seen once. */
function newKeysCase(name, words, verifier, size, calls, isSeen) {
  return {
    name: `ed25519/${name} n=${size}`,
    label: `${words}, ${inBatches(size)}`,
    own: true,
    units: size,
    prepare: () => {
      const keys = Array.from({ length: size * calls }, makeKey);
      const jobs = () =>
        batchesOf(
          keys.map((key) => makeJob(key, MESSAGE_SIZE_BYTES)),
          size,
        );
      if (isSeen) for (const batch of jobs()) verifier.verify(batch);
      return jobs().map((batch) => () => verifier.verify(batch).every(Boolean));
    },
  };
}

export async function createSuite({ quick }) {
  const missing = [];
  const { compiled } = await loadKernels();
  const scalar = compiled.simd ? (await loadKernels({ simd: false })).compiled : undefined;
  // Each verifier has an instance of its own: what it knows of keys is what its case says.
  const verifierOf = (code) => instantiateKernelsSync(code).createBatchVerifier(randomBytes);

  const many = Array.from({ length: HOT_KEYS }, makeKey);
  const hotJobs = jobsOf(many, quick ? 2_048 : 8_192, MESSAGE_SIZE_BYTES);
  const fewJobs = jobsOf(many.slice(0, FEW_KEYS), 2_048, MESSAGE_SIZE_BYTES);
  const hot = verifierOf(compiled);
  const few = verifierOf(compiled);
  const shares = {
    [`${HOT_KEYS} keys`]: makeHot(hot, hotJobs),
    [`${FEW_KEYS} keys`]: makeHot(few, fewJobs),
  };

  const unknown = verifierOf(compiled);
  const known = verifierOf(compiled);
  const callsOf = (calls) => (quick ? Math.ceil(calls / 8) : calls);
  const cases = [
    ...[1, 8, 64, 512].map((size) => {
      const label = `keys with tables, ${inBatches(size)}`;
      return repeatedCase(`hot n=${size}`, label, hot, hotJobs, size);
    }),
    repeatedCase("hot n=64 keys=64", "64 keys with tables, batches of 64", few, fewJobs, 64),
    ...Object.entries(CALLS_OF_SIZE).map(([size, calls]) =>
      newKeysCase("unknown", "keys never seen", unknown, Number(size), callsOf(calls), false),
    ),
    ...[32, 1024].map((size) =>
      newKeysCase("known", "keys seen once", known, size, callsOf(CALLS_OF_SIZE[size]), true),
    ),
  ];
  if (scalar !== undefined) {
    const verifier = verifierOf(scalar);
    shares["64 keys, scalar"] = makeHot(verifier, fewJobs);
    const label = "64 keys with tables, batches of 64, scalar build";
    cases.push(repeatedCase("hot n=64 keys=64 scalar", label, verifier, fewJobs, 64));
  }

  const rival = (name, label, check) => ({
    name,
    label,
    own: false,
    units: 1,
    run: inTurn(hotJobs, check),
  });
  const native = await loadRival("sodium-native", missing);
  const sodium = await loadRival("libsodium-wrappers", missing);
  await sodium?.ready;
  cases.push(
    rival("node:crypto", "node:crypto, cached key object", (job) =>
      verify(null, job.message, job.keyObject, job.signature),
    ),
    ...casesOf(native, ({ crypto_sign_verify_detached: check }) => [
      rival("sodium-native", "sodium-native", (job) =>
        check(job.signature, job.message, job.publicKey),
      ),
    ]),
    ...casesOf(sodium, (library) => [
      rival("libsodium-wrappers", "libsodium-wrappers (Wasm)", (job) =>
        library.crypto_sign_verify_detached(job.signature, job.message, job.publicKey),
      ),
    ]),
    rival("noble", "@noble/curves, zip215", (job) =>
      ed25519.verify(job.signature, job.message, job.publicKey, { zip215: true }),
    ),
  );

  const low = Object.entries(shares).filter(([, share]) => share < 1);
  return {
    tables: [
      {
        id: "ed25519",
        title: "Ed25519 verification",
        unit: "signature of 128 bytes",
        baseline: "node:crypto",
        // A ratio without a rival's name is to the baseline.
        hasShortKeys: true,
        notes: [
          `Keys with tables: ${HOT_KEYS.toLocaleString("en")} keys in random order unless said otherwise, ${KEY_TABLES_SIZE_BYTES / 1024} KiB of table a key.`,
          "node:crypto and libsodium check another rule, without the cofactor; only noble checks the kernel's, ZIP-215.",
          ...low.map(
            ([name, share]) =>
              `${name}: only ${(100 * share).toFixed(1)} % were checked with tables.`,
          ),
        ],
        cases,
      },
    ],
    facts: {
      keyTablesSizeBytes: KEY_TABLES_SIZE_BYTES,
      hotKeys: HOT_KEYS,
      withTablesShare: shares,
    },
    missing,
  };
}
