import { ACTIVE, sumOfRange } from "./equation";
import { listed, VERDICTS } from "./layout";
import { addPoints, isNeutralLane, negate, POINT_BYTES } from "./point";

/*
 * Which of the active items are wrong, by halves. Sums of ranges are points, and that of a range is the sum of
 * those of its halves: so of the two halves of a range whose sum is known only one is ever computed, and n items take n
 * sums at most. A verdict about a single item is that about its own sum, however that was found.
 */

/** Sum of the range at each depth of the search: 1,024 items are halved ten times. */
const SUMS = memory.data(3520, 16);

/** Of the items decided lately, at most MEMORY, how many there are, and how many of them were wrong. */
let decided: u32 = 0;
let wrong: u32 = 0;
const MEMORY: u32 = 64;

function decide(low: u32, high: u32, valid: bool): void {
  for (let i = low; i < high; i++) {
    store<u8>(VERDICTS + <usize>listed(ACTIVE, i), <u8>valid);
  }
  decided += high - low;
  if (!valid) wrong++;
  while (decided > MEMORY) {
    decided >>= 1;
    wrong >>= 1;
  }
}

/**
 * Whether a sum over `size` items is worth its price: not if about one of them or more is likely to be wrong. As if
 * eight valid ones had come first, so that one wrong signature does not count for many.
 */
function isWorthwhile(size: u32): bool {
  return size * wrong <= decided + 8;
}

/** Writes the verdicts of the active items [low, high). */
export function findWrong(low: u32, high: u32): void {
  decided = 0;
  wrong = 0;
  search(low, high, SUMS, false);
}

/** Decides [low, high) and leaves its sum at `sum`, where it is already if `known`. */
function search(low: u32, high: u32, sum: usize, known: bool): void {
  const size = high - low;
  if (!known && (size == 1 || isWorthwhile(size))) {
    sumOfRange(sum, low, high);
    known = true;
  }
  if (known) {
    const valid = isNeutralLane(sum, 0);
    if (valid || size == 1) {
      decide(low, high, valid);
      return;
    }
  }
  const middle = (low + high) >> 1;
  const half = sum + POINT_BYTES;
  search(low, middle, half, false);
  if (known) {
    negate(half);
    addPoints(half, sum, half);
    search(middle, high, half, true);
  } else {
    memory.copy(sum, half, POINT_BYTES);
    search(middle, high, half, false);
    addPoints(sum, sum, half);
  }
}
