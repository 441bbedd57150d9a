import { afterEach, describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../src/base/bytes.js";
import type { SignatureJob } from "../../src/crypto/interfaces.js";
import { createNobleSigner } from "../../src/crypto/noble/index.js";
import type { VerifierPool } from "../../src/ports/verifierPool.js";

const signer = createNobleSigner(new Uint8Array(32).fill(9));

/** A job that is valid, or wrong in one of several ways. */
export function jobOf(text: string, kind: "valid" | "wrong" | "short" | "long key"): SignatureJob {
  const message = utf8(text);
  const signature = signer.sign(message);
  const { publicKey } = signer;
  if (kind === "wrong") return { publicKey, signature, message: utf8(`${text}!`) };
  if (kind === "short") return { publicKey, signature: signature.subarray(1), message };
  if (kind === "long key") {
    return { publicKey: concatBytes(publicKey, publicKey), signature, message };
  }
  return { publicKey, signature, message };
}

export const verdictsOf = (pool: VerifierPool, jobs: readonly SignatureJob[]) =>
  new Promise<boolean[]>((resolve, reject) => {
    if (!pool.verify(jobs, resolve)) reject(new Error("the pool is full"));
  });

export const closed = (pool: VerifierPool) => new Promise<void>((resolve) => pool.close(resolve));

/** What every `VerifierPool` must do; `create` makes one that holds `maxQueue` signatures. */
export function verifierPoolContract(
  name: string,
  create: (maxQueue: number) => VerifierPool | Promise<VerifierPool>,
): void {
  describe(`verifier pool contract: ${name}`, () => {
    let pool: VerifierPool | undefined;
    const open = async (maxQueue: number) => {
      pool = await create(maxQueue);
      return pool;
    };
    afterEach(async () => {
      if (pool !== undefined) await closed(pool);
      pool = undefined;
    });

    it("answers one verdict a job, in order", async () => {
      const verifier = await open(100);
      const kinds = ["valid", "wrong", "short", "valid", "long key", "valid"] as const;
      const jobs = kinds.map((kind, i) => jobOf(`job ${i}`, kind));
      expect(await verdictsOf(verifier, jobs)).toEqual(kinds.map((kind) => kind === "valid"));
      expect(await verdictsOf(verifier, [])).toEqual([]);
      expect(await verdictsOf(verifier, [jobOf("x", "short")])).toEqual([false]);
    });

    it("never calls back from within verify", async () => {
      const verifier = await open(10);
      let returned = false;
      await new Promise<void>((resolve) => {
        verifier.verify([jobOf("a", "valid")], () => {
          expect(returned).toBe(true);
          resolve();
        });
        returned = true;
      });
    });

    it("answers many requests at a time, each with its own verdicts", async () => {
      const verifier = await open(10_000);
      const one = jobOf("repeated", "valid");
      const wrong = jobOf("repeated", "wrong");
      const requests = Array.from({ length: 60 }, (_, r) =>
        Array.from({ length: (r * 13) % 40 }, (_, i) => ((r + i) % 11 === 0 ? wrong : one)),
      );
      const answers = await Promise.all(requests.map((jobs) => verdictsOf(verifier, jobs)));
      expect(answers).toEqual(requests.map((jobs) => jobs.map((job) => job === one)));
    });

    it("refuses at once what its queue cannot hold, and takes more when there is room (WRK-3, PORT-3)", async () => {
      const verifier = await open(8);
      // Each another one: a pool may know what it checked before.
      const jobs = Array.from({ length: 26 }, (_, i) => jobOf(`q ${i}`, "valid"));
      const next = (count: number) => jobs.splice(0, count);
      const unexpected = () => expect.unreachable("a refused request was answered");
      expect(verifier.verify(next(9), unexpected)).toBe(false);
      const first = verdictsOf(verifier, next(5));
      const second = verdictsOf(verifier, next(3));
      expect(verifier.verify(next(1), unexpected)).toBe(false);
      expect(await first).toEqual(new Array(5).fill(true));
      expect(await second).toEqual(new Array(3).fill(true));
      expect(await verdictsOf(verifier, next(8))).toEqual(new Array(8).fill(true));
    });

    it("takes messages of any length", async () => {
      const verifier = await open(100);
      const jobs = ["", "m".repeat(5_000), "l".repeat(400_000)].map((text) => jobOf(text, "valid"));
      const altered = jobOf("l".repeat(400_000), "wrong");
      expect(await verdictsOf(verifier, [...jobs, altered])).toEqual([true, true, true, false]);
    });

    it("closes once when an answer's callback closes it", async () => {
      const verifier = await open(100);
      pool = undefined;
      let times = 0;
      await new Promise<void>((resolve) => {
        verifier.verify([jobOf("last", "valid")], () => {
          verifier.close(() => {
            times++;
            setImmediate(resolve);
          });
        });
      });
      expect(times).toBe(1);
    });

    it("answers what it accepted before it has closed, and accepts nothing after", async () => {
      const verifier = await open(100);
      const order: string[] = [];
      verifier.verify([jobOf("last", "valid")], (verdicts) => order.push(`verdict ${verdicts[0]}`));
      const closing = closed(verifier).then(() => order.push("closed"));
      pool = undefined;
      expect(verifier.verify([jobOf("late", "valid")], () => order.push("late"))).toBe(false);
      await closing;
      expect(order).toEqual(["verdict true", "closed"]);
    });
  });
}
