import { DIGIT_ROW, DIGITS, FULL_BITS, pairsFor, RECORDS, recode, SHORT_BITS } from "./digits";
import {
  addNiels,
  addPoints,
  broadcastLane,
  COMPACT_POINT_BYTES,
  double,
  gatherPoint,
  isNeutralLane,
  scatterPoint,
  setNeutral,
  setNeutralCompact,
} from "./point";
import { STRAUS_MAX_POINTS, strausIsNeutral } from "./straus";

/*
 * Sum of scalars times points by Pippenger's buckets. Scalars are cut into signed digits of c bits. The two
 * lanes work on windows 2k and 2k + 1 of the same point, each with its own buckets; bucket 0 takes what a
 * digit 0 must not add anywhere.
 */

const MIN_WINDOW: u32 = 4;
const MAX_WINDOW: u32 = 8;

/** 129 compact points for each lane. */
const BUCKETS_A = memory.data(20640, 16);
const BUCKETS_B = memory.data(20640, 16);

const TOTAL = memory.data(320, 16);
const RUNNING = memory.data(320, 16);
const SUM = memory.data(320, 16);
const WORK = memory.data(320, 16);

/** The window that costs the fewest additions; one in a fold counts as 1.4 of those into buckets. */
function chooseWindow(full: u32, short: u32): u32 {
  let best: u32 = MIN_WINDOW;
  let bestCost: u32 = u32.MAX_VALUE;
  for (let window = MIN_WINDOW; window <= MAX_WINDOW; window++) {
    const fold = (pairsFor(FULL_BITS, window) << window) * 14;
    const adds = full * pairsFor(FULL_BITS, window) + short * pairsFor(SHORT_BITS, window);
    const cost = fold + 10 * adds;
    if (cost < bestCost) {
      bestCost = cost;
      best = window;
    }
  }
  return best;
}

/** Adds all points with a digit in window pair `pair` to the buckets. */
function fillBuckets(pair: u32, count: u32): void {
  const row = DIGITS + <usize>pair * DIGIT_ROW;
  for (let point: u32 = 0; point < count; point++) {
    const digits = load<u32>(row + ((<usize>point) << 2));
    if (digits == 0) continue;
    const digitA = <i32>(<i16>digits),
      digitB = <i32>digits >> 16;
    const bucketA = BUCKETS_A + <usize>abs(digitA) * COMPACT_POINT_BYTES;
    const bucketB = BUCKETS_B + <usize>abs(digitB) * COMPACT_POINT_BYTES;
    const record = <usize>load<u32>(RECORDS + ((<usize>point) << 2));
    gatherPoint(WORK, bucketA, bucketB);
    addNiels(WORK, record, <u32>digitA >> 31, record, <u32>digitB >> 31);
    scatterPoint(WORK, bucketA, bucketB);
  }
}

/** SUM = sum of j * bucket j, by running sums from the top; empties the buckets. */
function foldBuckets(buckets: usize): void {
  setNeutral(RUNNING);
  setNeutral(SUM);
  for (let j = buckets; j > 0; j--) {
    gatherPoint(WORK, BUCKETS_A + j * COMPACT_POINT_BYTES, BUCKETS_B + j * COMPACT_POINT_BYTES);
    addPoints(RUNNING, RUNNING, WORK);
    addPoints(SUM, SUM, RUNNING);
  }
}

function emptyBuckets(buckets: usize): void {
  for (let j: usize = 0; j <= buckets; j++) {
    setNeutralCompact(BUCKETS_A + j * COMPACT_POINT_BYTES);
    setNeutralCompact(BUCKETS_B + j * COMPACT_POINT_BYTES);
  }
}

/**
 * Whether 8 times the sum of scalar times point is the neutral element. The first `full` points have scalars
 * below 2^253, the `short` ones behind them below 2^128.
 */
export function sumTimes8IsNeutral(full: u32, short: u32): bool {
  if (full + short <= STRAUS_MAX_POINTS) return strausIsNeutral(full, short);
  const window = chooseWindow(full, short);
  const buckets: usize = 1 << (window - 1);
  const pairs = pairsFor(FULL_BITS, window);
  const shortPairs = pairsFor(SHORT_BITS, window);
  for (let i: u32 = 0; i < full; i++) recode(i, pairs, window);
  for (let i = full; i < full + short; i++) recode(i, shortPairs, window);

  setNeutral(TOTAL);
  for (let pair = <i32>pairs - 1; pair >= 0; pair--) {
    double(TOTAL, 2 * window);
    emptyBuckets(buckets);
    fillBuckets(pair, <u32>pair < shortPairs ? full + short : full);
    foldBuckets(buckets);
    addPoints(TOTAL, TOTAL, SUM);
  }
  // Lane 0 has the even windows, lane 1 the odd ones, which count 2^window times as much.
  broadcastLane(SUM, TOTAL, 1);
  double(SUM, window);
  addPoints(TOTAL, TOTAL, SUM);
  double(TOTAL, 3);
  return isNeutralLane(TOTAL, 0);
}
