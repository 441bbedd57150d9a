// Signatures end to end through the pool of worker threads, beside the kernel in the calling thread, in turns:
//
//   node bench/pool.mjs [--against DIST] [--threads 2] [--keys 1000] [--message 128] [--request 64]
//                       [--seconds 1.5] [--rounds 5] [--json OUT]
//
// Every key has tables by then. Rates are of wall time, so whatever else runs on the machine lowers those of many
// threads most; ratios are medians of rounds. DIST is the `dist` folder of another build (`node_modules` beside
// or above it). Needs `npm run build`.

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { showHelp } from "./support.mjs";

showHelp(import.meta.url);
const { values } = parseArgs({
  options: {
    against: { type: "string" },
    threads: { type: "string", default: "2" },
    keys: { type: "string", default: "1000" },
    message: { type: "string", default: "128" },
    request: { type: "string", default: "64" },
    seconds: { type: "string", default: "1.5" },
    rounds: { type: "string", default: "5" },
    json: { type: "string" },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const perRequest = Number(values.request);
/** Unanswered at a time: what two full batches of a small network bring. */
const OPEN_JOBS = 8_192;
const WARM_PASSES = 4;
const SINGLES = 200;

function makeKey() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(12));
  return { privateKey, raw };
}
const keys = Array.from({ length: Number(values.keys) }, makeKey);
const jobs = Array.from({ length: Math.max(16_384, 4 * keys.length) }, (_, i) => {
  const { privateKey, raw } = keys[i < keys.length ? i : Math.floor(Math.random() * keys.length)];
  const message = new Uint8Array(randomBytes(Number(values.message)));
  return { publicKey: raw, signature: new Uint8Array(sign(null, message, privateKey)), message };
});
/** The same jobs as requests of a client or a batch. */
const requests = [];
for (let at = 0; at + perRequest <= jobs.length; at += perRequest) {
  requests.push(jobs.slice(at, at + perRequest));
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const quantile = (list, q) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * q)];

/** CPU time of the main thread in microseconds, where the system tells it. */
function mainThreadMicros() {
  if (!existsSync("/proc/self/schedstat")) return Number.NaN;
  return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[0]) / 1_000;
}

function demand(verdicts) {
  if (!verdicts.every(Boolean)) throw new Error("a signature was refused");
}

/** Signatures per second of the kernel in this thread. */
function kernelRate(verifier, seconds) {
  const startedMs = performance.now();
  let done = 0;
  let at = 0;
  while (performance.now() - startedMs < seconds * 1_000) {
    const batch = jobs.slice(at, at + 1024);
    demand(verifier.verify(batch));
    done += batch.length;
    at = (at + 1024) % (jobs.length - 1024);
  }
  return { rate: (done / (performance.now() - startedMs)) * 1_000 };
}

/** The same through a pool, and what each costs the main thread. */
function poolRate(pool, seconds) {
  return new Promise((settle) => {
    const startedMs = performance.now();
    const startedMicros = mainThreadMicros();
    let [next, open, done, isOver] = [0, 0, 0, false];
    const feed = () => {
      while (!isOver && open + perRequest <= OPEN_JOBS) {
        const request = requests[next];
        next = (next + 1) % requests.length;
        open += request.length;
        const isTaken = pool.verify(request, (verdicts) => {
          demand(verdicts);
          open -= verdicts.length;
          done += verdicts.length;
          isOver ||= performance.now() - startedMs >= seconds * 1_000;
          if (isOver && open === 0) {
            settle({
              rate: (done / (performance.now() - startedMs)) * 1_000,
              mainMicros: (mainThreadMicros() - startedMicros) / done,
            });
          } else feed();
        });
        if (!isTaken) throw new Error("the pool refused a request");
      }
    };
    feed();
  });
}

const verifyOne = (pool, job) =>
  new Promise((settle) => {
    pool.verify([job], settle);
  });

/** Milliseconds from the call to the verdict of single signatures, each on an idle pool. */
async function idleLatencies(pool) {
  const latencies = [];
  for (let i = 0; i < SINGLES; i++) {
    await pause(2);
    const startedMs = performance.now();
    demand(await verifyOne(pool, jobs[i]));
    latencies.push(performance.now() - startedMs);
  }
  return latencies;
}

async function openBuild(name, folder) {
  const { compileKernels, loadKernels } = await import(new URL("kernels/index.js", folder));
  const { createWorkerPool } = await import(new URL("workers/index.js", folder));
  const compiled = await compileKernels();
  const verifier = (await loadKernels()).createBatchVerifier(randomBytes);
  const open = (count) => createWorkerPool({ threads: count, maxQueue: 2 * OPEN_JOBS, compiled });
  const pools = { one: open(1), many: open(threads) };
  for (let pass = 0; pass < WARM_PASSES; pass++) {
    for (let at = 0; at < jobs.length; at += 1024) verifier.verify(jobs.slice(at, at + 1024));
  }
  for (const pool of Object.values(pools)) await poolRate(pool, 2);
  return { name, verifier, pools, kernel: [], one: [], many: [], latencies: [] };
}

const builds = [await openBuild("this build", new URL("../dist/", import.meta.url))];
if (values.against !== undefined) {
  const folder = pathToFileURL(`${resolve(values.against)}/`);
  builds.push(await openBuild(values.against, folder));
}

const seconds = Number(values.seconds);
for (let round = 0; round < rounds; round++) {
  for (const build of builds) {
    build.kernel.push(kernelRate(build.verifier, seconds));
    build.one.push(await poolRate(build.pools.one, seconds));
    build.many.push(await poolRate(build.pools.many, seconds));
  }
  for (const build of builds) build.latencies.push(...(await idleLatencies(build.pools.many)));
}

const thousands = (rate) => `${(rate / 1_000).toFixed(1)} k/s`;
const results = builds.map(({ name, kernel, one, many, latencies, pools }) => ({
  build: name,
  kernelPerSecond: median(kernel.map(({ rate }) => rate)),
  oneThreadPerSecond: median(one.map(({ rate }) => rate)),
  manyThreadsPerSecond: median(many.map(({ rate }) => rate)),
  bestPerSecond: Math.max(...many.map(({ rate }) => rate)),
  mainMicrosPerSignature: median(many.map(({ mainMicros }) => mainMicros)),
  idleP50Ms: quantile(latencies, 0.5),
  idleP99Ms: quantile(latencies, 0.99),
  ratios: {
    [`pool/${threads} threads vs kernel`]: median(many.map(({ rate }, i) => rate / kernel[i].rate)),
    [`pool/${threads} threads vs 1`]: median(many.map(({ rate }, i) => rate / one[i].rate)),
  },
  stats: pools.many.stats,
}));

console.log(
  `${process.version}, ${keys.length} keys with tables, messages of ${values.message} bytes, requests of ${perRequest}, medians of ${rounds} rounds`,
);
for (const result of results) {
  const [toKernel, toOne] = Object.values(result.ratios);
  console.log(`${result.build}
  kernel in this thread   ${thousands(result.kernelPerSecond)}
  pool, 1 thread          ${thousands(result.oneThreadPerSecond)}
  pool, ${threads} threads         ${thousands(result.manyThreadsPerSecond)} (best ${thousands(result.bestPerSecond)}), ${toKernel.toFixed(2)} times the kernel, ${toOne.toFixed(2)} times one thread
  main thread             ${result.mainMicrosPerSignature.toFixed(2)} us a signature
  one signature, idle     p50 ${result.idleP50Ms.toFixed(3)} ms, p99 ${result.idleP99Ms.toFixed(3)} ms
  tasks                   ${JSON.stringify(result.stats)}`);
}
if (values.json !== undefined) {
  const { ratios } = results[0];
  writeFileSync(
    values.json,
    `${JSON.stringify({ node: process.version, ratios, results }, null, 2)}\n`,
  );
}
for (const { pools } of builds) {
  for (const pool of Object.values(pools)) await new Promise((settle) => pool.close(settle));
}
