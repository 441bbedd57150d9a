// Writes generated/wide.ts: products modulo p = 2^255 - 19 on pairs of field elements in 64-bit floating point, for
// the long chain of squares of a square root. assembly/README.md has the representation and the bounds.

import { vectorCarries } from "./field.js";
import { at } from "./list.js";

const LIMBS = 11;
const all = Array.from({ length: LIMBS }, (_, i) => i);
/** Bit at which limb i begins, here and in the integer form. */
const bitOf = (i: number) => Math.ceil((255 * i) / LIMBS);
const integerBitOf = (i: number) => Math.ceil(25.5 * i);

/** A double in both lanes, as words for `memory.data<u64>`. */
function words(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const hex = `0x${view.getBigUint64(0).toString(16).padStart(16, "0")}`;
  return `${hex}, ${hex}`;
}
const table = (values: readonly number[]) =>
  `memory.data<u64>([\n  ${values.map(words).join(",\n  ")}\n], 16)`;

const add = (a: string, b: string) => `f64x2.add(${a}, ${b})`;
const sum = (terms: readonly string[]) => terms.reduce(add);
const product = (a: string, b: string) => `f64x2.mul(${a}, ${b})`;
const load = (at: string, i: number) => `v128.load(${at}, ${16 * i})`;

/** Limbs that are rounded, in order: two chains side by side, and again limbs that got much meanwhile. */
const CHAIN = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9, 5, 10, 0];

/** Moves what limb i has above its bits to the next one: adding and taking away ROUND rounds to multiples of its end. */
const carries = () =>
  [
    "  let round: v128, carry: v128;",
    ...CHAIN.flatMap((i) => [
      `  round = ${load("ROUND", i)}; carry = f64x2.sub(${add(`h${i}`, "round")}, round);`,
      `  h${i} = f64x2.sub(h${i}, carry);`,
      i === LIMBS - 1
        ? `  h0 = ${add("h0", product("carry", load("WRAP", 0)))};`
        : `  h${i + 1} = ${add(`h${i + 1}`, "carry")};`,
    ]),
  ].join("\n");
const stores = (at: string) => all.map((i) => `  v128.store(${at}, h${i}, ${16 * i});`).join("\n");

function square() {
  const columns = all.map((k) => {
    const twice: string[] = [];
    const once: string[] = [];
    for (const i of all) {
      const j = (k - i + LIMBS) % LIMBS;
      if (i < j) twice.push(product(`f${i}`, i + j >= LIMBS ? `w${j}` : `f${j}`));
      if (i === j) once.push(product(`f${i}`, 2 * i >= LIMBS ? `w${i}` : `f${i}`));
    }
    return `  const t${k} = ${sum(twice)};\n  let h${k} = ${sum([add(`t${k}`, `t${k}`), ...once])};`;
  });
  const high = all.filter((i) => 2 * i >= LIMBS);
  return `
/** a = a squared, in both lanes. */
export function squareWide(a: usize): void {
${high.map((i) => `  v128.store(WRAPPED, ${product(load("a", i), load("WRAP", 0))}, ${16 * i});`).join("\n")}
  // The address is never odd: a barrier for the scheduler.
  if (a == 1) unreachable();
${all.map((i) => `  const f${i} = ${load("a", i)};`).join("\n")}
${high.map((i) => `  const w${i} = ${load("WRAPPED", i)};`).join("\n")}
${columns.join("\n")}
${carries()}
${stores("a")}
}
`;
}

function multiply() {
  const columns = all.map((k) => {
    const terms = all.map((i) => {
      const j = (k - i + LIMBS) % LIMBS;
      return product(load("a", i), load(i > k ? "WRAPPED" : "b", j));
    });
    return `  let h${k} = ${sum(terms)};`;
  });
  return `
/** out = a * b in both lanes. May be in place. */
export function mulWide(out: usize, a: usize, b: usize): void {
${all
  .slice(1)
  .map((i) => `  v128.store(WRAPPED, ${product(load("b", i), load("WRAP", 0))}, ${16 * i});`)
  .join("\n")}
${columns.join("\n")}
${carries()}
${stores("out")}
}
`;
}

/** Index of the limb of the other form that holds the bit. */
const holder = (bit: number, begins: (i: number) => number, count: number) => {
  let found = 0;
  for (let i = 0; i < count; i++) if (begins(i) <= bit) found = i;
  return found;
};

function conversions() {
  const into = all.map((): string[] => []);
  for (let i = 0; i < 10; i++) {
    const row = `v128.load(pair, ${16 * (i >> 1)})`;
    const lanes = i % 2 === 0 ? row : `i32x4.shuffle(${row}, ${row}, 2, 3, 0, 1)`;
    at(into, holder(integerBitOf(i), bitOf, LIMBS)).push(
      product(`f64x2.convert_low_i32x4_s(${lanes})`, load("SCALE_IN", i)),
    );
  }
  const out = Array.from({ length: 10 }, (_, j) => [load("OFFSET", j)]);
  for (const i of all) {
    const j = holder(bitOf(i), integerBitOf, 10);
    const shift = bitOf(i) - integerBitOf(j);
    const scaled = add(product(load("wide", i), load("SCALE_OUT", i)), "one");
    at(out, j).push(`i64x2.shl(i64x2.sub(${scaled}, one), ${shift})`);
  }
  return `
/** The wide form of a pair with alpha <= 4. */
export function toWide(wide: usize, pair: usize): void {
${into.map((terms, i) => `  let h${i} = ${terms.length === 0 ? "f64x2.splat(0)" : sum(terms)};`).join("\n")}
${carries()}
${stores("wide")}
}

/** The reduced pair of a wide form. */
export function fromWide(pair: usize, wide: usize): void {
  // 1.5 * 2^52: a small integer added to it appears in the lowest bits.
  const one = f64x2.splat(6755399441055744);
${out.map((terms, j) => `  let h${j} = ${terms.reduce((a, b) => `i64x2.add(${a}, ${b})`)};`).join("\n")}
${vectorCarries((i, value) => `  v128.store(pair, ${value}, ${16 * i});`)}
}
`;
}

export function wideSource(): string {
  // 2^25 times the limbs of 2p, so that no column is negative.
  const offsets = Array.from({ length: 10 }, (_, j) =>
    BigInt.asUintN(
      64,
      (j === 0 ? 2n ** 27n - 38n : j % 2 === 0 ? 2n ** 27n - 2n : 2n ** 26n - 2n) << 25n,
    ),
  );
  return `// Written by assembly/generate/wide.ts. Do not edit.

export const WIDE_BYTES: usize = ${16 * LIMBS};
/** 3 * 2^51 times the end of each limb; 2^255 = 19; the scales of the integer form and back. */
const ROUND = ${table(all.map((i) => 3 * 2 ** (51 + bitOf(i + 1))))};
const WRAP = ${table([19 * 2 ** -255])};
const SCALE_IN = ${table(Array.from({ length: 10 }, (_, i) => 2 ** integerBitOf(i)))};
const SCALE_OUT = ${table(all.map((i) => 2 ** -bitOf(i)))};
const OFFSET = memory.data<u64>([
  ${offsets.map((value) => `${value}, ${value}`).join(",\n  ")}
], 16);
/** Limbs of a factor times 19 * 2^-255, for products that wrap. */
const WRAPPED = memory.data(${16 * LIMBS}, 16);
${square()}${multiply()}${conversions()}`;
}
