import { expect, it } from "vitest";
import { nobleBatchVerifier } from "../../../src/crypto/noble/index.js";
import { createInlinePool } from "../../../src/workers/index.js";
import { jobOf, verifierPoolContract } from "../../ports/verifierPool.contract.js";

verifierPoolContract("inline over noble", (maxQueue) =>
  createInlinePool(
    {
      // Noble takes a millisecond for each; the contract repeats jobs, so each is asked once.
      verify: (jobs) => {
        const known = new Map(jobs.map((job) => [job, false]));
        for (const job of known.keys())
          known.set(job, nobleBatchVerifier.verify([job])[0] as boolean);
        return jobs.map((job) => known.get(job) as boolean);
      },
    },
    { maxQueue },
  ),
);

it("makes one batch of all requests of a turn, on the given scheduler", () => {
  const turns: (() => void)[] = [];
  const batches: number[] = [];
  const pool = createInlinePool(
    {
      verify: (jobs) => {
        batches.push(jobs.length);
        return jobs.map((_, i) => i % 2 === 0);
      },
    },
    { soon: (run) => turns.push(run) },
  );
  const answers: boolean[][] = [];
  const job = jobOf("a", "valid");
  pool.verify([job], (verdicts) => answers.push(verdicts));
  pool.verify([job, job], (verdicts) => answers.push(verdicts));
  expect(turns.length).toBe(1);
  turns[0]?.();
  expect(batches).toEqual([3]);
  expect(answers).toEqual([[true], [false, true]]);
});

it("gathers while it is busy, and checks at once when it is idle or has a full batch (WRK-1)", () => {
  const turns: (() => void)[] = [];
  const timers: (() => void)[] = [];
  const batches: number[] = [];
  let nowMs = 0;
  const pool = createInlinePool(
    {
      verify: (jobs) => {
        batches.push(jobs.length);
        return jobs.map(() => true);
      },
    },
    {
      soon: (run) => turns.push(run),
      gathering: { delayMs: 20, nowMs: () => nowMs, after: (_delayMs, run) => timers.push(run) },
    },
  );
  const job = jobOf("a", "valid");
  let answered = 0;
  const ask = (count: number) =>
    pool.verify(new Array(count).fill(job), (verdicts) => {
      answered += verdicts.length;
    });
  const run = (work: (() => void)[]) => {
    for (const next of work.splice(0)) next();
  };
  // Idle, and with few: at once.
  ask(3);
  expect([turns.length, timers.length]).toEqual([1, 0]);
  run(turns);
  // Many: what comes next waits for company.
  ask(8);
  run(turns);
  ask(20);
  ask(30);
  expect([turns.length, timers.length]).toEqual([0, 1]);
  run(timers);
  expect(batches).toEqual([3, 8, 50]);
  // A full batch does not wait on, and its timer finds nothing.
  ask(200);
  ask(100);
  ask(1);
  expect([turns.length, timers.length]).toEqual([1, 1]);
  run(turns);
  run(timers);
  expect(batches).toEqual([3, 8, 50, 301]);
  // The timer of a batch that left early runs none that came later.
  ask(256);
  run(turns);
  ask(1);
  run(timers.splice(0, 1));
  expect(batches).toEqual([3, 8, 50, 301, 256]);
  run(timers);
  expect(batches).toEqual([3, 8, 50, 301, 256, 1]);
  // Calm again.
  nowMs += 1_000;
  ask(1);
  expect([turns.length, timers.length]).toEqual([1, 0]);
  run(turns);
  expect(answered).toBe(3 + 8 + 50 + 301 + 256 + 1 + 1);
});
