// Goal: each key has its thread, none starves, and no verdict is lost whichever thread dies when.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../../src/base/bytes.js";
import type { SignatureJob } from "../../../src/crypto/interfaces.js";
import { createNobleSigner } from "../../../src/crypto/noble/index.js";
import { compileKernels } from "../../../src/kernels/index.js";
import { createWorkerPool } from "../../../src/workers/index.js";
import { createKeyRouter } from "../../../src/workers/keyRouter.js";
import { closed, verdictsOf } from "../../ports/verifierPool.contract.js";

const compiled = await compileKernels();
const signers = Array.from({ length: 16 }, (_, i) =>
  createNobleSigner(new Uint8Array(32).fill(i + 1)),
);

/** One valid and one wrong job of each of some keys and texts. */
const jobs = signers.flatMap((signer, key) =>
  Array.from({ length: 6 }, (_, i): { job: SignatureJob; valid: boolean } => {
    // One message is too long for a slab.
    const message = utf8(`${key} ${"m".repeat(key === 3 && i === 2 ? 5_000 : 40 + i)}`);
    const signature = signer.sign(message);
    const valid = i % 3 !== 1;
    const job = { publicKey: signer.publicKey, signature, message };
    return { valid, job: valid ? job : { ...job, message: concatBytes(message, utf8("!")) } };
  }),
);

/** A small generator with a seed: each run picks the same. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("keys and threads", () => {
  it("spreads keys evenly, each always to the same thread, by a hash that nobody can foresee", () => {
    const keys = Array.from({ length: 4_000 }, () => new Uint8Array(randomBytes(32)));
    const route = createKeyRouter(4, randomBytes);
    const other = createKeyRouter(4, randomBytes);
    const counts = [0, 0, 0, 0];
    let same = 0;
    for (const key of keys) {
      const thread = route(key);
      expect(route(key.slice())).toBe(thread);
      counts[thread] = (counts[thread] ?? 0) + 1;
      if (other(key) === thread) same++;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(200);
    expect(Math.abs(same - 1_000)).toBeLessThan(200);
    const chosen = keys.filter((key) => route(key) === 0);
    // Keys that one process sends to one thread are spread in the next.
    const spread = chosen.filter((key) => other(key) === 0).length;
    expect(Math.abs(spread - chosen.length / 4)).toBeLessThan(100);
    expect(createKeyRouter(1, randomBytes)(keys[0]!)).toBe(0);
  });

  it("makes tables for each busy key once in the process (WRK-5)", async () => {
    const pool = createWorkerPool({ threads: 2, maxQueue: 10_000, compiled });
    const valid = jobs.filter(({ valid, job }) => valid && job.message.length < 100);
    // One request at a time of 16 keys: both threads are free when it comes, so none takes over.
    for (let round = 0; round < 40; round++)
      await verdictsOf(
        pool,
        valid.map(({ job }) => job),
      );
    const { tablesBuilt, withTables, stolen } = pool.stats;
    expect(stolen).toBe(0);
    expect(tablesBuilt).toBe(16);
    expect(withTables).toBeGreaterThan(1_000);
    await closed(pool);
  });

  it("lets idle threads take over, so that one busy key keeps both at work (WRK-5)", async () => {
    const pool = createWorkerPool({ threads: 2, maxQueue: 10_000, compiled });
    const { job } = jobs[0]!;
    expect(await verdictsOf(pool, new Array(2_000).fill(job))).toEqual(new Array(2_000).fill(true));
    const { stolen, signatures } = pool.stats;
    expect(signatures).toBe(2_000);
    expect(stolen).toBeGreaterThan(300);
    await closed(pool);
  });

  it("does not let one signature wait for a busy thread while another is idle (WRK-5)", async () => {
    const reports: { signatures: number; stolen: number }[] = [];
    const pool = createWorkerPool({
      threads: 2,
      maxQueue: 10_000,
      compiled,
      onTask: (report) => reports.push(report),
    });
    const { job } = jobs[0]!;
    // The first keeps the thread of its key busy; the second, of the same key, comes a turn later.
    const first = verdictsOf(pool, new Array(30).fill(job));
    await Promise.resolve();
    const second = verdictsOf(pool, [job]);
    await Promise.all([first, second]);
    expect(reports.map(({ signatures, stolen }) => `${signatures} ${stolen}`).sort()).toEqual([
      "1 1",
      "30 0",
    ]);
    await closed(pool);
  });

  it.each([1, 2, 3])(
    "loses no verdict of 10,000 when threads die at random moments (WRK-2), seed %i",
    async (seed) => {
      const random = createRandom(seed);
      const pool = createWorkerPool({ threads: 2, maxQueue: 20_000, compiled });
      const malformed = { ...jobs[0]!.job, signature: new Uint8Array(63) };
      let open = 0;
      let kills = 0;
      const requests = [];
      while (open < 10_000) {
        const picked = Array.from({ length: 1 + random(100) }, () => jobs[random(jobs.length)]!);
        const asked = picked.map(({ job }) => job);
        const expected = picked.map(({ valid }) => valid);
        if (random(10) === 0) {
          asked.push(malformed);
          expected.push(false);
        }
        open += asked.length;
        requests.push({ asked, expected });
      }
      const kill = () => {
        if (kills >= 6) return;
        kills++;
        const threads = pool.workerThreads;
        void threads[random(threads.length)]?.terminate();
      };
      const answers = requests.map(({ asked }) =>
        verdictsOf(pool, asked).then((verdicts) => {
          if (random(15) === 0) kill();
          return verdicts;
        }),
      );
      await Promise.resolve();
      kill();
      expect(await Promise.all(answers)).toEqual(requests.map(({ expected }) => expected));
      expect(kills).toBeGreaterThan(2);
      await closed(pool);
    },
    20_000,
  );
});
