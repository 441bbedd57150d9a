/** Pays one planned payment through the SDK, exactly once by its payment id. */

import { messageOf } from "../../base/errors.js";
import { ApiError, ClientError, type FondacoClient, type Wallet } from "../../client/index.js";
import type { LedgerPlace, Outcome } from "./outcome.js";
import { reason, reasonOfResult } from "./reasons.js";
import type { PlannedPayment } from "./resolve.js";

/** New transactions for one entry. Its payment id makes another try safe, whatever became of one. */
const TRIES_MAX = 3;
const RETRY_MS = 1_000;
/** Shorter than usual: how long a payment may stay unsettled when the node goes away. */
const VALID_FOR_MS = 60_000;

/** What one try told. */
type Answer =
  | { readonly kind: "done"; readonly outcome: Outcome }
  /** Without effect for good; a new transaction may be applied. */
  | { readonly kind: "again"; readonly words: string }
  /** Nothing is known, or the transaction may still be applied. */
  | { readonly kind: "unknown"; readonly words: string };

export class LedgerPayer {
  constructor(
    private readonly client: FondacoClient,
    private readonly wallet: Wallet,
  ) {}

  /** Never rejects: what cannot be settled is pending, and says so. */
  async pay(payment: PlannedPayment): Promise<Outcome> {
    const own = new Set<string>();
    let words = "";
    let isUnknown = false;
    for (let tried = 1; tried <= TRIES_MAX; tried++) {
      if (tried > 1) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      const answer = await this.#try(payment, own);
      if (answer.kind === "done") {
        // A refusal of this try says nothing about an earlier one whose fate is open.
        if (isUnknown && answer.outcome.status === "rejected") {
          return { status: "pending", words: `${answer.outcome.reason.words}; ${words}` };
        }
        return answer.outcome;
      }
      words = answer.words;
      isUnknown ||= answer.kind === "unknown";
    }
    return isUnknown
      ? { status: "pending", words }
      : { status: "rejected", reason: reason("FF10", words) };
  }

  async #try(payment: PlannedPayment, own: Set<string>): Promise<Answer> {
    try {
      const { creditor: to, asset, minorUnits: amount, reference, paymentId } = payment;
      const paid = await this.client.pay({
        from: this.wallet,
        to,
        asset,
        amount,
        reference,
        paymentId,
        validForMs: VALID_FOR_MS,
      });
      if (paid.status !== "final")
        return { kind: "unknown", words: `the payment is ${paid.status}` };
      return { kind: "done", outcome: { status: "paid", at: placeOf(paid) } };
    } catch (error) {
      if (error instanceof ClientError && typeof error.detail.txId === "string") {
        own.add(error.detail.txId);
      }
      return await this.#answerOf(error, own);
    }
  }

  async #answerOf(error: unknown, own: ReadonlySet<string>): Promise<Answer> {
    const words = messageOf(error);
    if (error instanceof ApiError) {
      // The node did not take it: no effect, and the same again would be answered the same.
      return { kind: "done", outcome: { status: "rejected", reason: reason("FF10", words) } };
    }
    if (!(error instanceof ClientError)) return { kind: "unknown", words };
    if (error.code === "CONNECTION_CLOSED") {
      return { kind: "done", outcome: { status: "pending", words } };
    }
    if (error.code === "EXPIRED") return { kind: "again", words };
    if (error.code !== "NOT_APPLIED") return { kind: "unknown", words };
    const { codeName, mayStillApply, txId } = error.detail;
    if (mayStillApply === true) return { kind: "unknown", words };
    if (codeName !== "DUPLICATE_ID") {
      const why = reasonOfResult(String(codeName));
      return { kind: "done", outcome: { status: "rejected", reason: why } };
    }
    const at = await this.#firstPayment(String(txId));
    const isOwn = at !== undefined && own.has(at.txId);
    return {
      kind: "done",
      outcome: isOwn ? { status: "paid", at } : { status: "alreadyPaid", at },
    };
  }

  /** Where the payment is that took the id first: the failed transaction's only event names it. */
  async #firstPayment(txId: string): Promise<LedgerPlace | undefined> {
    try {
      const { events = [] } = await this.client.call("tx.get", { txId });
      const event = events.find(({ name }) => name === "payment.idTaken");
      const first = event?.fields.firstTxId;
      if (typeof first !== "string") return undefined;
      const { items } = await this.client.call("tx.status", { txIds: [first] });
      return items[0] === undefined ? { txId: first } : placeOf(items[0]);
    } catch {
      // The payment is made, whether or not this node still says where.
      return undefined;
    }
  }
}

function placeOf(status: {
  readonly txId: string;
  readonly height?: number | undefined;
  readonly index?: number | undefined;
}): LedgerPlace {
  const { txId, height, index } = status;
  return height === undefined || index === undefined ? { txId } : { txId, height, index };
}
