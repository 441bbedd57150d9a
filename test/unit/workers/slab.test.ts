// Goal: what lies in a slab is checked as it is, and a corrupt one is refused before anything is read outside it.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadKernels } from "../../../src/kernels/index.js";
import { openSlab, SLAB_BYTES, SlabWriter } from "../../../src/workers/slab.js";
import { jobOf } from "../../ports/verifierPool.contract.js";

const kernels = await loadKernels();
const verifier = kernels.createBatchVerifier(randomBytes);

/** Texts of odd lengths, some wrong; the slab that holds them. */
function packed(count: number) {
  const writer = new SlabWriter();
  const jobs = Array.from({ length: count }, (_, i) =>
    jobOf("x".repeat((i * 37) % 500), i % 5 === 3 ? "wrong" : "valid"),
  );
  for (const job of jobs) {
    expect(writer.hasRoomFor(job)).toBe(true);
    writer.push(job);
  }
  return { writer, jobs };
}

describe("a slab", () => {
  it.each([1, 2, 3, 63, 300])(
    "gives the verdicts of %i jobs that the jobs have by themselves",
    (count) => {
      const { writer, jobs } = packed(count);
      const { items, input, verdicts } = openSlab(writer.toTask());
      verifier.verifyPacked(count, items, input, verdicts);
      const expected = jobs.map((_, i) => i % 5 !== 3);
      expect(jobs.map((_, i) => writer.verdict(i))).toEqual(expected);
      expect(verifier.verify(jobs)).toEqual(expected);
    },
  );

  it("takes 1,024 jobs and the bytes that the kernel takes, no more", () => {
    const writer = new SlabWriter();
    const short = jobOf("short", "valid");
    for (let i = 0; i < 1_024; i++) writer.push(short);
    expect(writer.hasRoomFor(short)).toBe(false);
    writer.clear();
    const long = jobOf("l".repeat(4_096), "valid");
    let count = 0;
    for (; writer.hasRoomFor(long); count++) writer.push(long);
    expect(count).toBe(63);
    const { items, input, verdicts } = openSlab(writer.toTask());
    verifier.verifyPacked(count, items, input, verdicts);
    expect(writer.verdict(62)).toBe(true);
  });

  it("is refused when an item names anything outside its input, whatever the numbers (WRK-6)", () => {
    const { writer } = packed(8);
    const { items, input, verdicts } = openSlab(writer.toTask());
    const words = new Uint32Array(items.buffer, items.byteOffset, items.length / 4);
    const corruptions: [word: number, value: number][] = [
      [0, input.length],
      [0, 0xffff_ffff],
      [0, 0xffff_ffc0],
      [1, 0],
      [1, 63],
      [1, input.length + 1],
      [1, 0xffff_ffff],
      [2, 1],
      [2, 2],
      [2, 0xffff_ffff],
    ];
    for (const slot of [0, 7]) {
      for (const [word, value] of corruptions) {
        const at = slot * 20 + word;
        const before = words[at] as number;
        words[at] = value;
        expect(() => verifier.verifyPacked(8, items, input, verdicts)).toThrow("an item");
        words[at] = before;
      }
    }
    // Unharmed, and so is the kernel.
    verifier.verifyPacked(8, items, input, verdicts);
    expect([...verdicts.subarray(0, 8)]).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
  });

  it("is refused when counts and lengths do not fit it or the kernel", () => {
    const { writer } = packed(4);
    const task = writer.toTask();
    const { items, input, verdicts } = openSlab(task);
    const call = (count: number, itemBytes: Uint8Array = items, inputBytes: Uint8Array = input) =>
      verifier.verifyPacked(count, itemBytes, inputBytes, verdicts);
    expect(() => call(0, items.subarray(0, 0))).toThrow("1 to 1,024");
    expect(() => call(1_025, new Uint8Array(1_025 * 80))).toThrow("1 to 1,024");
    expect(() => call(5)).toThrow("one item");
    expect(() => call(4, items, new Uint8Array(256 * 1024 + 1))).toThrow("fits");
    expect(() => verifier.verifyPacked(4, items, input, new Uint8Array(3))).toThrow("room");
    expect(() => openSlab({ ...task, count: 1 << 20 })).toThrow(RangeError);
    expect(() => openSlab({ ...task, inputSizeBytes: SLAB_BYTES })).toThrow(RangeError);
  });

  it("gives any bytes a verdict", () => {
    const random = (size: number) => new Uint8Array(randomBytes(size));
    const writer = new SlabWriter();
    for (let i = 0; i < 200; i++) {
      writer.push({ publicKey: random(32), signature: random(64), message: random(i) });
    }
    const { items, input, verdicts } = openSlab(writer.toTask());
    verifier.verifyPacked(200, items, input, verdicts);
    expect(verdicts.subarray(0, 200).every((verdict) => verdict === 0)).toBe(true);
  });
});
