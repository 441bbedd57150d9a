// Writes generated/scalar.ts: arithmetic modulo L = 2^252 + 27742317777372353535851937790883648493, the order
// of the base point, on signed limbs of 21 bits. 2^252 is congruent to minus the number whose balanced limbs
// are FOLD, so a limb at 2^(252 + 21 i) is folded onto six lower ones.

const FOLD = [666643, 470296, 654183, -997805, 136657, -683901];

const fold = (i: number) => [
  ...FOLD.map((factor, n) => {
    const sign = factor < 0 ? "-" : "+";
    return `  s${i - 12 + n} ${sign}= s${i} * ${Math.abs(factor)};`;
  }),
];
const carryRounded = (i: number) =>
  `  carry = (s${i} + 0x100000) >> 21; s${i + 1} += carry; s${i} -= carry << 21;`;
const carryFloor = (i: number) =>
  `  carry = s${i} >> 21; s${i + 1} += carry; s${i} -= carry << 21;`;
const range = (from: number, to: number, step = 1) => {
  const all: number[] = [];
  for (let i = from; step > 0 ? i <= to : i >= to; i += step) all.push(i);
  return all;
};

/** From limbs s0..s23 below about 2^42 each to the canonical scalar at \`out\`. */
function reduceAndStore() {
  return [
    ...range(23, 18, -1).flatMap(fold),
    ...range(6, 16, 2).map(carryRounded),
    ...range(7, 15, 2).map(carryRounded),
    ...range(17, 12, -1).flatMap(fold),
    "  s12 = 0;",
    ...range(0, 10, 2).map(carryRounded),
    ...range(1, 11, 2).map(carryRounded),
    ...fold(12),
    "  s12 = 0;",
    ...range(0, 11).map(carryFloor),
    ...fold(12),
    ...range(0, 10).map(carryFloor),
    ...pack(),
  ].join("\n");
}

/** Stores twelve limbs as four 64-bit words. Limb 11 may have up to 22 bits. */
function pack() {
  return [0, 1, 2, 3].map((word) => {
    const parts: string[] = [];
    for (let i = 0; i < 12; i++) {
      const shift = 21 * i - 64 * word;
      if (shift <= -22 || shift >= 64) continue;
      const limb = `<u64>s${i}`;
      parts.push(
        shift === 0 ? limb : shift > 0 ? `(${limb} << ${shift})` : `(${limb} >> ${-shift})`,
      );
    }
    return `  store<u64>(out, ${parts.join(" | ")}, ${8 * word});`;
  });
}

/** Limb i of a little-endian number of \`limbs\` limbs; the last one takes all bits that are left. */
const limb = (at: string, i: number, limbs: number) => {
  const bit = 21 * i;
  const word = `load<u32>(${at}, ${bit >> 3}) >> ${bit & 7}`;
  return i === limbs - 1 ? `<i64>(${word})` : `<i64>((${word}) & 0x1fffff)`;
};

export function scalarSource(): string {
  const products = range(0, 22).map((k) => {
    const terms = k < 12 ? [`c${k}`] : [];
    for (let i = Math.max(0, k - 11); i <= Math.min(11, k); i++) terms.push(`a${i} * b${k - i}`);
    return `  let s${k} = ${terms.join(" + ")};`;
  });
  return `// Written by assembly/generate/scalar.ts. Do not edit.

/** out = the 64-byte number at \`wide\` modulo L, 32 bytes, below L. */
export function reduceWide(out: usize, wide: usize): void {
${range(0, 23)
  .map((i) => `  let s${i} = ${limb("wide", i, 24)};`)
  .join("\n")}
  let carry: i64;
${reduceAndStore()}
}

/** out = a * b + c modulo L; all have 32 bytes, the result is below L. */
export function multiplyAdd(out: usize, a: usize, b: usize, c: usize): void {
${range(0, 11)
  .map(
    (i) =>
      `  const a${i} = ${limb("a", i, 12)}, b${i} = ${limb("b", i, 12)}, c${i} = ${limb("c", i, 12)};`,
  )
  .join("\n")}
${products.join("\n")}
  let s23: i64 = 0;
  let carry: i64;
${range(0, 22, 2).map(carryRounded).join("\n")}
${range(1, 21, 2).map(carryRounded).join("\n")}
${reduceAndStore()}
}
`;
}
