/** A block with as much as the node shows of it. */

import { ApiError, type ErrorName, type ResultOf } from "../../client/index.js";
import { call } from "./session.js";

export type BlockAnswer = ResultOf<"chain.block">;

export interface LoadedBlock {
  readonly block: BlockAnswer;
  /** Why its transactions are missing, where they are. */
  readonly withheld: ErrorName | undefined;
}

/** From everything to the bare header: each part may be refused by itself. */
const PARTS = [
  ["tx", "receipts", "certificate"],
  ["receipts", "certificate"],
  ["certificate"],
  [],
] as const;

/** Refusals after which less may still be answered; a certificate alone may be missing too. */
const LESS_MAY_DO: ReadonlySet<ErrorName> = new Set([
  "FORBIDDEN",
  "UNAUTHENTICATED",
  "TOO_LARGE",
  "NOT_FOUND",
]);

/** @throws {ApiError} What the node answered when it was asked for the header alone. */
export async function loadBlock(id: string, signal: AbortSignal): Promise<LoadedBlock> {
  const named = /^\d{1,15}$/.test(id) ? { height: Number(id) } : { blockId: id.toLowerCase() };
  let withheld: ErrorName | undefined;
  for (const include of PARTS) {
    try {
      const block = await call("chain.block", { ...named, include: [...include] }, { signal });
      return { block, withheld: block.receipts === undefined ? withheld : undefined };
    } catch (error) {
      const isLast = include.length === 0;
      if (isLast || !(error instanceof ApiError) || !LESS_MAY_DO.has(error.code)) throw error;
      withheld ??= error.code;
    }
  }
  throw new Error("unreachable: the last try returns or throws");
}
