/** A transaction, or what anyone may know of it. */

import type { ResultOf } from "../../client/index.js";
import { isNotFound, isPrivate } from "../text/words.js";
import { call } from "./session.js";

export type TransactionAnswer = Omit<ResultOf<"tx.get">, "at">;

export interface LoadedTransaction {
  readonly transaction: TransactionAnswer;
  /** Whether its content is for its parties only. */
  readonly isWithheld: boolean;
}

/** @throws {ApiError} NOT_FOUND among others. */
export async function loadTransaction(
  txId: string,
  signal: AbortSignal,
): Promise<LoadedTransaction> {
  try {
    return { transaction: await call("tx.get", { txId }, { signal }), isWithheld: false };
  } catch (error) {
    if (!isPrivate(error) && !isNotFound(error)) throw error;
    const { items } = await call("tx.status", { txIds: [txId] }, { signal });
    const status = items[0];
    if (status === undefined || (isNotFound(error) && status.status === "unknown")) throw error;
    return { transaction: status, isWithheld: true };
  }
}

/** Whether its status may still change by itself. */
export function isPending({ status }: Pick<TransactionAnswer, "status">): boolean {
  return status === "received" || status === "admitted";
}
