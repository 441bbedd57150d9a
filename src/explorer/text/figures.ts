/** Figures of a chain, from headers. Pure. */

export interface TimedBlock {
  readonly header: { readonly timeMs: number; readonly transactionCount: number };
  readonly seenMs: number | undefined;
}

/** Transactions of each whole second before `nowMs`, oldest first. The present second is left out. */
export function transactionsBySecond(
  blocks: readonly TimedBlock[],
  nowMs: number,
  seconds: number,
): number[] {
  const counts = new Array<number>(seconds).fill(0);
  const present = Math.floor(nowMs / 1_000);
  for (const { header } of blocks) {
    const place = Math.floor(header.timeMs / 1_000) - (present - seconds);
    if (place >= 0 && place < seconds)
      counts[place] = (counts[place] as number) + header.transactionCount;
  }
  return counts;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value that the given share of all values does not exceed; undefined without values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Delays from a block's time until it was seen final, in milliseconds. */
export function finalityDelays(blocks: readonly TimedBlock[]): number[] {
  return blocks.flatMap(({ header, seenMs }) =>
    seenMs === undefined ? [] : [Math.max(0, seenMs - header.timeMs)],
  );
}
