/** Transactions decoded in the browser, from the bytes that were signed. */

import { operationToJson } from "../../api/index.js";
import { bytesFromText, type ResultOf } from "../../client/index.js";
import { idToText } from "../../codec/text.js";
import { readTransaction } from "../../types/transaction.js";

export type OperationJson = NonNullable<ResultOf<"tx.get">["transaction"]>["operations"][number];
export type EventJson = NonNullable<ResultOf<"tx.get">["events"]>[number];

export interface Decoded {
  readonly parties: readonly string[];
  readonly operations: readonly OperationJson[];
}

export function decodeTransaction(bytesText: string): Decoded | undefined {
  const bytes = bytesFromText(bytesText);
  const read = bytes === undefined ? undefined : readTransaction(bytes);
  if (read === undefined || !read.ok) return undefined;
  const { parties, operations } = read.value.body;
  return {
    parties: parties.map((party) => idToText("account", party)),
    operations: operations.map((operation, index) => ({ index, ...operationToJson(operation) })),
  };
}

export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly asset: number;
  readonly units: string;
}

/** The parts of a transfer, or undefined for any other operation. */
export function transferOf(
  { name, fields }: OperationJson,
  parties: readonly (string | null)[],
): Transfer | undefined {
  const { by, to, asset, amount } = fields;
  const from = typeof by === "number" ? parties[by] : undefined;
  if (name !== "transfer" || typeof from !== "string") return undefined;
  if (typeof to !== "string" || typeof asset !== "number" || typeof amount !== "string") {
    return undefined;
  }
  return { from, to, asset, units: amount };
}

/** `paymentId` as `Payment id`. */
export function fieldTitle(name: string): string {
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
