import { mulBoth, mulLanes, mulTwiceLanes, squareBoth, squareLanes } from "../generated/field";

/*
 * Pairs of field elements modulo p = 2^255 - 19. A pair has 80 bytes: limb 2i of lane l is the word at
 * 16 i + 4 l, limb 2i + 1 the word at 16 i + 8 + 4 l. A compact element, in tables and buckets, has 40 bytes:
 * limb i is word i. "Reduced" means even limbs below 2^26 + 2^14 and odd ones below 2^25 + 2^6; "alpha" of
 * a value is the multiple of that which its limbs stay below. README.md holds the bounds of all callers.
 */

export const PAIR_BYTES: usize = 80;
export const COMPACT_BYTES: usize = 40;

/** 2p with limbs larger than those of any reduced value, so that a + 2p - b never borrows. */
const TWICE_P_FIRST: u64 = 0x07ffffda07ffffda;
const TWICE_P_EVEN: u64 = 0x07fffffe07fffffe;
const TWICE_P_ODD: u64 = 0x03fffffe03fffffe;

/** out = a * b. alpha(a) * alpha(b) < 23, alpha(b) < 2.24; the result is reduced. May be in place. */
export function mul(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) mulLanes(out, a, b);
  else mulBoth(out, a, b);
}

/**
 * out1 = a1 * b and out2 = a2 * b, as `mul` but cheaper than two of them. `out1` is neither `a2` nor `b`, and
 * `out2` is not `b`.
 */
export function mulTwice(out1: usize, a1: usize, out2: usize, a2: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) mulTwiceLanes(out1, a1, out2, a2, b);
  else {
    mulBoth(out1, a1, b);
    mulBoth(out2, a2, b);
  }
}

/** out = a^(2^count), count >= 1. alpha(a) < 2.24; the result is reduced. May be in place. */
export function squareTimes(out: usize, a: usize, count: u32): void {
  if (ASC_FEATURE_SIMD) squareLanes(out, a, count);
  else squareBoth(out, a, count);
}

export function square(out: usize, a: usize): void {
  squareTimes(out, a, 1);
}

/** out = a + b without carries: alphas add up. */
export function add(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(out, i32x4.add(v128.load(a), v128.load(b)));
    v128.store(out, i32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(out, i32x4.add(v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(out, i32x4.add(v128.load(a, 48), v128.load(b, 48)), 48);
    v128.store(out, i32x4.add(v128.load(a, 64), v128.load(b, 64)), 64);
  } else {
    // Two words at a time: no word overflows, so nothing is carried from one into the other.
    for (let i: usize = 0; i < 80; i += 8) {
      store<u64>(out + i, load<u64>(a + i) + load<u64>(b + i));
    }
  }
}

/** out = a + 2p - b without carries, for a reduced b: alpha(out) = alpha(a) + 2. */
export function sub(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    const first = i64x2(TWICE_P_FIRST, TWICE_P_ODD),
      other = i64x2(TWICE_P_EVEN, TWICE_P_ODD);
    v128.store(out, i32x4.sub(i32x4.add(v128.load(a), first), v128.load(b)));
    v128.store(out, i32x4.sub(i32x4.add(v128.load(a, 16), other), v128.load(b, 16)), 16);
    v128.store(out, i32x4.sub(i32x4.add(v128.load(a, 32), other), v128.load(b, 32)), 32);
    v128.store(out, i32x4.sub(i32x4.add(v128.load(a, 48), other), v128.load(b, 48)), 48);
    v128.store(out, i32x4.sub(i32x4.add(v128.load(a, 64), other), v128.load(b, 64)), 64);
  } else {
    for (let i: usize = 0; i < 80; i += 16) {
      const even = i == 0 ? TWICE_P_FIRST : TWICE_P_EVEN;
      store<u64>(out + i, load<u64>(a + i) + even - load<u64>(b + i));
      store<u64>(out + i, load<u64>(a + i, 8) + TWICE_P_ODD - load<u64>(b + i, 8), 8);
    }
  }
}

/** out = a with every limb's excess moved to the next limb at once. alpha(a) < 32; the result is reduced. */
export function carry(out: usize, a: usize): void {
  if (ASC_FEATURE_SIMD) {
    const mask = i64x2(0x03ffffff03ffffff, 0x01ffffff01ffffff);
    const v0 = v128.load(a),
      v1 = v128.load(a, 16),
      v2 = v128.load(a, 32);
    const v3 = v128.load(a, 48),
      v4 = v128.load(a, 64);
    const c0 = excess(v0),
      c1 = excess(v1),
      c2 = excess(v2),
      c3 = excess(v3),
      c4 = excess(v4);
    const top = i32x4.mul(c4, i32x4.splat(19));
    v128.store(out, i32x4.add(v128.and(v0, mask), i32x4.shuffle(top, c0, 2, 3, 4, 5)));
    v128.store(out, i32x4.add(v128.and(v1, mask), i32x4.shuffle(c0, c1, 2, 3, 4, 5)), 16);
    v128.store(out, i32x4.add(v128.and(v2, mask), i32x4.shuffle(c1, c2, 2, 3, 4, 5)), 32);
    v128.store(out, i32x4.add(v128.and(v3, mask), i32x4.shuffle(c2, c3, 2, 3, 4, 5)), 48);
    v128.store(out, i32x4.add(v128.and(v4, mask), i32x4.shuffle(c3, c4, 2, 3, 4, 5)), 64);
  } else {
    carryLane(out, a);
    carryLane(out + 4, a + 4);
  }
}

/** What even limbs (lanes 0, 1) have above 26 bits and odd limbs (lanes 2, 3) above 25. */
function excess(v: v128): v128 {
  return i32x4.shuffle(i32x4.shr_u(v, 26), i32x4.shr_u(v, 25), 0, 1, 6, 7);
}

function carryLane(out: usize, a: usize): void {
  let incoming = 19 * (load<u32>(a, 72) >> 25);
  for (let i: usize = 0; i < 80; i += 16) {
    const even = load<u32>(a + i),
      odd = load<u32>(a + i, 8);
    store<u32>(out + i, (even & 0x3ffffff) + incoming);
    store<u32>(out + i, (odd & 0x1ffffff) + (even >> 26), 8);
    incoming = odd >> 25;
  }
}

/** out = the pair of the compact elements at `a` (lane 0) and `b` (lane 1). */
export function gather(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(out, i32x4.shuffle(v128.load64_zero(a), v128.load64_zero(b), 0, 4, 1, 5));
    v128.store(out, i32x4.shuffle(v128.load64_zero(a, 8), v128.load64_zero(b, 8), 0, 4, 1, 5), 16);
    v128.store(
      out,
      i32x4.shuffle(v128.load64_zero(a, 16), v128.load64_zero(b, 16), 0, 4, 1, 5),
      32,
    );
    v128.store(
      out,
      i32x4.shuffle(v128.load64_zero(a, 24), v128.load64_zero(b, 24), 0, 4, 1, 5),
      48,
    );
    v128.store(
      out,
      i32x4.shuffle(v128.load64_zero(a, 32), v128.load64_zero(b, 32), 0, 4, 1, 5),
      64,
    );
  } else {
    for (let i: usize = 0; i < 5; i++) {
      store<u32>(out + 16 * i, load<u32>(a + 8 * i));
      store<u32>(out + 16 * i, load<u32>(b + 8 * i), 4);
      store<u32>(out + 16 * i, load<u32>(a + 8 * i, 4), 8);
      store<u32>(out + 16 * i, load<u32>(b + 8 * i, 4), 12);
    }
  }
}

/** Writes lane 0 of the pair to the compact element `a` and lane 1 to `b`. */
export function scatter(pair: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: usize = 0; i < 5; i++) {
      const v = v128.load(pair + 16 * i);
      const lanes = i32x4.shuffle(v, v, 0, 2, 1, 3);
      v128.store64_lane(a + 8 * i, lanes, 0);
      v128.store64_lane(b + 8 * i, lanes, 1);
    }
  } else {
    for (let i: usize = 0; i < 5; i++) {
      store<u32>(a + 8 * i, load<u32>(pair + 16 * i));
      store<u32>(b + 8 * i, load<u32>(pair + 16 * i, 4));
      store<u32>(a + 8 * i, load<u32>(pair + 16 * i, 8), 4);
      store<u32>(b + 8 * i, load<u32>(pair + 16 * i, 12), 4);
    }
  }
}

/** Copies one lane (0 or 1) of a pair to the same lane of another. */
export function copyLane(out: usize, a: usize, lane: usize): void {
  for (let i = lane << 2; i < 80; i += 8) store<u32>(out + i, load<u32>(a + i));
}

/** Reads a little-endian field element of 255 bits, not necessarily below p, into one lane. */
export function readLane(out: usize, lane: usize, bytes: usize): void {
  const at = out + (lane << 2);
  // Limb i begins at bit ceil(25.5 i).
  store<u32>(at, load<u32>(bytes) & 0x3ffffff);
  store<u32>(at, (load<u32>(bytes, 3) >> 2) & 0x1ffffff, 8);
  store<u32>(at, (load<u32>(bytes, 6) >> 3) & 0x3ffffff, 16);
  store<u32>(at, (load<u32>(bytes, 9) >> 5) & 0x1ffffff, 24);
  store<u32>(at, (load<u32>(bytes, 12) >> 6) & 0x3ffffff, 32);
  store<u32>(at, load<u32>(bytes, 16) & 0x1ffffff, 40);
  store<u32>(at, (load<u32>(bytes, 19) >> 1) & 0x3ffffff, 48);
  store<u32>(at, (load<u32>(bytes, 22) >> 3) & 0x1ffffff, 56);
  store<u32>(at, (load<u32>(bytes, 25) >> 4) & 0x3ffffff, 64);
  store<u32>(at, (load<u32>(bytes, 28) >> 6) & 0x1ffffff, 72);
}

const FROZEN = memory.data(40, 16);

/** Writes the one representative below p of a lane (alpha < 16) to FROZEN, as ten limbs. */
function freeze(pair: usize, lane: usize): void {
  const at = pair + (lane << 2);
  for (let i: usize = 0; i < 40; i += 4) store<u32>(FROZEN + i, load<u32>(at + (i << 1)));
  const excess = settle(0, true);
  // 2^255 is 19 modulo p. A second excess is at most 1 and leaves a value so small that there is no third.
  settle(19 * settle(19 * excess, true), true);
  // The value is p or more iff adding 19 reaches 2^255, and then the sum without that bit is the result.
  if (settle(19, false) != 0) settle(19, true);
}

/**
 * Adds `first` to FROZEN and carries through all limbs. Gives what the sum has above bit 255; keeps the rest
 * in FROZEN if `keep`.
 */
function settle(first: u32, keep: bool): u32 {
  let incoming = first;
  for (let i: usize = 0; i < 40; i += 8) {
    const even = load<u32>(FROZEN + i) + incoming;
    const odd = load<u32>(FROZEN + i, 4) + (even >> 26);
    incoming = odd >> 25;
    if (keep) {
      store<u32>(FROZEN + i, even & 0x3ffffff);
      store<u32>(FROZEN + i, odd & 0x1ffffff, 4);
    }
  }
  return incoming;
}

/** Whether a lane (alpha < 16) is zero modulo p. */
export function isZeroLane(pair: usize, lane: usize): bool {
  freeze(pair, lane);
  let bits: u64 = 0;
  for (let i: usize = 0; i < 40; i += 8) bits |= load<u64>(FROZEN + i);
  return bits == 0;
}

/** Lowest bit of a lane's representative below p: the "sign" of RFC 8032. */
export function parityLane(pair: usize, lane: usize): u32 {
  freeze(pair, lane);
  return load<u32>(FROZEN) & 1;
}

/**
 * Writes the 32-byte encoding (RFC 8032, 5.1.2) of the point whose affine x and y (alpha < 16) are in one lane
 * of the two pairs.
 */
export function encodeLane(out: usize, x: usize, y: usize, lane: usize): void {
  const sign = (<u64>parityLane(x, lane)) << 63;
  freeze(y, lane);
  store<u64>(out, frozen(0) | (frozen(1) << 26) | (frozen(2) << 51));
  store<u64>(out, (frozen(2) >> 13) | (frozen(3) << 13) | (frozen(4) << 38), 8);
  store<u64>(out, frozen(5) | (frozen(6) << 25) | (frozen(7) << 51), 16);
  store<u64>(out, (frozen(7) >> 13) | (frozen(8) << 12) | (frozen(9) << 38) | sign, 24);
}

function frozen(limb: usize): u64 {
  return <u64>load<u32>(FROZEN + (limb << 2));
}
