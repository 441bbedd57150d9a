// Compares every way of checking an Ed25519 signature with noble's ZIP-215 on random and odd input:
//
//   node bench/fuzzSignatures.mjs [--checks 20000] [--noble CHECKS/20] [--seed 1] [--json]
//
// A check is one verdict of one way: SIMD or scalar build, room for many tables of keys, for two or for none,
// tier auto (from jobs, or "packed" as threads get them), batch, comb or single. It is compared with the verdict of noble for the same signature; of
// signatures beyond `--noble` with that of the SIMD build alone. Rounds of at most 40,000 checks have kernels and
// signatures of their own: `--round R` repeats one. `--plant C` falsifies verdict C of each round, to see that
// it is found. About a fifth of the checks are by the scalar build. Needs `npm run build`.

import { parseArgs } from "node:util";
import { ed25519 } from "@noble/curves/ed25519.js";
import { compileKernels, instantiateKernelsSync } from "../dist/kernels/index.js";
import { createCases, createStream } from "./signatureCases.mjs";
import { showHelp } from "./support.mjs";

showHelp(import.meta.url);
const { values } = parseArgs({
  options: {
    checks: { type: "string", default: "20000" },
    noble: { type: "string" },
    seed: { type: "string", default: "1" },
    round: { type: "string" },
    plant: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const checksWanted = Number(values.checks);
const nobleWanted = Number(values.noble ?? Math.ceil(checksWanted / 20));
const planted = Number(values.plant ?? -1);

const CHECKS_PER_ROUND = 40_000;
const JOBS_PER_ROUND = 2_000;
const TABLES_BYTES = 32 * 1024;
const SHOWN_MAX = 10;
/** What `verifyPacked` takes at once, and a job that costs nothing. */
const PACKED_INPUT_SIZE_BYTES = 262_144;
const UNSIGNED = {
  publicKey: new Uint8Array(0),
  signature: new Uint8Array(0),
  message: new Uint8Array(0),
};
const rounds = Math.max(1, Math.ceil(checksWanted / CHECKS_PER_ROUND));
/** What round `index` has of `total`, so that all rounds together have just that. */
const share = (total, index) =>
  Math.floor((total * (index + 1)) / rounds) - Math.floor((total * index) / rounds);

/** How often each way is chosen: by what a check costs, so that none takes most of the time. */
const WEIGHTS = [
  { tables: 512, auto: 4, packed: 1, batch: 2, comb: 4, single: 1 },
  { tables: 2, auto: 2, packed: 0.5, batch: 1, comb: 1, single: 0.2 },
  { tables: 0, auto: 2, batch: 1, comb: 0.3, single: 0.3 },
];
const SCALAR_SHARE = 0.25;
const builds = await Promise.all([true, false].map((simd) => compileKernels({ simd })));

function createWays(stream) {
  return builds.flatMap((compiled) =>
    WEIGHTS.flatMap(({ tables, ...tiers }) => {
      const options = { keyTablesSizeBytes: tables * TABLES_BYTES };
      const verifier = instantiateKernelsSync(compiled, options).createBatchVerifier(stream.bytes);
      const build = compiled.simd ? "simd" : "scalar";
      return Object.entries(tiers).map(([tier, weight]) => ({
        name: `${build}, ${tables} tables, ${tier}`,
        weight: weight * (compiled.simd ? 1 : SCALAR_SHARE),
        verify: (jobs) =>
          tier === "packed" ? verifyPacked(verifier, jobs) : verifier.verify(jobs, { tier }),
        verifier,
      }));
    }),
  );
}

/** Verdicts by `verifyPacked`; what it does not take (wrong lengths, long messages) is left to `verify`. */
function verifyPacked(verifier, jobs) {
  const verdicts = verifier.verify(jobs.map((job) => (isPackable(job) ? UNSIGNED : job)));
  let size = 0;
  let packed = [];
  const check = () => {
    if (packed.length === 0) return;
    const items = Buffer.alloc(80 * packed.length);
    const input = Buffer.alloc(size);
    let offset = 0;
    packed.forEach((index, i) => {
      const { publicKey, signature, message } = jobs[index];
      items.writeUInt32LE(offset, 80 * i);
      items.writeUInt32LE(64 + message.length, 80 * i + 4);
      items.set(signature, 80 * i + 16);
      input.set(signature.subarray(0, 32), offset);
      input.set(publicKey, offset + 32);
      input.set(message, offset + 64);
      offset += 64 + message.length;
    });
    const found = new Uint8Array(packed.length);
    verifier.verifyPacked(packed.length, items, input, found);
    for (const [i, index] of packed.entries()) verdicts[index] = found[i] === 1;
    size = 0;
    packed = [];
  };
  for (const [index, job] of jobs.entries()) {
    if (!isPackable(job)) continue;
    if (size + 64 + job.message.length > PACKED_INPUT_SIZE_BYTES) check();
    size += 64 + job.message.length;
    packed.push(index);
  }
  check();
  return verdicts;
}

const isPackable = ({ publicKey, signature, message }) =>
  publicKey.length === 32 && signature.length === 64 && message.length <= 4_096;

function nobleVerdict({ publicKey, signature, message }) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return ed25519.verify(signature, message, publicKey, { zip215: true });
}

/** Gives the elements of `list` in random order, over and over. */
function createQueue(list, { below }) {
  let order = [];
  return () => {
    if (order.length === 0) {
      order = [...list];
      for (let i = order.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
    }
    return order.pop();
  };
}

/** Sizes of a batch and how many of it are wrong: many wrong ones only in small ones, which cost more each. */
function chooseShape({ below }) {
  const kind = below(20);
  if (kind < 2) {
    const size = 1 + below(16);
    return { size, wrong: size };
  }
  if (kind < 6) {
    const size = 1 + below(64);
    return { size, wrong: Math.ceil(size * 0.3) };
  }
  const size = 1 + (kind % 2 === 0 ? below(512) : below(48));
  return { size, wrong: kind < 10 ? Math.ceil(size * 0.03) : kind < 15 ? 1 : 0 };
}

function chooseWay(ways, { below }) {
  const weightOfAll = ways.reduce((sum, { weight }) => sum + weight, 0);
  let at = (below(2 ** 32) / 2 ** 32) * weightOfAll;
  for (const way of ways) {
    at -= way.weight;
    if (at < 0) return way;
  }
  return ways[0];
}

const totals = { checks: 0, noble: 0, signatures: 0, valid: 0, differences: 0, byWay: {} };
const startedMs = performance.now();
let toldMs = startedMs;

function tellProgress() {
  const nowMs = performance.now();
  const { isTTY } = process.stderr;
  if (nowMs - toldMs < (isTTY ? 1_000 : 30_000)) return;
  toldMs = nowMs;
  const perSecond = Math.round((totals.checks * 1_000) / (nowMs - startedMs));
  const text = `${totals.checks} of ${checksWanted} checks, ${totals.noble} by noble, ${perSecond} a second`;
  process.stderr.write(isTTY ? `\r\x1b[2K${text}` : `${text}\n`);
}

function report(round, way, verdict, index, size, { job, expected, judge }) {
  totals.differences++;
  if (totals.differences > SHOWN_MAX) return;
  const hex = (bytes) => Buffer.from(bytes).toString("hex");
  const { publicKey, message, signature } = job;
  const fields = { publicKey: hex(publicKey), message: hex(message), signature: hex(signature) };
  console.error(`${way.name}: ${verdict} at ${index} of ${size}, ${judge} says ${expected}`);
  console.error(JSON.stringify(fields));
  const same = `--checks ${checksWanted} --noble ${nobleWanted} --seed ${values.seed}`;
  const plant = planted < 0 ? "" : ` --plant ${planted}`;
  console.error(`replay: node bench/fuzzSignatures.mjs ${same} --round ${round}${plant}`);
}

function createJobs(stream, round) {
  const nextCase = createCases(stream);
  const judged = share(nobleWanted, round);
  const count = Math.max(judged, Math.min(JOBS_PER_ROUND, 1 + (share(checksWanted, round) >> 4)));
  const [alone] = createWays(stream);
  return Array.from({ length: count }, (_, i) => {
    const job = nextCase();
    const isJudged = i < judged;
    const expected = isJudged
      ? nobleVerdict(job)
      : alone.verifier.verify([job], { tier: "single" })[0];
    if (i % 100 === 0) tellProgress();
    return { job, expected, judge: isJudged ? "noble" : "the SIMD build alone" };
  });
}

function runRound(round) {
  const stream = createStream(`${values.seed}/${round}`);
  const jobs = createJobs(stream, round);
  totals.noble += share(nobleWanted, round);
  totals.signatures += jobs.length;
  const valid = jobs.filter(({ expected }) => expected);
  const wrong = jobs.filter(({ expected }) => !expected);
  totals.valid += valid.length;
  const [nextValid, nextWrong] = [createQueue(valid, stream), createQueue(wrong, stream)];
  const ways = createWays(stream);
  const wanted = share(checksWanted, round);
  for (let checks = 0; checks < wanted && totals.differences === 0; tellProgress()) {
    const way = chooseWay(ways, stream);
    const shape = chooseShape(stream);
    const size = Math.min(shape.size, wanted - checks);
    // Wrong ones anywhere; of a round that has only one kind all are of that.
    const isWrong = Array.from({ length: size }, (_, i) => i < shape.wrong);
    const position = createQueue(isWrong, stream);
    const batch = Array.from({ length: size }, () =>
      (position() && wrong.length > 0) || valid.length === 0 ? nextWrong() : nextValid(),
    );
    const verdicts = way.verify(batch.map(({ job }) => job));
    if (planted >= checks && planted < checks + size) {
      verdicts[planted - checks] = !verdicts[planted - checks];
    }
    checks += size;
    totals.checks += size;
    totals.byWay[way.name] = (totals.byWay[way.name] ?? 0) + size;
    for (let i = 0; i < size; i++) {
      if (verdicts[i] !== batch[i].expected) report(round, way, verdicts[i], i, size, batch[i]);
    }
    if (verdicts.length !== size) throw new Error(`${way.name}: ${verdicts.length} of ${size}`);
  }
}

const only = values.round === undefined ? undefined : Number(values.round);
for (let round = only ?? 0; round <= (only ?? rounds - 1) && totals.differences === 0; round++) {
  runRound(round);
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
const seconds = (performance.now() - startedMs) / 1_000;
const perSecond = Math.round(totals.checks / seconds);
const scalarChecks = Object.entries(totals.byWay)
  .filter(([name]) => name.startsWith("scalar"))
  .reduce((sum, [, count]) => sum + count, 0);
if (values.json) {
  const seed = values.seed;
  console.log(JSON.stringify({ ...totals, scalarChecks, seed, seconds, perSecond }));
} else {
  for (const name of Object.keys(totals.byWay).sort()) {
    console.log(`${name}: ${totals.byWay[name]}`);
  }
  console.log(
    `${totals.checks} checks (${scalarChecks} scalar) of ${totals.signatures} signatures, ` +
      `${totals.valid} valid, ${totals.noble} judged by noble, ` +
      `${seconds.toFixed(0)} s, ${perSecond} a second, ${totals.differences} differences`,
  );
}
process.exitCode = totals.differences === 0 ? 0 : 1;
