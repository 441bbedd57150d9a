import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instantiateModule } from "../../src/kernels/wasmModules.js";
import { byteStream, variants } from "./variants.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const bitOf = (i: number) => BigInt(Math.ceil(25.5 * i));
const maximumOf = (i: number) => (i % 2 === 0 ? 2 ** 26 - 1 : 2 ** 25 - 1);

interface ProbeExports extends Record<string, unknown> {
  readonly A: WebAssembly.Global;
  readonly B: WebAssembly.Global;
  readonly OUT: WebAssembly.Global;
  readonly WIDE: WebAssembly.Global;
  fieldMul(): void;
  fieldSquare(count: number): void;
  fieldSub(): void;
  fieldCarry(): void;
  fieldIsZero(lane: number): number;
  fieldParity(lane: number): number;
  readonly DIGITS_OUT: WebAssembly.Global;
  readonly WIDE_A: WebAssembly.Global;
  readonly WIDE_B: WebAssembly.Global;
  readonly POWERS: WebAssembly.Global;
  wideMul(): void;
  wideSquare(): void;
  wideFromA(): void;
  wideToOut(): void;
  widePowers(count: number): void;
  scalarReduce(): void;
  scalarWindows(negative: number, bits: number, window: number): number;
  scalarSparse(negative: number, bits: number): void;
  scalarMultiplyAdd(): void;
}

const numberOf = (limbs: readonly number[]) =>
  limbs.reduce((sum, limb, i) => sum + (BigInt(limb) << bitOf(i)), 0n);

const mod = (value: bigint, m = P) => ((value % m) + m) % m;

const littleEndian = (bytes: Uint8Array) =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

describe.each(variants)("field and scalar arithmetic, $name", ({ name }) => {
  const file = new URL(`../../build/wasm/probe.${name}.wasm`, import.meta.url);
  const wasm = instantiateModule<ProbeExports>(
    new WebAssembly.Module(new Uint8Array(readFileSync(file))),
  );
  const words = (global: WebAssembly.Global) =>
    new Uint32Array(wasm.memory.buffer, global.value, 20);
  const bytes = (global: WebAssembly.Global, length: number) =>
    new Uint8Array(wasm.memory.buffer, global.value, length);
  const wordOf = (limb: number, lane: number) => 4 * (limb >> 1) + 2 * (limb & 1) + lane;
  const put = (global: WebAssembly.Global, lane: number, limbs: readonly number[]) => {
    for (let i = 0; i < 10; i++) words(global)[wordOf(i, lane)] = limbs[i] as number;
  };
  const take = (lane: number) =>
    Array.from({ length: 10 }, (_, i) => words(wasm.OUT)[wordOf(i, lane)] as number);

  const random = byteStream(21);
  /** Limbs up to `alpha` times their usual maximum: random, all largest, all zero, or mixed. */
  const limbs = (alpha: number, kind: number) =>
    Array.from({ length: 10 }, (_, i) => {
      const largest = Math.floor(maximumOf(i) * alpha);
      const [a, b, c, d] = random(4) as unknown as [number, number, number, number];
      if (kind === 0) return largest;
      if (kind === 1) return 0;
      if (kind === 2) return a < 128 ? largest : 0;
      return Math.floor((largest * (a * 2 ** 24 + b * 2 ** 16 + c * 256 + d)) / 2 ** 32);
    });
  const expectReduced = (result: readonly number[]) => {
    result.forEach((limb, i) => {
      expect(limb).toBeLessThan(i % 2 === 0 ? 2 ** 26 + 2 ** 14 : 2 ** 25 + 2 ** 6);
    });
  };

  it("multiplies modulo p up to the stated bounds, each lane by itself", () => {
    for (let round = 0; round < 400; round++) {
      const alphas = [10.2, 5.1, 1.01][round % 3] as number;
      const second = Math.min(2.24, 22.9 / alphas);
      const a = [limbs(alphas, round % 5), limbs(alphas, 3)];
      const b = [limbs(second, round % 4), limbs(second, round % 7)];
      for (const lane of [0, 1]) {
        put(wasm.A, lane, a[lane] as number[]);
        put(wasm.B, lane, b[lane] as number[]);
      }
      wasm.fieldMul();
      for (const lane of [0, 1]) {
        const expected = mod(numberOf(a[lane] as number[]) * numberOf(b[lane] as number[]));
        expect(mod(numberOf(take(lane)))).toBe(expected);
        expectReduced(take(lane));
      }
    }
  });

  it("squares modulo p up to the stated bounds, once and many times", () => {
    for (let round = 0; round < 200; round++) {
      const count = [1, 2, 5, 50][round % 4] as number;
      const a = [limbs(2.2, round % 5), limbs(2.2, 3)];
      for (const lane of [0, 1]) put(wasm.A, lane, a[lane] as number[]);
      wasm.fieldSquare(count);
      for (const lane of [0, 1]) {
        let expected = mod(numberOf(a[lane] as number[]));
        for (let i = 0; i < count; i++) expected = mod(expected * expected);
        expect(mod(numberOf(take(lane)))).toBe(expected);
        expectReduced(take(lane));
      }
    }
  });

  it("subtracts without a borrow and carries to reduced limbs", () => {
    for (let round = 0; round < 100; round++) {
      const a = limbs(6, round % 5);
      const b = limbs(1.0, round % 4);
      for (const lane of [0, 1]) {
        put(wasm.A, lane, a);
        put(wasm.B, lane, b);
      }
      wasm.fieldSub();
      const difference = take(round % 2);
      expect(mod(numberOf(difference))).toBe(mod(numberOf(a) - numberOf(b)));
      const wide = limbs(30, round % 5);
      for (const lane of [0, 1]) put(wasm.A, lane, wide);
      wasm.fieldCarry();
      expect(mod(numberOf(take(round % 2)))).toBe(mod(numberOf(wide)));
      expectReduced(take(round % 2));
    }
  });

  it("knows zero and parity in every representation", () => {
    const spread = (value: bigint) =>
      Array.from({ length: 10 }, (_, i) =>
        i === 9
          ? Number(value >> bitOf(9))
          : Number((value >> bitOf(i)) & ((1n << (bitOf(i + 1) - bitOf(i))) - 1n)),
      );
    const near = [0n, 1n, 2n, 18n, 19n, 20n];
    for (const multiple of [0n, 1n, 2n, 3n, 5n]) {
      for (const offset of [...near, ...near.map((n) => -n)]) {
        const value = multiple * P + offset;
        if (value < 0n) continue;
        for (const lane of [0, 1]) {
          put(wasm.A, lane, spread(value));
          put(wasm.A, lane ^ 1, limbs(2, 3));
          expect(wasm.fieldIsZero(lane)).toBe(mod(value) === 0n ? 1 : 0);
          expect(wasm.fieldParity(lane)).toBe(Number(mod(value) & 1n));
        }
      }
    }
    for (let round = 0; round < 100; round++) {
      const a = limbs(4, round % 5);
      put(wasm.A, 0, a);
      expect(wasm.fieldParity(0)).toBe(Number(mod(numberOf(a)) & 1n));
    }
  });

  /** The scalar build has no such code, so there these tests are not skipped: they do not exist. */
  const describeWithSimd = name === "simd" ? describe : () => undefined;

  describeWithSimd("in floating point", () => {
    const wideBit = (i: number) => Math.ceil((255 * i) / 11);
    /** What README.md states of a limb, in units of its lowest bit. */
    const largest = (i: number) =>
      2 ** (wideBit(i + 1) - wideBit(i) - 1) + (i === 1 ? 2 ** 11 : i === 6 ? 2 ** 7 : 0);
    const doubles = (global: WebAssembly.Global) =>
      new Float64Array(wasm.memory.buffer, global.value, 22);
    const putWide = (global: WebAssembly.Global, lane: number, units: readonly number[]) =>
      units.forEach((unit, i) => {
        doubles(global)[2 * i + lane] = unit * 2 ** wideBit(i);
      });
    const takeWide = (lane: number) =>
      Array.from({ length: 11 }, (_, i) => {
        const unit = (doubles(wasm.WIDE_A)[2 * i + lane] as number) * 2 ** -wideBit(i);
        expect(Number.isInteger(unit)).toBe(true);
        expect(Math.abs(unit)).toBeLessThanOrEqual(largest(i));
        return unit;
      });
    const wideNumber = (units: readonly number[]) =>
      units.reduce((sum, unit, i) => sum + BigInt(unit) * 2n ** BigInt(wideBit(i)), 0n);
    /** All largest of one sign, signs that alternate, signs at random, or anything. */
    const wideLimbs = (kind: number) =>
      Array.from({ length: 11 }, (_, i) => {
        const [a, b, c] = random(3) as unknown as [number, number, number];
        if (kind === 0) return largest(i);
        if (kind === 1) return -largest(i);
        if (kind === 2) return i % 2 === 0 ? largest(i) : -largest(i);
        if (kind === 3) return a < 128 ? largest(i) : -largest(i);
        return Math.round(largest(i) * ((a * 65536 + b * 256 + c) / 2 ** 23 - 1));
      });

    it("multiplies and squares exactly with limbs of any sign as large as they may be", () => {
      for (let round = 0; round < 500; round++) {
        const a = [wideLimbs(round % 5), wideLimbs(3)];
        const b = [wideLimbs(Math.floor(round / 5) % 5), wideLimbs(4)];
        const put = () => {
          for (const lane of [0, 1]) {
            putWide(wasm.WIDE_A, lane, a[lane] as number[]);
            putWide(wasm.WIDE_B, lane, b[lane] as number[]);
          }
        };
        put();
        wasm.wideMul();
        for (const lane of [0, 1]) {
          const expected = mod(wideNumber(a[lane] as number[]) * wideNumber(b[lane] as number[]));
          expect(mod(wideNumber(takeWide(lane)))).toBe(expected);
        }
        put();
        wasm.wideSquare();
        for (const lane of [0, 1]) {
          const factor = wideNumber(a[lane] as number[]);
          expect(mod(wideNumber(takeWide(lane)))).toBe(mod(factor * factor));
        }
      }
    });

    it("converts to integers and back", () => {
      for (let round = 0; round < 200; round++) {
        const a = [limbs(4, round % 5), limbs(1, 3)];
        for (const lane of [0, 1]) put(wasm.A, lane, a[lane] as number[]);
        wasm.wideFromA();
        for (const lane of [0, 1]) {
          expect(mod(wideNumber(takeWide(lane)))).toBe(mod(numberOf(a[lane] as number[])));
        }
        const wide = [wideLimbs(round % 5), wideLimbs(3)];
        for (const lane of [0, 1]) putWide(wasm.WIDE_A, lane, wide[lane] as number[]);
        wasm.wideToOut();
        for (const lane of [0, 1]) {
          expect(mod(numberOf(take(lane)))).toBe(mod(wideNumber(wide[lane] as number[])));
          expectReduced(take(lane));
        }
      }
    });

    it("stays exact and within its limbs over 250 squares, from limbs as large as they may be", () => {
      for (let round = 0; round < 10; round++) {
        const start = [wideLimbs(round % 5), wideLimbs(3)];
        for (const lane of [0, 1]) putWide(wasm.WIDE_A, lane, start[lane] as number[]);
        let values = start.map((units) => mod(wideNumber(units)));
        for (let i = 0; i < 250; i++) {
          wasm.wideSquare();
          values = values.map((value) => mod(value * value));
          expect([0, 1].map((lane) => mod(wideNumber(takeWide(lane))))).toEqual(values);
        }
      }
    });

    it("raises to (p - 5) / 8, one pair or two", () => {
      const power = (base: bigint) => {
        let result = 1n;
        for (let e = (P - 5n) / 8n, b = mod(base); e > 0n; e >>= 1n, b = mod(b * b)) {
          if (e & 1n) result = mod(result * b);
        }
        return result;
      };
      for (let round = 0; round < 10; round++) {
        const values = Array.from({ length: 4 }, (_, i) => limbs(1, (round + i) % 5));
        const count = 1 + (round % 2);
        const at = new Uint32Array(wasm.memory.buffer, wasm.POWERS.value, 40);
        const indexOf = (n: number, i: number) => 20 * (n >> 1) + wordOf(i, n & 1);
        for (const [n, value] of values.entries()) {
          for (const [i, limb] of value.entries()) at[indexOf(n, i)] = limb;
        }
        wasm.widePowers(count);
        for (const [n, value] of values.entries()) {
          const now = value.map((_, i) => at[indexOf(n, i)] as number);
          const expected = n < 2 * count ? power(numberOf(value)) : mod(numberOf(value));
          expect(mod(numberOf(now))).toBe(expected);
        }
      }
    });
  });

  it("cuts scalars into signed digits that add up to them, up to the largest that occur", () => {
    const { buffer } = wasm.memory;
    const sums = [
      { bits: 252, largest: 2n ** 251n + 2n ** 125n },
      { bits: 128, largest: 2n ** 127n - 1n },
    ];
    for (const { bits, largest } of sums) {
      const half = 2n ** BigInt(bits - 1);
      const edges = [0n, 1n, 2n, 15n, 16n, 17n, half / 2n, half - 1n, largest - 1n, largest];
      // Digits of which each is as large as it may be, or one more so that all of them carry.
      for (const window of [5n, 6n, 7n, 8n]) {
        const ones = (2n ** (BigInt(bits) - window) - 1n) / (2n ** window - 1n);
        edges.push(ones * 2n ** (window - 1n), ones * (2n ** (window - 1n) + 1n));
      }
      const values = Array.from({ length: 100 }, () => littleEndian(random(32)) % (largest + 1n));
      for (const value of [...edges, ...values]) {
        for (let i = 0; i < 32; i++) {
          bytes(wasm.A, 32)[i] = Number((value >> BigInt(8 * i)) & 255n);
        }
        for (const negative of [0, 1]) {
          const expected = negative === 1 ? -value : value;
          for (const window of [5, 6, 7, 8]) {
            const count = wasm.scalarWindows(negative, bits, window);
            const digits = [...new Int16Array(buffer, wasm.DIGITS_OUT.value, count)];
            const sum = digits.reduceRight((n, d) => (n << BigInt(window)) + BigInt(d), 0n);
            expect(sum).toBe(expected);
            expect(Math.max(...digits.map(Math.abs))).toBeLessThanOrEqual(2 ** (window - 1));
          }
          wasm.scalarSparse(negative, bits);
          const digits = [...new Int8Array(buffer, wasm.DIGITS_OUT.value, 512)];
          expect(digits.reduceRight((n, d) => 2n * n + BigInt(d), 0n)).toBe(expected);
          const used = digits.flatMap((d, i) => (d === 0 ? [] : [i]));
          expect(used.every((i) => i <= bits && Math.abs(digits[i] as number) <= 15)).toBe(true);
          expect(used.every((i) => (digits[i] as number) % 2 !== 0)).toBe(true);
          expect(used.every((i, n) => n === 0 || i - (used[n - 1] as number) >= 5)).toBe(true);
        }
      }
    }
  });

  it("reduces scalars modulo L", () => {
    const edges = [0n, 1n, L - 1n, L, L + 1n, 2n * L, 2n ** 252n, 2n ** 256n - 1n, 2n ** 512n - 1n];
    for (let round = 0; round < 300; round++) {
      const wide = random(64);
      const edge = edges[round];
      if (edge !== undefined) {
        for (let i = 0; i < 64; i++) wide[i] = Number((edge >> BigInt(8 * i)) & 255n);
      }
      bytes(wasm.WIDE, 64).set(wide);
      wasm.scalarReduce();
      expect(littleEndian(bytes(wasm.OUT, 32))).toBe(mod(littleEndian(wide), L));
      const [a, b, c] = [random(32), random(32), random(32)];
      if (round < 4) for (const x of [a, b, c]) x.fill(round % 2 === 0 ? 255 : 0);
      bytes(wasm.A, 32).set(a);
      bytes(wasm.B, 32).set(b);
      bytes(wasm.WIDE, 32).set(c);
      wasm.scalarMultiplyAdd();
      const expected = mod(littleEndian(a) * littleEndian(b) + littleEndian(c), L);
      expect(littleEndian(bytes(wasm.OUT, 32))).toBe(expected);
    }
  });
});
