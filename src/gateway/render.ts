/** JSON forms of the protocol's records, as `api/records.ts` states them. */

import { bytesToText, eventToJson, type ResultOf } from "../api/index.js";
import { toHex } from "../base/bytes.js";
import { encode } from "../codec/schema.js";
import { resultCode } from "../declarations/resultCodes.js";
import type { ExecutedTransaction } from "../execution/interface.js";
import type { FinalBlock, TransactionState } from "../ports/nodeApi.js";
import { header as headerSchema } from "../types/block.js";
import type { Hash } from "../types/primitives.js";
import { NO_OPERATION, OUTCOME, type Outcome, type Receipt } from "../types/receipt.js";
import { type Certificate, certificate as certificateSchema, votersOf } from "../types/vote.js";

export type HeaderJson = ResultOf<"chain.head">["header"];
export type ReceiptJson = ResultOf<"tx.simulate">["receipt"];
export type EventJson = ResultOf<"tx.simulate">["events"][number];
export type StatusJson = ResultOf<"tx.status">["items"][number];
export type CertificateJson = ResultOf<"chain.certificate">["certificate"];

const OUTCOME_NAMES: Readonly<Record<Outcome, ReceiptJson["outcome"]>> = {
  [OUTCOME.applied]: "applied",
  [OUTCOME.failed]: "failed",
  [OUTCOME.void]: "void",
};
const VOTE_NAMES = { 1: "notarize", 2: "nullify", 3: "finalize" } as const;

/** A final block is rendered once for all who follow the chain. */
const renderedHeaders = new WeakMap<FinalBlock, HeaderJson>();

export function headerToJson(final: FinalBlock): HeaderJson {
  const known = renderedHeaders.get(final);
  if (known !== undefined) return known;
  const { header } = final.block;
  const json: HeaderJson = {
    height: header.height,
    blockId: toHex(final.blockHash),
    parentId: toHex(header.parentHash),
    epoch: header.epoch,
    view: header.view,
    parentView: header.parentView,
    proposer: header.proposer,
    timeMs: header.timeMs,
    transactionCount: header.transactionCount,
    cutRoot: toHex(header.cutRoot),
    parentResult: toHex(header.parentResult),
    historyRoot: toHex(header.historyRoot),
    flags: header.flags,
    resultHash: toHex(final.resultHash),
    encoded: bytesToText(encode(headerSchema, header)),
  };
  renderedHeaders.set(final, json);
  return json;
}

function codeName(code: number): string {
  return resultCode(code)?.name ?? "UNKNOWN";
}

export function receiptToJson(receipt: Receipt): ReceiptJson {
  return {
    txId: toHex(receipt.txId),
    position: receipt.position,
    outcome: OUTCOME_NAMES[receipt.outcome],
    code: receipt.code,
    codeName: codeName(receipt.code),
    failedOperation: receipt.failedOperation === NO_OPERATION ? null : receipt.failedOperation,
    eventsRoot: toHex(receipt.eventsRoot),
    eventCount: receipt.eventCount,
    cost: receipt.cost.toString(),
  };
}

/** Those events of a transaction that stand at `indices`. */
export function eventsToJson(
  executed: ExecutedTransaction,
  indices: readonly number[],
): EventJson[] {
  const { height, index } = executed.receipt.position;
  return indices.flatMap((event) => {
    const item = executed.events[event];
    return item === undefined ? [] : [eventToJson(item, { height, index, event })];
  });
}

export function statusToJson(txId: Hash, state: TransactionState): StatusJson {
  const json = { txId: toHex(txId), status: state.status };
  if (state.status !== "final" && state.status !== "voided") return json;
  const { receipt } = state.executed;
  return {
    ...json,
    height: state.position.height,
    index: state.position.index,
    blockId: toHex(state.blockHash),
    timeMs: state.timeMs,
    outcome: OUTCOME_NAMES[receipt.outcome],
    code: receipt.code,
    codeName: codeName(receipt.code),
  };
}

export function certificateToJson(
  certificate: Certificate,
  validatorCount: number,
): CertificateJson {
  return {
    kind: VOTE_NAMES[certificate.kind],
    epoch: certificate.epoch,
    view: certificate.view,
    blockId: toHex(certificate.blockHash),
    resultHash: toHex(certificate.result),
    voters: votersOf(certificate.bitmap, validatorCount) ?? [],
    encoded: bytesToText(encode(certificateSchema, certificate)),
  };
}
