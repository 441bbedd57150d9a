// Goal: a verdict that was true is not asked for again, nothing else is ever taken for one, and memory is bounded.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SignatureJob } from "../../../src/crypto/interfaces.js";
import { nobleBatchVerifier, nobleHasher } from "../../../src/crypto/noble/index.js";
import { compileKernels, loadKernels } from "../../../src/kernels/index.js";
import {
  createInlinePool,
  createVerdictCache,
  createWorkerPool,
} from "../../../src/workers/index.js";
import { VerdictTable } from "../../../src/workers/verdictTable.js";
import {
  closed,
  jobOf,
  verdictsOf,
  verifierPoolContract,
} from "../../ports/verifierPool.contract.js";

const { hasher } = await loadKernels();
const compiled = await compileKernels();
const secret = new Uint8Array(randomBytes(32));

verifierPoolContract("remembered, over a worker thread", (maxQueue) =>
  createVerdictCache(createWorkerPool({ threads: 1, maxQueue, compiled }), { hasher, secret }),
);

/** A cache over a pool that notes what it is asked. */
function noting(capacity?: number, hashing = hasher) {
  const asked: number[] = [];
  const inline = createInlinePool({
    verify: (jobs) => {
      asked.push(jobs.length);
      return nobleBatchVerifier.verify(jobs);
    },
  });
  const lookups: string[] = [];
  const cache = createVerdictCache(inline, {
    hasher: hashing,
    secret,
    onLookups: (hits, misses) => lookups.push(`${hits} ${misses}`),
    ...(capacity === undefined ? {} : { capacity }),
  });
  return { cache, asked, lookups };
}

describe.each([
  ["kernels", hasher],
  ["noble", nobleHasher],
])("verdict cache with %s", (_name, hashing) => {
  it("asks only for what is not known, and puts verdicts in their places (WRK-7)", async () => {
    const { cache, asked, lookups } = noting(undefined, hashing);
    const [a, b, c] = ["a", "b", "c"].map((text) => jobOf(text, "valid")) as [
      SignatureJob,
      SignatureJob,
      SignatureJob,
    ];
    const wrong = jobOf("w", "wrong");
    const short = jobOf("s", "short");
    expect(await verdictsOf(cache, [a, wrong, b])).toEqual([true, false, true]);
    expect(await verdictsOf(cache, [wrong, a, short, c, b])).toEqual([
      false,
      true,
      false,
      true,
      true,
    ]);
    expect(await verdictsOf(cache, [c, b, a])).toEqual([true, true, true]);
    expect(await verdictsOf(cache, [])).toEqual([]);
    expect(asked).toEqual([3, 3, 0]);
    expect(lookups).toEqual(["0 3", "2 3", "3 0", "0 0"]);
    expect(cache.stats).toEqual({ hits: 5, misses: 6 });
    await closed(cache);
  });

  it("knows nothing that differs in one bit, and messages of any length (WRK-7)", async () => {
    const { cache, asked } = noting(undefined, hashing);
    for (const length of [0, 1, 47, 1_024, 1_025, 5_000]) {
      const job = jobOf("m".repeat(length), "valid");
      expect(await verdictsOf(cache, [job])).toEqual([true]);
      asked.length = 0;
      expect(await verdictsOf(cache, [job])).toEqual([true]);
      expect(asked).toEqual([]);
      for (const part of ["publicKey", "signature", "message"] as const) {
        const bytes = job[part];
        for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
          if (bytes.length === 0) continue;
          const flipped = bytes.slice();
          flipped[at]! ^= 0x80;
          expect(await verdictsOf(cache, [{ ...job, [part]: flipped }])).toEqual([false]);
        }
      }
    }
    await closed(cache);
  });
});

describe("verdict cache", () => {
  it("lets a call wait for what is being checked, whatever comes of it (WRK-7)", async () => {
    const { cache, asked, lookups } = noting();
    const [a, b] = ["a", "b"].map((text) => jobOf(text, "valid")) as [SignatureJob, SignatureJob];
    const wrong = jobOf("w", "wrong");
    const order: string[] = [];
    const ask = (name: string, jobs: readonly SignatureJob[]) =>
      verdictsOf(cache, jobs).then((verdicts) => {
        order.push(name);
        return verdicts;
      });
    const answers = [
      ask("first", [a, wrong, a]),
      ask("all under way", [wrong, a]),
      ask("one new", [b, a, wrong]),
      ask("under way in two", [b, a]),
    ];
    expect(await Promise.all(answers)).toEqual([
      [true, false, true],
      [false, true],
      [true, true, false],
      [true, true],
    ]);
    expect(order).toEqual(["first", "all under way", "one new", "under way in two"]);
    expect(lookups).toEqual(["0 3", "2 0", "2 1", "2 0"]);
    // Nothing is waited for any more, and what was wrong is asked again.
    expect(await verdictsOf(cache, [wrong, b, a])).toEqual([false, true, true]);
    // The inline pool makes one batch of a turn.
    expect(asked).toEqual([4, 1]);
    await closed(cache);
  });

  it("takes no malformed signature for the one before it, known or under way (WRK-7)", async () => {
    const { cache } = noting();
    const a = jobOf("a", "valid");
    const short = jobOf("a", "short");
    const keyless = { ...a, publicKey: a.publicKey.slice(1) };
    // The verdict of the first is open while the others are looked up.
    const answers = [
      verdictsOf(cache, [a]),
      verdictsOf(cache, [a, short, keyless]),
      verdictsOf(cache, [short, a]),
      verdictsOf(cache, [keyless]),
      verdictsOf(cache, [a]),
    ];
    expect(await Promise.all(answers)).toEqual([
      [true],
      [true, false, false],
      [false, true],
      [false],
      [true],
    ]);
    expect(await verdictsOf(cache, [a, short, keyless])).toEqual([true, false, false]);
    await closed(cache);
    const fresh = noting().cache;
    // The malformed one has a place of its own behind the one that others wait for.
    const both = verdictsOf(fresh, [a, short]);
    expect(await verdictsOf(fresh, [a])).toEqual([true]);
    expect(await both).toEqual([true, false]);
    await closed(fresh);
  });

  it("answers who waits although its own call was refused before, and when it closes (WRK-7)", async () => {
    const inline = createInlinePool(nobleBatchVerifier, { maxQueue: 2 });
    const cache = createVerdictCache(inline, { hasher, secret });
    const [a, b, c, d] = ["a", "b", "c", "d"].map((text) => jobOf(text, "valid")) as [
      SignatureJob,
      SignatureJob,
      SignatureJob,
      SignatureJob,
    ];
    const first = verdictsOf(cache, [a, b]);
    // No room for the others, so it is not told of the first either.
    expect(cache.verify([a, c, d], () => expect.unreachable())).toBe(false);
    const order: string[] = [];
    cache.verify([b, a], (verdicts) => order.push(`waiter ${verdicts}`));
    const closing = closed(cache).then(() => order.push("closed"));
    expect(await first).toEqual([true, true]);
    await closing;
    expect(order).toEqual(["waiter true,true", "closed"]);
  });

  it("refuses what its pool refuses, and nothing is remembered of that (WRK-7)", async () => {
    const jobs = ["a", "b", "c"].map((text) => jobOf(text, "valid"));
    const full = createVerdictCache(createInlinePool(nobleBatchVerifier, { maxQueue: 2 }), {
      hasher,
      secret,
    });
    expect(full.verify(jobs, () => expect.unreachable())).toBe(false);
    expect(full.stats).toEqual({ hits: 0, misses: 0 });
    expect(await verdictsOf(full, jobs.slice(0, 2))).toEqual([true, true]);
    // With two of three known there is room.
    expect(await verdictsOf(full, jobs)).toEqual([true, true, true]);
    await closed(full);
    expect(full.verify(jobs, () => expect.unreachable())).toBe(false);
  });
});

describe("verdict table", () => {
  const digestOf = (i: number) => {
    const bytes = nobleHasher.sha256(Uint8Array.of(i, i >> 8, i >> 16));
    return new Uint32Array(bytes.slice(0, 16).buffer);
  };

  it("holds the newest of as many as it has room for, and finds no other (WRK-7)", () => {
    const table = new VerdictTable(1_024);
    const digests = Array.from({ length: 20_000 }, (_, i) => digestOf(i));
    for (const digest of digests) {
      expect(table.has(digest, 0)).toBe(false);
      table.add(digest, 0);
      table.add(digest, 0);
      expect(table.has(digest, 0)).toBe(true);
    }
    const kept = digests.filter((digest) => table.has(digest, 0));
    expect(kept.length).toBe(1_024);
    const newest = digests.slice(-512).filter((digest) => table.has(digest, 0));
    expect(newest.length).toBeGreaterThan(450);
    expect(() => new VerdictTable(1_000)).toThrow("power of two");
  });
});
