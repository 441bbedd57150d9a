/**
 * Answers of the hot path as JSON text. A payment's status is written directly: building the object
 * that `render.ts` gives, only to turn it into text, costs several times as much.
 */

import { ERRORS, type ErrorName } from "../api/index.js";
import { toHex } from "../base/bytes.js";
import type { SubmitRefusal, TransactionState } from "../ports/nodeApi.js";
import type { Hash } from "../types/primitives.js";
import { statusToJson } from "./render.js";
import type { Ended } from "./submissions.js";

/** A result that is JSON text already. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** What all transactions of one block say alike, for the block that was asked for last. */
let blockHash: Hash | undefined;
let blockText = "";

function blockFields(hash: Hash, timeMs: number): string {
  if (hash !== blockHash) {
    blockHash = hash;
    blockText = `"blockId":"${toHex(hash)}","timeMs":${timeMs}`;
  }
  return blockText;
}

/** By outcome and code: there are few. */
const outcomeTexts = new Map<number, string>();

function outcomeFields(txId: Hash, state: TransactionState & { status: "final" | "voided" }) {
  const { outcome, code } = state.executed.receipt;
  const key = outcome * 0x1_0000 + code;
  let text = outcomeTexts.get(key);
  if (text === undefined) {
    const json = statusToJson(txId, state);
    text = `"outcome":"${json.outcome}","code":${code},"codeName":"${json.codeName}"`;
    outcomeTexts.set(key, text);
  }
  return text;
}

/** The text of `statusToJson`, without its closing brace. */
function openStatusText(txId: Hash, state: TransactionState): string {
  const head = `{"txId":"${toHex(txId)}","status":"${state.status}"`;
  if (state.status !== "final" && state.status !== "voided") return head;
  const { height, index } = state.position;
  const block = blockFields(state.blockHash, state.timeMs);
  return `${head},"height":${height},"index":${index},${block},${outcomeFields(txId, state)}`;
}

export function statusText(txId: Hash, state: TransactionState): string {
  return `${openStatusText(txId, state)}}`;
}

/** Fields of an error's `data` beside its name: those of `ErrorData`. */
type Data = Readonly<Record<string, string | number | null>>;

function errorText(code: ErrorName, message: string, data: Data, requestId: string): string {
  const { code: rpcCode, retry } = ERRORS[code];
  const all = JSON.stringify({ ...data, name: code, retry, requestId });
  return `{"code":${rpcCode},"message":${JSON.stringify(message)},"data":${all}}`;
}

export function refusalText(refusal: SubmitRefusal, requestId: string): string {
  const data = "retryAfterMs" in refusal ? { retryAfterMs: refusal.retryAfterMs } : {};
  return errorText(refusal.code, refusal.message, data, requestId);
}

/** What stands for a transaction that is still pending when the wait for it is over. */
export function waitTimeout(ended: Ended & { kind: "pending" }, timeoutMs: number) {
  const { handle, status, validUntilMs } = ended;
  return {
    message: `Still pending after ${timeoutMs} ms: no failure. Ask tx.status, or submit the same bytes.`,
    data: { txId: toHex(handle.txId), status, validUntilMs },
  };
}

/** One entry of `tx.submitMany`. */
export function entryText(ended: Ended, timeoutMs: number, requestId: string): string {
  switch (ended.kind) {
    case "reached": {
      const { txId, duplicate } = ended.handle;
      return `${openStatusText(txId, ended.state)},"duplicate":${duplicate}}`;
    }
    case "refused":
      return `{"error":${refusalText(ended.refusal, requestId)}}`;
    case "pending": {
      const { message, data } = waitTimeout(ended, timeoutMs);
      return `{"error":${errorText("WAIT_TIMEOUT", message, data, requestId)}}`;
    }
  }
}
