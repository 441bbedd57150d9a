/** Handlers of tx.*. */

import { ApiError, bytesToText, operationToJson, type ResultOf } from "../../api/index.js";
import { idToText } from "../../codec/text.js";
import type { TransactionState } from "../../ports/nodeApi.js";
import type { AccountId, Hash } from "../../types/primitives.js";
import { readTransaction, type Transaction } from "../../types/transaction.js";
import type { Caller } from "../caller.js";
import { shownBody } from "../proofFiles.js";
import { eventsToJson, receiptToJson, statusToJson } from "../render.js";
import { errorToJson, type Handlers } from "../rpc.js";
import type { WaitFor } from "../submissions.js";
import { bytesParam, hashParam, headAt, type MethodContext, stateAt } from "./context.js";

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

function transactionToJson({ body, attachment }: Transaction) {
  return {
    channel: body.channel,
    nonce: body.nonce.toString(),
    validUntilMs: body.validUntilMs,
    parties: body.parties.map((party) => idToText("account", party)),
    operations: body.operations.map(operationToJson),
    attachmentSizeBytes: attachment?.length ?? 0,
  };
}

function decoded(bytes: Uint8Array): Transaction {
  const read = readTransaction(bytes);
  if (!read.ok) throw new ApiError(read.code, read.message);
  return read.value;
}

export function transactionHandlers(context: MethodContext): TransactionHandlers {
  const { node, rights, queries, submissions, proofs, turns } = context;

  /** @throws {ApiError} NOT_READY while no certificate covers it. */
  function proofOf(txId: Hash, showEvents: readonly number[]): string {
    const parts = node.receiptProof(txId);
    if (parts === undefined) {
      throw new ApiError("NOT_READY", "No certificate covers this transaction yet; ask again.", {
        retryAfterMs: PROOF_RETRY_MS,
      });
    }
    const bytes = node.transactionBytes(txId);
    const bodyBytes = bytes === undefined ? undefined : shownBody(decoded(bytes));
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
        ? { proof: proofOf(txId, readable) }
        : {}),
    };
  }

  async function submit(
    bytes: Uint8Array,
    options: SubmitOptions,
    caller: Caller,
  ): Promise<SubmitResult> {
    const { wait = "final", timeoutMs = DEFAULT_TIMEOUT_MS, receipt = "none" } = options;
    const read = readTransaction(bytes);
    // Who may not read the receipt is told before anything is submitted.
    if (receipt !== "none" && read.ok) {
      await rights.requireAny(caller.principal, read.value.body.parties);
    }
    const release = wait === "none" ? () => {} : submissions.reserve();
    try {
      const { txId, duplicate } = await submissions.submit(bytes);
      const validUntilMs = read.ok ? read.value.body.validUntilMs : undefined;
      const state = await submissions.follow(txId, validUntilMs, wait, timeoutMs, caller.lifetime);
      const details = receipt === "none" ? {} : await detailsOf(txId, state, receipt, caller);
      return { ...statusToJson(txId, state), duplicate, ...details };
    } finally {
      release();
    }
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
      const all = txs.map((tx, i) => bytesParam(tx, `/txs/${i}`));
      const items = await Promise.all(
        all.map(async (bytes, i): Promise<ResultOf<"tx.submitMany">["items"][number]> => {
          try {
            return await submit(bytes, options, caller);
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            return { error: errorToJson(error, `${caller.id}-entry-${i}`) };
          }
        }),
      );
      return { items };
    },

    "tx.get": async ({ txId: text, proof = false }, caller) => {
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
      return {
        at: headAt(node),
        ...statusToJson(txId, state),
        ...(bytes === undefined
          ? {}
          : { bytes: bytesToText(bytes), transaction: transactionToJson(decoded(bytes)) }),
        ...(await detailsOf(txId, state, proof ? "proof" : "full", caller)),
      };
    },

    "tx.status": async ({ txIds }) => {
      const items: ReturnType<typeof statusToJson>[] = [];
      for (const text of txIds) {
        await turns.take();
        const txId = hashParam(text);
        items.push(statusToJson(txId, node.stateOf(txId)));
      }
      return { at: headAt(node), items };
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
