import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Line, LineSplitter } from "../../../src/cli/signatures/lineSplitter.js";

/** Lines of `bytes` when they come in pieces that end at `cuts`. */
function split(bytes: Buffer, sizeMax: number, cuts: readonly number[] = []): Line[] {
  const bounds = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  bounds.sort((a, b) => a - b);
  const splitter = new LineSplitter(sizeMax);
  const pieces = bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end));
  return [...pieces.flatMap((piece) => [...splitter.take(piece)]), ...splitter.end()];
}

describe("lines of a stream of bytes", () => {
  test.each<[string, Line[]]>([
    ["", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["\n", [""]],
    ["\n\na", ["", "", "a"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a\rb\n\r", ["a\rb", ""]],
    ["\ufeffa\n\ufeffb\n", ["a", "\ufeffb"]],
    ["12345678\n123456789\n12345678", ["12345678", undefined, "12345678"]],
    ["12345678\r\n123456789\r\n", ["12345678", undefined]],
    ["123456789", [undefined]],
    ["12345678901234567890\n\nab", [undefined, "", "ab"]],
  ])("%j", (text, lines) => {
    const bytes = Buffer.from(text);
    expect(split(bytes, 8)).toEqual(lines);
    const everywhere = Array.from({ length: bytes.length }, (_, i) => i);
    expect(split(bytes, 8, everywhere)).toEqual(lines);
  });

  test("are the same wherever the stream is cut", () => {
    const characters = fc.constantFrom("a", "\n", "\r", "\u00e9", "\u20ac", "\ufeff");
    fc.assert(
      fc.property(
        fc.array(characters, { maxLength: 60 }),
        fc.array(fc.nat(120), { maxLength: 12 }),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(""));
          expect(split(bytes, 6, cuts)).toEqual(split(bytes, 6));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("holds no more than a line may have, however long one is", () => {
    const splitter = new LineSplitter(100_000);
    const piece = Buffer.alloc(60_000, "x");
    for (let i = 0; i < 2_000; i++) expect([...splitter.take(piece)]).toEqual([]);
    expect([...splitter.take(Buffer.from("\nshort\n"))]).toEqual([undefined, "short"]);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(64 * 2 ** 20);
  });
});
