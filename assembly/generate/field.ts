// Writes generated/field.ts: multiplication and squaring modulo p = 2^255 - 19 on pairs of field elements, in
// v128 lanes and in scalar code, over one memory layout; and the constants of the curve. assembly/README.md
// has the representation, the bounds and the reasons for the shape of the code.

const P = 2n ** 255n - 19n;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = base % P, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) {
    if (e & 1n) result = (result * b) % P;
  }
  return result;
}

const D = ((((P - 121665n) * power(121666n, P - 2n)) % P) + P) % P;
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);
/** Bit at which limb i begins: ceil(25.5 * i). */
const bitOf = (i: number) => Math.ceil(25.5 * i);

/** The 20 words of a pair that holds `value` in both lanes. */
function pairWords(value: bigint): string {
  const limbs = Array.from({ length: 10 }, (_, i) => {
    const bits = BigInt(bitOf(i + 1) - bitOf(i));
    return (value >> BigInt(bitOf(i))) & ((1n << bits) - 1n);
  });
  return five
    .flatMap((i) => [limbs[2 * i], limbs[2 * i], limbs[2 * i + 1], limbs[2 * i + 1]])
    .join(", ");
}

/** Which halves of two rows are multiplied: the even limbs or the odd ones. */
type Half = "low" | "high";
/** The line that takes row i of a result. */
type RowLine = (i: number, value: string) => string;

const five = [0, 1, 2, 3, 4];
const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const sum = (terms: readonly string[]) => terms.reduce((a, b) => `i64x2.add(${a}, ${b})`);
const product = (half: Half, a: string, b: string) => `i64x2.extmul_${half}_i32x4_u(${a}, ${b})`;

/** Column k of the cyclic convolution of a0..a4 and b0..b4; b1x19.. are b1.. times 19. */
function column(half: Half, a: string, b: string, k: number): string {
  return sum(
    five.map((i) => {
      const j = (k - i + 5) % 5;
      return product(half, `${a}${i}`, i > k ? `${b}${j}x19` : `${b}${j}`);
    }),
  );
}

/** Limbs that carry into the next one, in order. */
const CHAIN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1];

/**
 * From columns h0..h9 to the rows `row(i)` of a reduced pair. `top` may add to what limb 9 carries. A limb is masked on
 * the way only if it is still added to; the others are masked two by two in their rows.
 */
export function vectorCarries(row: RowLine, top = ""): string {
  const carryOut = (i: number) => `  carry = i64x2.shr_u(h${i}, ${i % 2 === 0 ? 26 : 25});`;
  const into = (i: number) => `  h${i} = i64x2.add(h${i}, carry);`;
  const lines = ["  let carry: v128;"];
  for (const [n, i] of CHAIN.entries()) {
    lines.push(carryOut(i));
    if (i === 1) {
      // First and second time: limb 1 is still added to, limb 2 then gets the last carry.
      if (n === 0) lines.push("  h1 = v128.and(h1, i64x2.splat(0x1ffffff));");
      else lines.push("  h2 = v128.and(h2, i64x2.splat(0x3ffffff));");
    }
    if (i === 9) {
      lines.push(
        top,
        "  carry = i64x2.add(i64x2.add(i64x2.shl(carry, 4), i64x2.shl(carry, 1)), carry);",
      );
    }
    lines.push(into((i + 1) % 10));
  }
  lines.push(
    "  const mask = i64x2(0x03ffffff03ffffff, 0x01ffffff01ffffff);",
    "  const oddMask = i64x2(-1, 0x01ffffff01ffffff);",
    ...five.map((i) => {
      const packed = `i32x4.shuffle(h${2 * i}, h${2 * i + 1}, 0, 2, 4, 6)`;
      return row(i, `v128.and(${packed}, ${i === 1 ? "oddMask" : "mask"})`);
    }),
  );
  return lines.join("\n");
}

/**
 * From the columns x0..x4, y0..y4 and u0..u4 (`u(k)` reads one) to the rows of the product. 38 y4 goes into limb 0
 * together with what limb 9 carries.
 */
function vectorReduce(u: (k: number) => string, row: RowLine): string {
  return [
    "  let h0 = x0;",
    ...[1, 2, 3, 4].map((k) => `  let h${2 * k} = i64x2.add(x${k}, i64x2.shl(y${k - 1}, 1));`),
    ...five.map((k) => `  let h${2 * k + 1} = i64x2.sub(${u(k)}, i64x2.add(x${k}, y${k}));`),
    vectorCarries(row, "  carry = i64x2.add(carry, i64x2.shl(y4, 1));"),
  ].join("\n");
}

/** Lines that load rows of the operand at `at`, each by the name that it gets. */
const loadRows = (name: (i: number) => string, at: string, rows: readonly number[]) =>
  rows.map((i) => `  const ${name(i)} = v128.load(${at}, ${16 * i});`).join("\n");

function vectorMul(): string {
  return `
const COLUMNS_U = memory.data(80, 16);
const COLUMNS_X = memory.data(80, 16);
/** Of the second operand: rows times 19, sums of even and odd limbs, and those times 19. */
const TIMES_19 = memory.data(80, 16);
const SUMS = memory.data(80, 16);
const SUMS_19 = memory.data(80, 16);

/** Prepares the second operand of \`mulPrepared\`. */
export function prepareLanes(b: usize): void {
  const nineteen = i32x4.splat(19);
${loadRows((i) => `b${i}`, "b", five)}
${five.map((i) => `  v128.store(SUMS, i32x4.add(b${i}, i32x4.shuffle(b${i}, b${i}, 2, 3, 0, 1)), ${16 * i});`).join("\n")}
${[1, 2, 3, 4].map((i) => `  const n${i} = i32x4.mul(b${i}, nineteen);`).join("\n")}
${[1, 2, 3, 4].map((i) => `  v128.store(TIMES_19, n${i}, ${16 * i});`).join("\n")}
${[1, 2, 3, 4].map((i) => `  v128.store(SUMS_19, i32x4.add(n${i}, i32x4.shuffle(n${i}, n${i}, 2, 3, 0, 1)), ${16 * i});`).join("\n")}
}

/** out = a * b in both lanes, by three 5x5 convolutions (Karatsuba over even and odd limbs). */
export function mulLanes(out: usize, a: usize, b: usize): void {
  prepareLanes(b);
  mulPrepared(out, a, b);
}

/** out1 = a1 * b and out2 = a2 * b. \`out1\` is neither \`a2\` nor \`b\`, \`out2\` is not \`b\`. */
export function mulTwiceLanes(out1: usize, a1: usize, out2: usize, a2: usize, b: usize): void {
  prepareLanes(b);
  mulPrepared(out1, a1, b);
  mulPrepared(out2, a2, b);
}

/** out = a * b, after \`prepareLanes(b)\`. */
function mulPrepared(out: usize, a: usize, b: usize): void {
  // u: convolution of the sums of even and odd limbs.
${loadRows((i) => `a${i}`, "a", five)}
${five.map((i) => `  const s${i} = i32x4.add(a${i}, i32x4.shuffle(a${i}, a${i}, 2, 3, 0, 1));`).join("\n")}
${loadRows((i) => `t${i}`, "SUMS", five)}
${loadRows((i) => `t${i}x19`, "SUMS_19", [1, 2, 3, 4])}
${five.map((k) => `  v128.store(COLUMNS_U, ${column("low", "s", "t", k)}, ${16 * k});`).join("\n")}
  // The address is never odd. The branch keeps V8 from scheduling the three parts into one another, which
  // would need more registers than there are.
  if (out == 1) unreachable();
  // x: convolution of the even limbs.
${five.map((i) => `  const e${i} = v128.load(a, ${16 * i}), f${i} = v128.load(b, ${16 * i});`).join("\n")}
${loadRows((i) => `f${i}x19`, "TIMES_19", [1, 2, 3, 4])}
${five.map((k) => `  v128.store(COLUMNS_X, ${column("low", "e", "f", k)}, ${16 * k});`).join("\n")}
  if (out == 3) unreachable();
  // y: convolution of the odd limbs; then u - x - y is what even and odd limbs give together.
${five.map((i) => `  const o${i} = v128.load(a, ${16 * i}), p${i} = v128.load(b, ${16 * i});`).join("\n")}
${loadRows((i) => `p${i}x19`, "TIMES_19", [1, 2, 3, 4])}
${five.map((k) => `  const y${k} = ${column("high", "o", "p", k)};`).join("\n")}
${five.map((k) => `  const x${k} = v128.load(COLUMNS_X, ${16 * k});`).join("\n")}
${vectorReduce(
  (k) => `v128.load(COLUMNS_U, ${16 * k})`,
  (i, value) => `  v128.store(out, ${value}, ${16 * i});`,
)}
}
`;
}

/**
 * Column k of the square of v0..v4, of products with i <= j. Those that come twice have a doubled first operand, those
 * that wrap have j >= 3 and a second operand times 19.
 */
function squareColumn(half: Half, v: string, k: number): string {
  const terms: string[] = [];
  for (const i of five) {
    for (const j of five) {
      if (j < i || (i + j) % 5 !== k) continue;
      const first = i === j ? `${v}${i}` : `${v}${i}x2`;
      terms.push(product(half, first, i + j >= 5 ? `${v}${j}x19` : `${v}${j}`));
    }
  }
  return sum(terms);
}

function vectorSquare(): string {
  const double = (v: string) =>
    [0, 1, 2, 3].map((i) => `  const ${v}${i}x2 = i32x4.shl(${v}${i}, 1);`).join("\n");
  const swapped = (v: string) => `i32x4.add(${v}, i32x4.shuffle(${v}, ${v}, 2, 3, 0, 1))`;
  return `
const ROWS = memory.data(80, 16);
const ROWS_2 = memory.data(64, 16);
const ROWS_19 = memory.data(80, 16);
const COLUMNS_Y = memory.data(80, 16);

/** out = a squared \`count\` >= 1 times, in both lanes: three convolutions as in \`mulLanes\`. */
export function squareLanes(out: usize, a: usize, count: u32): void {
  const nineteen = i32x4.splat(19);
${five.map((i) => `  let v${i} = v128.load(a, ${16 * i});`).join("\n")}
  do {
  // y: square of the odd limbs.
${[3, 4].map((i) => `  const v${i}x19 = i32x4.mul(v${i}, nineteen);`).join("\n")}
${double("v")}
${five.map((k) => `  v128.store(COLUMNS_Y, ${squareColumn("high", "v", k)}, ${16 * k});`).join("\n")}
${five.map((i) => `  v128.store(ROWS, v${i}, ${16 * i});`).join("\n")}
${[3, 4].map((i) => `  v128.store(ROWS_19, v${i}x19, ${16 * i});`).join("\n")}
${[0, 1, 2, 3].map((i) => `  v128.store(ROWS_2, v${i}x2, ${16 * i});`).join("\n")}
  if (out == 1) unreachable();
  // u: square of the sums of even and odd limbs.
${five.map((i) => `  const r${i} = v128.load(ROWS, ${16 * i}), s${i} = ${swapped(`r${i}`)};`).join("\n")}
${[3, 4].map((i) => `  const r${i}x19 = v128.load(ROWS_19, ${16 * i}), s${i}x19 = ${swapped(`r${i}x19`)};`).join("\n")}
${double("s")}
${five.map((k) => `  v128.store(COLUMNS_U, ${squareColumn("low", "s", k)}, ${16 * k});`).join("\n")}
  if (out == 3) unreachable();
  // x: square of the even limbs; u - x - y is twice the product of even and odd limbs.
${loadRows((i) => `e${i}`, "ROWS", five)}
${loadRows((i) => `e${i}x19`, "ROWS_19", [3, 4])}
${loadRows((i) => `e${i}x2`, "ROWS_2", [0, 1, 2, 3])}
${five.map((k) => `  const x${k} = ${squareColumn("low", "e", k)};`).join("\n")}
${loadRows((k) => `y${k}`, "COLUMNS_Y", five)}
${vectorReduce(
  (k) => `v128.load(COLUMNS_U, ${16 * k})`,
  (i, value) => `  v${i} = ${value};`,
)}
  } while (--count != 0);
${five.map((i) => `  v128.store(out, v${i}, ${16 * i});`).join("\n")}
}
`;
}

const wordOf = (i: number) => 16 * (i >> 1) + 8 * (i & 1);

function scalarCarries() {
  const lines = ["  let carry: u64;"];
  for (const i of CHAIN) {
    const bits = i % 2 === 0 ? 26 : 25;
    const mask = bits === 26 ? "0x3ffffff" : "0x1ffffff";
    lines.push(
      `  carry = h${i} >> ${bits}; h${i} &= ${mask}; h${(i + 1) % 10} += ${i === 9 ? "19 * " : ""}carry;`,
    );
  }
  return lines.join("\n");
}

const scalarStores = () =>
  ten.map((i) => `  store<u32>(out, <u32>h${i}, ${wordOf(i)});`).join("\n");

function scalarMul() {
  const columns = ten.map((k) => {
    const terms = ten.map((i) => {
      const j = (k - i + 10) % 10;
      const left = i % 2 === 1 && j % 2 === 1 ? `f${i}x2` : `f${i}`;
      return `${left} * ${i > k ? `g${j}x19` : `g${j}`}`;
    });
    return `  let h${k} = ${terms.join(" + ")};`;
  });
  return `
/** out = a * b in one lane; the addresses are those of the lane's first word. */
function mulLane(out: usize, a: usize, b: usize): void {
${ten.map((i) => `  const f${i} = <u64>load<u32>(a, ${wordOf(i)}), g${i} = <u64>load<u32>(b, ${wordOf(i)});`).join("\n")}
${[1, 3, 5, 7, 9].map((i) => `  const f${i}x2 = f${i} << 1;`).join("\n")}
${ten
  .slice(1)
  .map((i) => `  const g${i}x19 = 19 * g${i};`)
  .join("\n")}
${columns.join("\n")}
${scalarCarries()}
${scalarStores()}
}

/** out = a * b in both lanes, one lane after the other. */
export function mulBoth(out: usize, a: usize, b: usize): void {
  mulLane(out, a, b);
  mulLane(out + 4, a + 4, b + 4);
}
`;
}

function scalarSquare() {
  const columns = ten.map((k) => {
    const terms: string[] = [];
    for (const i of ten) {
      for (const j of ten) {
        if (j < i || (i + j) % 10 !== k) continue;
        const factor = (i === j ? 1 : 2) * (i % 2 === 1 && j % 2 === 1 ? 2 : 1);
        const left = factor === 1 ? `f${i}` : `f${i}x${factor}`;
        terms.push(`${left} * ${i + j >= 10 ? `f${j}x19` : `f${j}`}`);
      }
    }
    return `  h${k} = ${terms.join(" + ")};`;
  });
  return `
function squareLane(out: usize, a: usize, count: u32): void {
${ten.map((i) => `  let h${i} = <u64>load<u32>(a, ${wordOf(i)});`).join("\n")}
  do {
${ten.map((i) => `  const f${i} = h${i}, f${i}x2 = h${i} << 1;`).join("\n")}
${[1, 3, 5, 7, 9].map((i) => `  const f${i}x4 = h${i} << 2;`).join("\n")}
${[5, 6, 7, 8, 9].map((i) => `  const f${i}x19 = 19 * h${i};`).join("\n")}
${columns.join("\n")}
${scalarCarries()}
  } while (--count != 0);
${scalarStores()}
}

/** out = a squared \`count\` >= 1 times, in both lanes. */
export function squareBoth(out: usize, a: usize, count: u32): void {
  squareLane(out, a, count);
  squareLane(out + 4, a + 4, count);
}
`;
}

export function fieldSource(): string {
  return `// Written by assembly/generate/field.ts. Do not edit.

/** Pairs with the same value in both lanes. */
export const ONE = memory.data<u32>([${pairWords(1n)}], 16);
/** d of the curve -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, 5.1), and twice it. */
export const CURVE_D = memory.data<u32>([${pairWords(D)}], 16);
export const CURVE_2D = memory.data<u32>([${pairWords((2n * D) % P)}], 16);
/** A square root of -1. */
export const ROOT_MINUS_ONE = memory.data<u32>([${pairWords(SQRT_MINUS_ONE)}], 16);
${vectorMul()}${vectorSquare()}${scalarMul()}${scalarSquare()}`;
}
