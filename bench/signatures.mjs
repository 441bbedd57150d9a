// Microseconds a signature of this build and of another, by tier and batch size, in turns:
//
//   node bench/signatures.mjs --against DIST [--keys 1000] [--rounds 5]
//
// DIST is the `dist` folder of the other build (with `node_modules` beside it). Times are of the CPU, so other load moves
// them less than wall time; ratios are of the medians. Needs `npm run build`. Beside other libraries: kernels.mjs.

import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { spend } from "./kernels/measure.mjs";
import { batchesOf, jobsOf, makeHot, makeJob, makeKey } from "./kernels/signatureJobs.mjs";
import { median, showHelp } from "./support.mjs";

showHelp(import.meta.url);
const { values } = parseArgs({
  options: {
    against: { type: "string" },
    keys: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
  },
});
if (values.against === undefined) {
  console.error("usage: node bench/signatures.mjs --against DIST [--keys 1000] [--rounds 5]");
  process.exit(2);
}
const rounds = Number(values.rounds);
/** Sign bytes. */
const MESSAGE_SIZE_BYTES = 47;

async function loadBuild(name, folder) {
  const { loadKernels } = await import(new URL("kernels/index.js", folder));
  return { name, create: async () => (await loadKernels()).createBatchVerifier(randomBytes) };
}
const builds = [
  await loadBuild("this build", new URL("../dist/", import.meta.url)),
  await loadBuild(values.against, pathToFileURL(`${resolve(values.against)}/`)),
];

const keys = Array.from({ length: Number(values.keys) }, makeKey);
const repeated = jobsOf(keys, 8192, MESSAGE_SIZE_BYTES);

/** What each verifier is to have seen before it is measured, and the jobs of a round. */
const scenarios = {
  unknown: {
    sizes: [8, 32, 128, 512, 1024],
    jobs: () => Array.from({ length: 1024 }, () => makeJob(makeKey(), MESSAGE_SIZE_BYTES)),
  },
  hot: { sizes: [1, 8, 32, 64, 128, 512, 1024], jobs: () => repeated.slice(0, 2048) },
};

function microsOf(verifier, batches) {
  let valid = true;
  const { cpuNanos } = spend(() => {
    for (const batch of batches) valid = verifier.verify(batch).every(Boolean) && valid;
  });
  if (!valid) throw new Error("a valid signature was refused");
  return cpuNanos / 1_000 / batches.flat().length;
}

console.log(`${process.version}, ${keys.length} keys that repeat, medians of ${rounds} rounds`);
console.log("scenario   batch   us a signature   us of the other   times faster");
for (const [scenario, { sizes, jobs }] of Object.entries(scenarios)) {
  const verifiers = await Promise.all(builds.map(({ create }) => create()));
  // Until every key has tables; for unknown keys, which are others, until the code is compiled.
  for (const verifier of verifiers) makeHot(verifier, repeated);
  for (const size of sizes) {
    const times = builds.map(() => []);
    for (let round = 0; round < rounds; round++) {
      const batches = batchesOf(jobs(), size);
      for (const [i, verifier] of verifiers.entries()) times[i].push(microsOf(verifier, batches));
    }
    const [own, other] = times.map(median);
    const cells = [
      String(size).padStart(6),
      own.toFixed(1).padStart(16),
      other.toFixed(1).padStart(17),
      (other / own).toFixed(2).padStart(14),
    ];
    console.log(`${scenario.padEnd(8)} ${cells.join(" ")}`);
  }
}
