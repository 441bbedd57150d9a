/** Cursors: places in the one order of the ledger, as text `height.index.event`. */

import type { Position } from "../types/receipt.js";

const U32_MAX = 0xffff_ffff;

/** Before everything: the cursor that `"genesis"` stands for. */
export const GENESIS_CURSOR: Position = { height: 0, index: U32_MAX, event: U32_MAX };

/** After everything in a block. What follows it begins with the next block. */
export function endOfBlock(height: number): Position {
  return { height, index: U32_MAX, event: U32_MAX };
}

/** After all events of one transaction. */
export function endOfTransaction(height: number, index: number): Position {
  return { height, index, event: U32_MAX };
}

export function cursorToText(cursor: Position): string {
  return `${cursor.height}.${cursor.index}.${cursor.event}`;
}

/** The place that a cursor names, or undefined if it is none (leading zeros, above its range). */
export function cursorFromText(text: string): Position | undefined {
  const match = /^(\d{1,16})\.(\d{1,10})\.(\d{1,10})$/.exec(text);
  if (match === null) return undefined;
  const [height, index, event] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (!Number.isSafeInteger(height) || index > U32_MAX || event > U32_MAX) return undefined;
  const cursor = { height, index, event };
  return cursorToText(cursor) === text ? cursor : undefined;
}

/** Order of places: negative where `a` comes first. */
export function compareCursors(a: Position, b: Position): number {
  return a.height - b.height || a.index - b.index || a.event - b.event;
}
