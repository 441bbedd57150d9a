// Writes generated/sha2.ts: SHA-256 for one message and for eight in the lanes of v128 (two groups of
// four), and SHA-512. Rounds are unrolled by eight, so that the eight working variables keep their names
// without being moved.

import { at } from "./list.js";

/** First `bits` bits of the fractional part of the `root`-th root of `n`, by integer Newton search. */
function rootFraction(n: number, root: number, bits: number): bigint {
  const scaled = BigInt(n) << BigInt(root * bits);
  let low = 0n;
  let high = 1n << BigInt(bits + 10);
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** BigInt(root) <= scaled) low = middle;
    else high = middle - 1n;
  }
  return low & ((1n << BigInt(bits)) - 1n);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n);
  return found;
}

const hex = (value: number | bigint, bits: number) =>
  `0x${value.toString(16).padStart(bits / 4, "0")}`;
const constants = (count: number, root: number, bits: number) =>
  primes(count).map((p) => rootFraction(p, root, bits));
type Names = readonly [string, string, string, string, string, string, string, string];
const NAMES: Names = ["a", "b", "c", "d", "e", "f", "g", "h"];
/** Three distances of rotations, or two and one of a shift. */
type Three = readonly [number, number, number];

/**
 * Schedule plus round constants of the block that ends every message of 64 bytes: a one bit, zeros and
 * the length, 512 bits. It is the same for all of them, so its schedule is computed here.
 */
function paddingRounds(): number[] {
  const rotr = (x: number, n: number) => ((x >>> n) | (x << (32 - n))) >>> 0;
  const w = [0x80000000, ...Array.from({ length: 14 }, () => 0), 512];
  for (let t = 16; t < 64; t++) {
    const w1 = at(w, t - 15);
    const w14 = at(w, t - 2);
    const s0 = rotr(w1, 7) ^ rotr(w1, 18) ^ (w1 >>> 3);
    const s1 = rotr(w14, 17) ^ rotr(w14, 19) ^ (w14 >>> 10);
    w.push((at(w, t - 16) + s0 + at(w, t - 7) + s1) >>> 0);
  }
  return constants(64, 3, 32).map((k, t) => (at(w, t) + Number(k)) >>> 0);
}

/** Eight rounds; `round` gives the lines of one for the names in their present roles. */
function eightRounds(round: (names: Names, i: number) => readonly string[]): string {
  const lines: string[] = [];
  let names: Names = NAMES;
  for (let i = 0; i < 8; i++) {
    lines.push(...round(names, i));
    const [a, b, c, d, e, f, g, h] = names;
    names = [h, a, b, c, d, e, f, g];
  }
  return lines.join("\n");
}

function scalar(
  type: "u32" | "u64",
  bits: 32 | 64,
  rounds: number,
  S0: Three,
  S1: Three,
  s0: Three,
  s1: Three,
): string {
  const bytes = bits / 8;
  const R = (x: string, n: number) => `rotr<${type}>(${x}, ${n})`;
  const big = (x: string, [p, q, r]: Three) => `${R(x, p)} ^ ${R(x, q)} ^ ${R(x, r)}`;
  const small = (x: string, [p, q, r]: Three) => `${R(x, p)} ^ ${R(x, q)} ^ (${x} >> ${r})`;
  const name = bits === 32 ? "256" : "512";
  /** Rounds over \`state\`; \`term\` is K + W of the round whose offset is put for #. */
  const compression = (term: string) => `
${NAMES.map((n, i) => `  let ${n} = load<${type}>(state, ${i * bytes});`).join("\n")}
  for (let t: usize = 0; t < ${rounds * bytes}; t += ${8 * bytes}) {
${eightRounds(([a, b, c, d, e, f, g, h], i) => [
  `    ${h} += (${big(e, S1)}) + (${g} ^ (${e} & (${f} ^ ${g}))) + ${term.replaceAll("#", String(i * bytes))};`,
  `    ${d} += ${h};`,
  `    ${h} += (${big(a, S0)}) + ((${a} & ${b}) | (${c} & (${a} | ${b})));`,
])}
  }
${NAMES.map((n, i) => `  store<${type}>(state, load<${type}>(state, ${i * bytes}) + ${n}, ${i * bytes});`).join("\n")}`;
  return `
const K${name} = memory.data<${type}>([
${constants(rounds, 3, bits)
  .map((k) => `  ${hex(k, bits)},`)
  .join("\n")}
]);
const W${name} = memory.data(${rounds * bytes}, 16);

/** The initial state of SHA-${name}. */
export function sha${name}Start(state: usize): void {
${constants(8, 2, bits)
  .map((k, i) => `  store<${type}>(state, ${hex(k, bits)}, ${i * bytes});`)
  .join("\n")}
}

/** One block: adds the compression of the ${16 * bytes} bytes at \`block\` to \`state\`. */
export function sha${name}Block(state: usize, block: usize): void {
${Array.from({ length: 16 }, (_, t) => `  store<${type}>(W${name}, bswap<${type}>(load<${type}>(block, ${t * bytes})), ${t * bytes});`).join("\n")}
  for (let w = W${name}; w < W${name} + ${(rounds - 16) * bytes}; w += ${bytes}) {
    const w1 = load<${type}>(w, ${bytes}), w14 = load<${type}>(w, ${14 * bytes});
    store<${type}>(
      w,
      load<${type}>(w) + (${small("w1", s0)}) + load<${type}>(w, ${9 * bytes}) + (${small("w14", s1)}),
      ${16 * bytes},
    );
  }
${compression(`load<${type}>(K${name} + t, #) + load<${type}>(W${name} + t, #)`)}
}
${
  bits === 32
    ? `
/** The block that ends a message of 64 bytes, whose schedule is known. */
export function sha256Padding(state: usize): void {
${compression("load<u32>(PADDING_ROUNDS + t, #)")}
}`
    : ""
}
`;
}

/** The two groups of four lanes, by the suffix of their variables. */
const GROUPS = ["p", "q"];
/** Bytes of one group's schedule, and of its state. */
const SCHEDULE_BYTES = 1024;
const STATE_BYTES = 128;

/** A binary operation over any number of terms, as a balanced tree: few steps from each term to the result. */
function tree(operation: string, terms: readonly string[]): string {
  if (terms.length === 1) return at(terms, 0);
  const half = terms.length >> 1;
  return `${operation}(${tree(operation, terms.slice(0, half))}, ${tree(operation, terms.slice(half))})`;
}

/*
 * There is no rotation in Wasm's SIMD: two shifts each, joined by the same xor as everything else. The three
 * vector units are the limit (5,400 operations for four messages of 64 bytes), but only if they always find
 * something to do. One group alone leaves a quarter of them idle, because its rounds wait for each other; and V8
 * does not keep the order of the source within a block, but puts the whole chain of one group before that of the
 * other. It does keep the order of loads and stores. So each round begins with a load that it needs, and ends
 * with a store of what it made, which nobody reads: that alone makes the two groups take turns.
 */
function lanes(): string {
  const add = (...terms: string[]) => tree("i32x4.add", terms);
  const xor = (...terms: string[]) => tree("v128.xor", terms);
  const right = (x: string, n: number) => `i32x4.shr_u(${x}, ${n})`;
  const left = (x: string, n: number) => `i32x4.shl(${x}, ${32 - n})`;
  const big = (x: string, p: number, q: number, r: number) =>
    xor(...[p, q, r].map((n) => right(x, n)), ...[p, q, r].map((n) => left(x, n)));
  const small = (x: string, p: number, q: number, r: number) =>
    xor(right(x, p), right(x, q), right(x, r), left(x, p), left(x, q));
  const forGroups = (lines: (suffix: string, group: number) => string) =>
    GROUPS.map(lines).join("\n");

  /** Rounds of both groups; `term(i, group)` is K + W of round i of eight. */
  const compression = (loop: string, term: (i: number, group: number) => string) => `
${forGroups((s, group) =>
  [
    ...NAMES.map((n, i) => `  let ${n}${s} = v128.load(state, ${group * STATE_BYTES + 16 * i});`),
    // Each round's a ^ b is the next one's b ^ c.
    `  let x${s}: v128, y${s} = v128.xor(b${s}, c${s});`,
  ].join("\n"),
)}
  ${loop} {
${eightRounds((names, i) =>
  GROUPS.flatMap((s, group) => {
    const [a, b, , d, e, f, g, h] = names.map((name) => name + s) as unknown as Names;
    const [now, before] = i % 2 === 0 ? (["x", "y"] as const) : (["y", "x"] as const);
    const choice = `v128.xor(${g}, v128.and(${e}, v128.xor(${f}, ${g})))`;
    const majority = `v128.xor(${b}, v128.and(${now}${s}, ${before}${s}))`;
    return [
      `    ${h} = ${add(`i32x4.add(${h}, ${term(i, group)})`, add(choice, big(e, 6, 11, 25)))};`,
      `    ${d} = ${add(d, h)};`,
      `    ${now}${s} = v128.xor(${a}, ${b});`,
      `    ${h} = ${add(h, add(majority, big(a, 2, 13, 22)))};`,
      `    v128.store(TURNS, ${d}); v128.store(TURNS, ${h}, 16);`,
    ];
  }),
)}
  }
${forGroups((s, group) =>
  NAMES.map((n, i) => {
    const at = group * STATE_BYTES + 16 * i;
    return `  v128.store(state, i32x4.add(v128.load(state, ${at}), ${n}${s}), ${at});`;
  }).join("\n"),
)}`;

  /** Eight words of the schedule of one group. */
  const schedule = (s: string, group: number) => {
    const word = (i: number) => `v128.load(w, ${group * SCHEDULE_BYTES + 16 * i})`;
    const recent = (i: number) => (i < 0 ? word(i + 16) : `w${i}${s}`);
    return Array.from({ length: 8 }, (_, i) =>
      [
        `    const w${i}${s} = ${add(word(i), small(word(i + 1), 7, 18, 3), word(i + 9), small(recent(i - 2), 17, 19, 10))};`,
        `    v128.store(w, w${i}${s}, ${group * SCHEDULE_BYTES + 256 + 16 * i});`,
      ].join("\n"),
    ).join("\n");
  };

  return `
/** Schedules of two groups of four messages: row t (16 bytes) holds word t of each; the caller fills rows 0..15. */
export const LANE_WORDS = memory.data(${GROUPS.length * SCHEDULE_BYTES}, 16);
/** Bytes from one group's schedule to the next. */
export const LANE_SCHEDULE_BYTES: usize = ${SCHEDULE_BYTES};
/** Bytes of the state of one group: eight rows. */
export const LANE_STATE_BYTES: usize = ${STATE_BYTES};
/** Written and never read, see assembly/generate/sha2.ts. */
const TURNS = memory.data(32, 16);

/** The initial state of SHA-256 in each of eight lanes. */
export function sha256Start8(state: usize): void {
${forGroups((_, group) =>
  constants(8, 2, 32)
    .map(
      (k, i) => `  v128.store(state, i32x4.splat(${hex(k, 32)}), ${group * STATE_BYTES + 16 * i});`,
    )
    .join("\n"),
)}
}

/** One block of each of eight messages, whose words are rows 0..15 of their group in LANE_WORDS. */
export function sha256Block8(state: usize): void {
  for (let w = LANE_WORDS; w < LANE_WORDS + 768; w += 128) {
${forGroups(schedule)}
  }
${compression(
  "for (let w = LANE_WORDS, k: usize = K256; w < LANE_WORDS + 1024; w += 128, k += 32)",
  (i, group) =>
    `i32x4.add(v128.load_splat<u32>(k, ${4 * i}), v128.load(w, ${group * SCHEDULE_BYTES + 16 * i}))`,
)}
}

/** The block that ends a message of 64 bytes, in each of eight lanes. */
export function sha256Padding8(state: usize): void {
${compression(
  "for (let k: usize = PADDING_ROUNDS; k < PADDING_ROUNDS + 256; k += 32)",
  (i) => `v128.load_splat<u32>(k, ${4 * i})`,
)}
}
`;
}

export function sha2Source(): string {
  return `// Written by assembly/generate/sha2.ts. Do not edit.

/** K + W of the block that ends a message of 64 bytes. */
const PADDING_ROUNDS = memory.data<u32>([
${paddingRounds()
  .map((value) => `  ${hex(value, 32)},`)
  .join("\n")}
]);
${scalar("u32", 32, 64, [2, 13, 22], [6, 11, 25], [7, 18, 3], [17, 19, 10])}
${lanes()}
${scalar("u64", 64, 80, [28, 34, 39], [14, 18, 41], [1, 8, 7], [19, 61, 6])}`;
}
