import type { Cut } from "../types/block.js";

/**
 * Order of execution inside a block (LAN-9): lanes rotated by the view, then one batch of each in
 * turn, so that one author's burst pushes nobody back.
 *
 * @param batches - For each entry of the cut, its batches, oldest first.
 */
export function executionOrder<T>(
  validatorCount: number,
  view: number,
  cut: Cut,
  batches: readonly (readonly T[])[],
): T[] {
  const start = view % validatorCount;
  const turn = (author: number): number => (author - start + validatorCount) % validatorCount;
  const rows = cut
    .map(({ author }, i) => ({ author, row: batches[i] ?? [] }))
    .sort((a, b) => turn(a.author) - turn(b.author))
    .map(({ row }) => row);
  const ordered: T[] = [];
  for (let i = 0; rows.some((row) => i < row.length); i++) {
    for (const row of rows) {
      const item = row[i];
      if (item !== undefined) ordered.push(item);
    }
  }
  return ordered;
}
