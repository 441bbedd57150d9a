/** Handlers of tx.*. */

import { ApiError, bytesToText, type ResultOf } from "../../api/index.js";
import { present } from "../../base/assert.js";
import type { SubmitHandle, TransactionState } from "../../ports/nodeApi.js";
import type { AccountId, Hash } from "../../types/primitives.js";
import { readTransaction, type Transaction } from "../../types/transaction.js";
import type { Caller } from "../caller.js";
import { shownBody } from "../proofFiles.js";
import { eventsToJson, receiptToJson, statusToJson } from "../render.js";
import { errorToJson, type Handlers } from "../rpc.js";
import { readsEnvelope, shownTransaction } from "../shownTransaction.js";
import { entryText, JsonText, statusText, waitTimeout } from "../statusText.js";
import { type Ended, refusalError, type WaitFor } from "../submissions.js";
import {
  bytesParam,
  bytesParams,
  hashParam,
  headAt,
  type MethodContext,
  stateAt,
} from "./context.js";

type TransactionHandlers = Pick<
  Handlers,
  "tx.submit" | "tx.submitMany" | "tx.get" | "tx.status" | "tx.simulate"
>;

interface SubmitOptions {
  readonly wait?: WaitFor;
  readonly timeoutMs?: number;
  readonly receipt?: "none" | "full" | "proof";
}

type SubmitResult = ResultOf<"tx.submit">;

const DEFAULT_TIMEOUT_MS = 10_000;
const PROOF_RETRY_MS = 500;
/** Statuses are looked up for so long before others have their turn: a quarter of one. */
const STATUS_STRETCH_MS = 1;

/** Names an entry of `tx.submitMany` in its error, as a request id names a request. */
function entryId(caller: Caller, item: number): string {
  return `${caller.id}-entry-${item}`;
}

function decoded(bytes: Uint8Array): Transaction {
  const read = readTransaction(bytes);
  if (!read.ok) throw new ApiError(read.code, read.message);
  return read.value;
}

export function transactionHandlers(context: MethodContext): TransactionHandlers {
  const { node, rights, queries, submissions, proofs, turns } = context;
  const { clock } = context.options;

  /** @throws {ApiError} NOT_READY while no certificate covers it. */
  async function proofOf(
    txId: Hash,
    showEvents: readonly number[],
    { principal }: Caller,
  ): Promise<string> {
    const parts = node.receiptProof(txId);
    if (parts === undefined) {
      throw new ApiError("NOT_READY", "No certificate covers this transaction yet; ask again.", {
        retryAfterMs: PROOF_RETRY_MS,
      });
    }
    const bytes = node.transactionBytes(txId);
    const transaction = bytes === undefined ? undefined : decoded(bytes);
    const isShown =
      transaction !== undefined &&
      (await readsEnvelope(rights, principal, transaction.body.parties));
    const bodyBytes = isShown ? shownBody(transaction) : undefined;
    return bytesToText(proofs.receipt(parts, bodyBytes, showEvents));
  }

  /** What a final transaction adds to its status, for whoever may read it. */
  async function detailsOf(
    txId: Hash,
    state: TransactionState,
    receipt: "full" | "proof",
    caller: Caller,
  ) {
    if (state.status !== "final" && state.status !== "voided") return {};
    const readable = await rights.readableEvents(caller.principal, state.executed);
    return {
      receipt: receiptToJson(state.executed.receipt),
      events: eventsToJson(state.executed, readable),
      ...(receipt === "proof" && state.status === "final"
        ? { proof: await proofOf(txId, readable, caller) }
        : {}),
    };
  }

  /** The result of one transaction, or why there is none, as an error. */
  function resultOf(ended: Ended, timeoutMs: number): SubmitHandle & { state: TransactionState } {
    if (ended.kind === "refused") throw refusalError(ended.refusal);
    if (ended.kind === "reached") return { ...ended.handle, state: ended.state };
    const { message, data } = waitTimeout(ended, timeoutMs);
    throw new ApiError("WAIT_TIMEOUT", message, data);
  }

  /** Who may not read the receipt is told before anything is submitted. */
  async function requireReceipt(bytes: Uint8Array, caller: Caller): Promise<void> {
    const read = readTransaction(bytes);
    if (read.ok) await rights.requireAny(caller.principal, read.value.parties);
  }

  async function submit(
    bytes: Uint8Array,
    options: SubmitOptions,
    caller: Caller,
  ): Promise<SubmitResult> {
    const { wait = "final", timeoutMs = DEFAULT_TIMEOUT_MS, receipt = "none" } = options;
    if (receipt !== "none") await requireReceipt(bytes, caller);
    let found: Ended | undefined;
    await submissions.submit({
      transactions: [bytes],
      wait,
      timeoutMs,
      lifetime: caller.lifetime,
      ended: (_item, ended) => {
        found = ended;
      },
    });
    const ended = present(found, "a submission ends with an answer for each transaction");
    const { txId, duplicate, state } = resultOf(ended, timeoutMs);
    const details = receipt === "none" ? {} : await detailsOf(txId, state, receipt, caller);
    return { ...statusToJson(txId, state), duplicate, ...details };
  }

  /** Without receipts: all are one submission, and each is answered as text. */
  async function submitAll(
    transactions: readonly Uint8Array[],
    { wait = "final", timeoutMs = DEFAULT_TIMEOUT_MS }: SubmitOptions,
    caller: Caller,
  ): Promise<JsonText> {
    const entries = new Array<string>(transactions.length);
    await submissions.submit({
      transactions,
      wait,
      timeoutMs,
      lifetime: caller.lifetime,
      ended: (item, ended) => {
        entries[item] = entryText(ended, timeoutMs, entryId(caller, item));
      },
    });
    return new JsonText(`{"items":[${entries.join(",")}]}`);
  }

  /** Accounts that a transaction concerns: as executed, or as far as its body says. */
  function accountsOf(
    state: TransactionState,
    bytes: Uint8Array | undefined,
  ): readonly AccountId[] {
    if ("executed" in state) return state.executed.accounts;
    return bytes === undefined ? [] : decoded(bytes).body.parties;
  }

  return {
    "tx.submit": ({ tx, ...options }, caller) => submit(bytesParam(tx, "/tx"), options, caller),

    "tx.submitMany": async ({ txs, ...options }, caller) => {
      // Before the texts are decoded: of what a busy node is sent, it refuses most.
      const refusal = node.refusesAll();
      if (refusal !== undefined) throw refusalError(refusal);
      const all = bytesParams(txs, "/txs");
      if (options.receipt === undefined || options.receipt === "none") {
        return submitAll(all, options, caller);
      }
      const items = await Promise.all(
        all.map(async (bytes, i): Promise<ResultOf<"tx.submitMany">["items"][number]> => {
          try {
            return await submit(bytes, options, caller);
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            return { error: errorToJson(error, entryId(caller, i)) };
          }
        }),
      );
      return { items };
    },

    "tx.get": async ({ txId: text, proof = false }, caller): Promise<ResultOf<"tx.get">> => {
      await turns.take();
      const txId = hashParam(text);
      const state = node.stateOf(txId);
      const bytes = node.transactionBytes(txId);
      if (state.status === "unknown" && bytes === undefined) {
        throw new ApiError("NOT_FOUND", "This validator knows no such transaction.", {
          searchedFrom: node.lowestHeight(),
          searchedTo: node.head().height,
        });
      }
      await rights.requireAny(caller.principal, accountsOf(state, bytes));
      const shown =
        bytes === undefined
          ? undefined
          : await shownTransaction(rights, caller.principal, decoded(bytes));
      return {
        at: headAt(node),
        ...statusToJson(txId, state),
        ...(shown === undefined ? {} : { transaction: shown.transaction }),
        ...(shown?.bytes === undefined ? {} : { bytes: shown.bytes }),
        ...(await detailsOf(txId, state, proof ? "proof" : "full", caller)),
      };
    },

    "tx.status": async ({ txIds }) => {
      const items: string[] = [];
      let untilMs = Number.NEGATIVE_INFINITY;
      for (const text of txIds) {
        // One of an old block may cost milliseconds, most cost next to nothing.
        const nowMs = clock.nowMs();
        if (nowMs >= untilMs || nowMs < untilMs - STATUS_STRETCH_MS) {
          await turns.take();
          untilMs = clock.nowMs() + STATUS_STRETCH_MS;
        }
        const txId = hashParam(text);
        items.push(statusText(txId, node.stateOf(txId)));
      }
      return new JsonText(`{"at":${JSON.stringify(headAt(node))},"items":[${items.join(",")}]}`);
    },

    "tx.simulate": async ({ tx }, caller) => {
      const bytes = bytesParam(tx, "/tx");
      await rights.requireAny(caller.principal, decoded(bytes).body.parties);
      const { height, timeMs, executed } = await queries.simulate(bytes);
      return {
        at: stateAt(node, height),
        timeMs,
        receipt: receiptToJson(executed.receipt),
        events: eventsToJson(executed, await rights.readableEvents(caller.principal, executed)),
      };
    },
  };
}
