import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { compileKernels } from "../../../src/kernels/index.js";
import { createWorkerPool } from "../../../src/workers/index.js";
import {
  closed,
  jobOf,
  verdictsOf,
  verifierPoolContract,
} from "../../ports/verifierPool.contract.js";
import { temporaryHome } from "../../support/homes.js";

const compiled = await compileKernels();
const open = (threads: number, maxQueue: number) =>
  createWorkerPool({ threads, maxQueue, compiled });

verifierPoolContract("one worker thread", (maxQueue) => open(1, maxQueue));
verifierPoolContract("two worker threads", (maxQueue) => open(2, maxQueue));

describe("worker pool", () => {
  it("sends one signature when idle and some hundred at a time under load (WRK-1)", async () => {
    const pool = open(1, 10_000);
    const job = jobOf("load", "valid");
    await verdictsOf(pool, [job]);
    expect(pool.stats).toMatchObject({ tasks: 1, signatures: 1 });
    // The first request leaves alone; what comes while it is checked gathers.
    const answers = [verdictsOf(pool, [job])];
    await Promise.resolve();
    for (let i = 0; i < 400; i++) answers.push(verdictsOf(pool, [job, job, job]));
    await Promise.all(answers);
    expect(pool.stats).toMatchObject({ tasks: 4, signatures: 1_202 });
    await closed(pool);
  });

  it("runs the jobs of a killed thread again and replaces it (WRK-2)", async () => {
    const pool = open(2, 100_000);
    await verdictsOf(pool, [jobOf("warm", "valid")]);
    const valid = jobOf("killed", "valid");
    const wrong = jobOf("killed", "wrong");
    const jobs = Array.from({ length: 4000 }, (_, i) => (i % 97 === 0 ? wrong : valid));
    const before = pool.workerThreads.map((worker) => worker.threadId);
    const answer = verdictsOf(pool, jobs);
    // The tasks leave in a microtask; by now both threads work on theirs.
    await Promise.resolve();
    await Promise.all(pool.workerThreads.map((worker) => worker.terminate()));
    expect(await answer).toEqual(jobs.map((job) => job === valid));
    const after = pool.workerThreads.map((worker) => worker.threadId);
    expect(after.length).toBe(2);
    expect(after.some((id) => before.includes(id))).toBe(false);
    expect(await verdictsOf(pool, [valid, wrong])).toEqual([true, false]);
    await closed(pool);
  });

  it("survives threads killed while idle (WRK-2)", async () => {
    const pool = open(1, 100);
    for (let round = 0; round < 3; round++) {
      expect(await verdictsOf(pool, [jobOf("idle", "valid")])).toEqual([true]);
      await Promise.all(pool.workerThreads.map((worker) => worker.terminate()));
    }
    expect(await verdictsOf(pool, [jobOf("idle", "wrong")])).toEqual([false]);
    await closed(pool);
  });

  it("answers from the calling thread where threads cannot start at all (WRK-2)", async () => {
    const workerFile = join(temporaryHome(), "broken.mjs");
    writeFileSync(workerFile, 'throw new Error("this thread cannot start");');
    const pool = createWorkerPool({ threads: 2, maxQueue: 100, compiled, workerFile });
    const jobs = [jobOf("broken", "valid"), jobOf("broken", "wrong")];
    expect(await verdictsOf(pool, jobs)).toEqual([true, false]);
    expect(await verdictsOf(pool, jobs)).toEqual([true, false]);
    await closed(pool);
  }, 10_000);

  it("goes on with the threads that start, when one cannot (WRK-2)", async () => {
    const home = temporaryHome();
    const workerFile = join(home, "first.mjs");
    const entry = new URL("../../../dist/workers/verifyWorker.js", import.meta.url);
    // Only the first to come finds no lock; its key's thread may be either.
    writeFileSync(
      workerFile,
      `import { openSync } from "node:fs";
       openSync(${JSON.stringify(join(home, "lock"))}, "wx");
       export * from ${JSON.stringify(entry.href)};`,
    );
    const pool = createWorkerPool({ threads: 2, maxQueue: 10_000, compiled, workerFile });
    const jobs = Array.from({ length: 64 }, (_, i) =>
      jobOf(`one ${i}`, i === 9 ? "wrong" : "valid"),
    );
    const keys = jobs.map((job, i) =>
      // Keys of no point: their signatures are wrong, and they spread over both threads.
      i % 2 === 0 ? { ...job, publicKey: new Uint8Array(32).fill(i) } : job,
    );
    for (let round = 0; round < 3; round++) {
      const verdicts = await verdictsOf(pool, keys);
      expect(verdicts).toEqual(keys.map((_, i) => i % 2 === 1 && i !== 9));
    }
    expect(pool.workerThreads.length).toBe(1);
    // Work for long: the one without a thread does not help out, for that would be in the calling thread.
    const { signatures, stolen } = pool.stats;
    await verdictsOf(pool, new Array(3_000).fill(jobs[0]));
    expect(pool.stats.signatures - signatures).toBe(3_000);
    expect(pool.stats.stolen).toBe(stolen);
    await closed(pool);
  }, 10_000);

  it("lets the process exit by itself once it is closed (WRK-4)", async () => {
    const dist = fileURLToPath(new URL("../../../dist/", import.meta.url));
    const script = `
      import { compileKernels } from ${JSON.stringify(`${dist}kernels/index.js`)};
      import { createWorkerPool } from ${JSON.stringify(`${dist}workers/index.js`)};
      const pool = createWorkerPool({ threads: 2, maxQueue: 10, compiled: await compileKernels() });
      const job = { publicKey: new Uint8Array(32), signature: new Uint8Array(64), message: new Uint8Array(1) };
      pool.verify([job], (verdicts) => {
        console.log("verdict", verdicts[0]);
        pool.close(() => console.log("closed"));
      });
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script],
      { timeout: 15_000 },
    );
    // The zero key is a point of order 4, R is the same, s is 0: valid by ZIP-215.
    expect(stdout).toBe("verdict true\nclosed\n");
  });
});
