import { sumWindowPair } from "./buckets";
import { FULL_BITS, pairsFor, recode, SHORT_BITS } from "./digits";
import { addPoints, broadcastLane, double, POINT_BYTES } from "./point";
import { STRAUS_MAX_POINTS, strausTimes8 } from "./straus";

/*
 * Sum of scalars times points by Pippenger's buckets. Scalars are cut into signed digits of c bits. The two
 * lanes work on windows 2k and 2k + 1, each with its own buckets (buckets.ts).
 */

const MIN_WINDOW: u32 = 5;
const MAX_WINDOW: u32 = 8;

const TOTAL = memory.data(320, 16);
const SUM = memory.data(320, 16);

/** The window that costs the fewest additions; a bucket costs as much as one and a half of those into it. */
function chooseWindow(full: u32, short: u32): u32 {
  let best: u32 = MIN_WINDOW;
  let bestCost: u32 = u32.MAX_VALUE;
  for (let window = MIN_WINDOW; window <= MAX_WINDOW; window++) {
    const buckets: u32 = 1 << (window - 1);
    const pairs = pairsFor(FULL_BITS, window);
    const cost = pairs * (2 * full + 3 * buckets) + pairsFor(SHORT_BITS, window) * 2 * short;
    if (cost < bestCost) {
      bestCost = cost;
      best = window;
    }
  }
  return best;
}

/**
 * Lane 0 of the point at `out` = 8 times the sum of scalar times point. The first `full` points have scalars
 * below L before they are shortened, the `short` ones behind them below 2^127.
 */
export function sumTimes8(out: usize, full: u32, short: u32): void {
  if (full + short <= STRAUS_MAX_POINTS) {
    strausTimes8(out, full, short);
    return;
  }
  const window = chooseWindow(full, short);
  const buckets: usize = 1 << (window - 1);
  const pairs = pairsFor(FULL_BITS, window);
  const shortPairs = pairsFor(SHORT_BITS, window);
  for (let i: u32 = 0; i < full; i++) recode(i, pairs, window);
  for (let i = full; i < full + short; i++) recode(i, shortPairs, window);

  // The highest windows are above short scalars.
  sumWindowPair(TOTAL, pairs - 1, full, buckets);
  for (let pair = <i32>pairs - 2; pair >= 0; pair--) {
    double(TOTAL, 2 * window);
    sumWindowPair(SUM, pair, <u32>pair < shortPairs ? full + short : full, buckets);
    addPoints(TOTAL, TOTAL, SUM);
  }
  // Lane 0 has the even windows, lane 1 the odd ones, which count 2^window times as much.
  broadcastLane(SUM, TOTAL, 1);
  double(SUM, window);
  addPoints(TOTAL, TOTAL, SUM);
  double(TOTAL, 3);
  memory.copy(out, TOTAL, POINT_BYTES);
}
