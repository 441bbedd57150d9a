// Writes generated/blake3.ts: the BLAKE3 compression unrolled, once for one block in scalar code and
// once for four blocks in the lanes of v128. AssemblyScript has neither macros nor several results
// of a function, so a quarter round over locals can only be written out, and a program writes it out.

import { at } from "./list.js";

const IV = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const QUARTERS: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];

const hex = (word: number) => `0x${word.toString(16).padStart(8, "0")}`;

/** Lines of one G over words a, b, c, d of the state and words x, y of the message. */
type Quarter = (
  a: number,
  b: number,
  c: number,
  d: number,
  x: number,
  y: number,
) => readonly string[];

/** Lines of the seven rounds. */
function rounds(quarter: Quarter): string[] {
  const lines: string[] = [];
  let schedule = Array.from({ length: 16 }, (_, i) => i);
  for (let round = 0; round < 7; round++) {
    lines.push(`  // round ${round + 1}`);
    QUARTERS.forEach(([a, b, c, d], i) => {
      lines.push(...quarter(a, b, c, d, at(schedule, 2 * i), at(schedule, 2 * i + 1)));
    });
    schedule = PERMUTATION.map((index) => at(schedule, index));
  }
  return lines;
}

const scalarQuarter: Quarter = (a, b, c, d, x, y) => {
  return [
    `  s${a} += s${b} + load<u32>(block, ${4 * x}); s${d} = rotr<u32>(s${d} ^ s${a}, 16);`,
    `  s${c} += s${d}; s${b} = rotr<u32>(s${b} ^ s${c}, 12);`,
    `  s${a} += s${b} + load<u32>(block, ${4 * y}); s${d} = rotr<u32>(s${d} ^ s${a}, 8);`,
    `  s${c} += s${d}; s${b} = rotr<u32>(s${b} ^ s${c}, 7);`,
  ];
};

/*
 * Four lanes need 16 words of state, two masks for rotations by whole bytes and some room, and x64 has 15 usable
 * registers. Left to itself V8 keeps the excess on the stack, where an address that is no multiple of 16 makes
 * some of the accesses cross a cache line. So the first row of the state has a place of its own, and as V8 keeps
 * loads and stores in order, one quarter round is finished before the next one begins; the processor overlaps
 * them. With more rows there it is slower: each value has to pass through memory before it is used again.
 */
const FIRST_ROW = [0, 1, 2, 3];

const laneQuarter: Quarter = (a, b, c, d, x, y) => {
  const rotateByShift = (v: string, bits: number) =>
    `v128.or(i32x4.shr_u(${v}, ${bits}), i32x4.shl(${v}, ${32 - bits}))`;
  const rotateBytes = (v: string, by: string) => `i8x16.swizzle(${v}, ${by})`;
  return [
    `  s${a} = v128.load(ROW, ${16 * a});`,
    `  s${a} = i32x4.add(i32x4.add(s${a}, s${b}), v128.load(words, ${16 * x}));`,
    `  s${d} = ${rotateBytes(`v128.xor(s${d}, s${a})`, "by16")};`,
    `  s${c} = i32x4.add(s${c}, s${d}); s${b} = v128.xor(s${b}, s${c});`,
    `  s${b} = ${rotateByShift(`s${b}`, 12)};`,
    `  s${a} = i32x4.add(i32x4.add(s${a}, s${b}), v128.load(words, ${16 * y}));`,
    `  s${d} = ${rotateBytes(`v128.xor(s${d}, s${a})`, "by8")};`,
    `  s${c} = i32x4.add(s${c}, s${d}); s${b} = v128.xor(s${b}, s${c});`,
    `  s${b} = ${rotateByShift(`s${b}`, 7)};`,
    `  v128.store(ROW, s${a}, ${16 * a});`,
  ];
};

const eight = [0, 1, 2, 3, 4, 5, 6, 7];

/** The state of four lanes before the first round, by where the chaining values and the counter come from. */
function laneSetup(chain: (i: number) => string, counter: readonly [string, string]): string {
  return `  const by16 = i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  const by8 = i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
${eight.map((i) => `  let s${i} = ${chain(i)};`).join("\n")}
${[0, 1, 2, 3].map((i) => `  let s${8 + i} = i32x4.splat(${hex(at(IV, i))});`).join("\n")}
  let s12 = ${counter[0]}, s13 = ${counter[1]}, s14 = i32x4.splat(64), s15 = i32x4.splat(flags);`;
}

/** The rounds in four lanes; the new chaining values go to eight rows at `out`. */
function laneRounds(out: string): string {
  return `${FIRST_ROW.map((i) => `  v128.store(ROW, s${i}, ${16 * i});`).join("\n")}
${rounds(laneQuarter).join("\n")}
${FIRST_ROW.map((i) => `  s${i} = v128.load(ROW, ${16 * i});`).join("\n")}
${eight.map((i) => `  v128.store(${out}, v128.xor(s${i}, s${i + 8}), ${16 * i});`).join("\n")}`;
}

export function blake3Source(): string {
  return `// Written by assembly/generate/blake3.ts. Do not edit.

/**
 * One BLAKE3 compression: reads the chaining value at \`cv\` (32 bytes) and the message at \`block\`
 * (64 bytes), writes the new chaining value to \`out\` (32 bytes, may be \`cv\`).
 */
export function compress(
  cv: usize, block: usize, out: usize, counter: u64, blockLength: u32, flags: u32,
): void {
${eight.map((i) => `  let s${i} = load<u32>(cv, ${4 * i});`).join("\n")}
${[0, 1, 2, 3].map((i) => `  let s${8 + i}: u32 = ${hex(at(IV, i))};`).join("\n")}
  let s12 = <u32>counter, s13 = <u32>(counter >> 32), s14 = blockLength, s15 = flags;
${rounds(scalarQuarter).join("\n")}
${eight.map((i) => `  store<u32>(out, s${i} ^ s${i + 8}, ${4 * i});`).join("\n")}
}

/** First row of the state in four lanes, for which there are no registers. */
const ROW = memory.data(64, 16);

/**
 * Four BLAKE3 compressions of whole blocks (64 bytes) that each are a chunk of their own with counter 0.
 * \`words\` holds word t of the four messages at 16 * t; \`key\` the chaining value of all four. Writes the
 * four results as 8 rows of four words to \`words\`.
 */
export function compress4(words: usize, key: usize, flags: u32): void {
${laneSetup((i) => `v128.load_splat<u32>(key, ${4 * i})`, ["i32x4.splat(0)", "i32x4.splat(0)"])}
${laneRounds("words")}
}

/**
 * Four BLAKE3 compressions of whole blocks, each of a chunk of its own. \`words\` as for compress4; \`chains\` holds
 * the chaining values as 8 rows of four words, and gets the new ones; \`counters\` the low words of the
 * chunks' numbers and 16 bytes further the high ones.
 */
export function compressChunks4(words: usize, chains: usize, counters: usize, flags: u32): void {
${laneSetup((i) => `v128.load(chains, ${16 * i})`, ["v128.load(counters)", "v128.load(counters, 16)"])}
${laneRounds("chains")}
}
`;
}
