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
