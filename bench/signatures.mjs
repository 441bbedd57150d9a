// Microseconds a signature by tier and batch size, beside node:crypto with a cached key object, in turns:
//
//   node bench/signatures.mjs [--against DIST] [--keys 1000] [--rounds 5] [--json OUT]
//
// DIST is the `dist` folder of another build (with `node_modules` beside it), measured in the same turns. Times are of
// the CPU, so other load moves them less than wall time; ratios are of the medians. Needs `npm run build`.

import { generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    against: { type: "string" },
    keys: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    json: { type: "string" },
  },
});
const rounds = Number(values.rounds);

async function loadBuild(name, folder) {
  const { loadKernels } = await import(new URL("kernels/index.js", folder));
  return { name, create: async () => (await loadKernels()).createBatchVerifier(randomBytes) };
}
const builds = [await loadBuild("this build", new URL("../dist/", import.meta.url))];
if (values.against !== undefined) {
  builds.push(await loadBuild(values.against, pathToFileURL(`${resolve(values.against)}/`)));
}

function makeKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(12));
  return { publicKey, privateKey, raw };
}
/** Sign bytes have 47 bytes. */
function makeJob(key) {
  const message = new Uint8Array(randomBytes(47));
  const signature = new Uint8Array(sign(null, message, key.privateKey));
  return { publicKey: key.raw, signature, message, keyObject: key.publicKey };
}

function cpuMicros(run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

const keys = Array.from({ length: Number(values.keys) }, makeKey);
const repeated = Array.from({ length: 8192 }, () =>
  makeJob(keys[Math.floor(Math.random() * keys.length)]),
);

/** What each verifier is to have seen before it is measured, and the jobs of a round. */
const scenarios = {
  // The first call with a key: new verifiers and keys in every round.
  unknown: {
    fresh: true,
    sizes: [8, 32, 128, 512, 1024],
    jobs: () => Array.from({ length: 1024 }, () => makeJob(makeKey())),
  },
  hot: { fresh: false, sizes: [1, 8, 32, 64, 128, 512, 1024], jobs: () => repeated },
};

const results = [];
for (const [scenario, { fresh, sizes, jobs }] of Object.entries(scenarios)) {
  const warm = await Promise.all(builds.map(({ create }) => create()));
  // Until every key has tables, and until the code is compiled.
  for (const verifier of warm) {
    for (let pass = 0; pass < (fresh ? 1 : 4); pass++) {
      for (let i = 0; i < repeated.length; i += 64) verifier.verify(repeated.slice(i, i + 64));
    }
  }
  for (const size of sizes) {
    const native = [];
    const times = builds.map(() => []);
    for (let round = 0; round < rounds; round++) {
      const batch = jobs();
      native.push(
        cpuMicros(() => {
          for (const job of repeated.slice(0, 250))
            verify(null, job.message, job.keyObject, job.signature);
        }) / 250,
      );
      for (const [i] of builds.entries()) {
        const verifier = warm[i];
        const count = Math.min(batch.length - (batch.length % size), 2048);
        let valid = true;
        const micros = cpuMicros(() => {
          for (let at = 0; at < count; at += size) {
            valid = verifier.verify(batch.slice(at, at + size)).every(Boolean) && valid;
          }
        });
        if (!valid) throw new Error(`${builds[i].name} refused a signature`);
        times[i].push(micros / count);
      }
    }
    for (const [i, { name }] of builds.entries()) {
      const micros = median(times[i]);
      results.push({ scenario, size, build: name, micros, ratio: median(native) / micros });
    }
  }
}

console.log(`${process.version}, ${keys.length} keys that repeat, medians of ${rounds} rounds`);
console.log("scenario   batch   us a signature   times node:crypto   build");
for (const { scenario, size, build, micros, ratio } of results) {
  const cells = [
    String(size).padStart(6),
    micros.toFixed(1).padStart(16),
    ratio.toFixed(2).padStart(19),
  ];
  console.log(`${scenario.padEnd(8)} ${cells.join(" ")}   ${build}`);
}
if (values.json !== undefined) {
  const own = results.filter(({ build }) => build === builds[0].name);
  const ratios = Object.fromEntries(own.map((r) => [`ed25519/${r.scenario} n=${r.size}`, r.ratio]));
  writeFileSync(
    values.json,
    `${JSON.stringify({ node: process.version, ratios, results }, null, 2)}\n`,
  );
}
