// Writes generated/sha2.ts: SHA-256 for one message and for four in the lanes of v128, and SHA-512. Rounds
// are unrolled by eight, so that the eight working variables keep their names without being moved.

/** First `bits` bits of the fractional part of the `root`-th root of `n`, by integer Newton search. */
function rootFraction(n, root, bits) {
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

function primes(count) {
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n);
  return found;
}

const hex = (value, bits) => `0x${value.toString(16).padStart(bits / 4, "0")}`;
const constants = (count, root, bits) => primes(count).map((p) => rootFraction(p, root, bits));
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Eight rounds; `round` gives the lines of one for the names in their present roles. */
function eightRounds(round) {
  const lines = [];
  let names = NAMES;
  for (let i = 0; i < 8; i++) {
    lines.push(...round(names, i));
    names = [names[7], ...names.slice(0, 7)];
  }
  return lines.join("\n");
}

function scalar(type, bits, rounds, S0, S1, s0, s1) {
  const bytes = bits / 8;
  const R = (x, n) => `rotr<${type}>(${x}, ${n})`;
  const big = (x, [p, q, r]) => `${R(x, p)} ^ ${R(x, q)} ^ ${R(x, r)}`;
  const small = (x, [p, q, r]) => `${R(x, p)} ^ ${R(x, q)} ^ (${x} >> ${r})`;
  const name = bits === 32 ? "256" : "512";
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
${NAMES.map((n, i) => `  let ${n} = load<${type}>(state, ${i * bytes});`).join("\n")}
  for (let t: usize = 0; t < ${rounds * bytes}; t += ${8 * bytes}) {
${eightRounds(([a, b, c, d, e, f, g, h], i) => [
  `    ${h} += (${big(e, S1)}) + (${g} ^ (${e} & (${f} ^ ${g}))) + load<${type}>(K${name} + t, ${i * bytes}) + load<${type}>(W${name} + t, ${i * bytes});`,
  `    ${d} += ${h};`,
  `    ${h} += (${big(a, S0)}) + ((${a} & ${b}) | (${c} & (${a} | ${b})));`,
])}
  }
${NAMES.map((n, i) => `  store<${type}>(state, load<${type}>(state, ${i * bytes}) + ${n}, ${i * bytes});`).join("\n")}
}
`;
}

function fourLanes() {
  const R = (x, n) => `v128.or(i32x4.shr_u(${x}, ${n}), i32x4.shl(${x}, ${32 - n}))`;
  const xor3 = (p, q, r) => `v128.xor(v128.xor(${p}, ${q}), ${r})`;
  const big = (x, p, q, r) => xor3(R(x, p), R(x, q), R(x, r));
  const small = (x, p, q, r) => xor3(R(x, p), R(x, q), `i32x4.shr_u(${x}, ${r})`);
  return `
/** Schedule of four messages: row t (16 bytes) holds word t of each; the caller fills rows 0..15. */
export const LANE_WORDS = memory.data(1024, 16);

/** The initial state of SHA-256 in each of four lanes: eight rows. */
export function sha256Start4(state: usize): void {
${constants(8, 2, 32)
  .map((k, i) => `  v128.store(state, i32x4.splat(${hex(k, 32)}), ${16 * i});`)
  .join("\n")}
}

/** One block of each of four messages, whose words are rows 0..15 of LANE_WORDS. */
export function sha256Block4(state: usize): void {
  for (let w = LANE_WORDS; w < LANE_WORDS + 768; w += 16) {
    const w1 = v128.load(w, 16), w14 = v128.load(w, 224);
    v128.store(
      w,
      i32x4.add(
        i32x4.add(v128.load(w), ${small("w1", 7, 18, 3)}),
        i32x4.add(v128.load(w, 144), ${small("w14", 17, 19, 10)}),
      ),
      256,
    );
  }
${NAMES.map((n, i) => `  let ${n} = v128.load(state, ${16 * i});`).join("\n")}
  for (let t: usize = 0; t < 64; t += 8) {
    const k = K256 + (t << 2), w = LANE_WORDS + (t << 4);
${eightRounds(([a, b, c, d, e, f, g, h], i) => [
  `    ${h} = i32x4.add(i32x4.add(${h}, i32x4.add(v128.load_splat<u32>(k, ${4 * i}), v128.load(w, ${16 * i}))), i32x4.add(v128.bitselect(${f}, ${g}, ${e}), ${big(e, 6, 11, 25)}));`,
  `    ${d} = i32x4.add(${d}, ${h});`,
  `    ${h} = i32x4.add(${h}, i32x4.add(v128.bitselect(${c}, ${a}, v128.xor(${a}, ${b})), ${big(a, 2, 13, 22)}));`,
])}
  }
${NAMES.map((n, i) => `  v128.store(state, i32x4.add(v128.load(state, ${16 * i}), ${n}), ${16 * i});`).join("\n")}
}
`;
}

export function sha2Source() {
  return `// Written by assembly/generate/sha2.mjs. Do not edit.
${scalar("u32", 32, 64, [2, 13, 22], [6, 11, 25], [7, 18, 3], [17, 19, 10])}
${fourLanes()}
${scalar("u64", 64, 80, [28, 34, 39], [14, 18, 41], [1, 8, 7], [19, 61, 6])}`;
}
