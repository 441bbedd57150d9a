/** Submitting and following transactions. */

import { ApiError } from "../api/index.js";
import { present } from "../base/assert.js";
import type { Clock } from "../ports/clock.js";
import type { NodeApi, SubmitHandle, SubmitRefusal, TransactionState } from "../ports/nodeApi.js";
import { validUntilMsOf } from "../types/transactionView.js";
import type { Lifetime } from "./caller.js";

export type WaitFor = "none" | "admitted" | "final";
type Outcome = SubmitHandle | SubmitRefusal;

/** How it went with one transaction of a request. */
export type Ended =
  /** `state` is what was waited for, or terminal. */
  | { readonly kind: "reached"; readonly handle: SubmitHandle; readonly state: TransactionState }
  | { readonly kind: "refused"; readonly refusal: SubmitRefusal }
  /** Still pending when the wait was over: no failure. */
  | {
      readonly kind: "pending";
      readonly handle: SubmitHandle;
      readonly status: TransactionState["status"];
      readonly validUntilMs: number;
    };

export interface Submission {
  readonly transactions: readonly Uint8Array[];
  readonly wait: WaitFor;
  readonly timeoutMs: number;
  readonly lifetime: Lifetime;
  /** Called once for each transaction, in any order. */
  readonly ended: (item: number, ended: Ended) => void;
}

interface Waiting {
  readonly transactions: readonly Uint8Array[];
  readonly done: (item: number, outcome: Outcome) => void;
}

/** Handed to the node in one call: a full batch of a lane. */
const CALL_TRANSACTIONS_MAX = 1_024;
const TOO_MANY_AWAITED: SubmitRefusal = {
  code: "OVERLOADED",
  message: "Too many transactions are awaited here; wait for fewer.",
  retryAfterMs: 500,
};

/** A voided transaction is answered too: its code says whether waiting on can change anything. */
function isReached({ status }: TransactionState, wait: WaitFor): boolean {
  if (status === "final" || status === "expired" || status === "voided") return true;
  return wait === "admitted" && status === "admitted";
}

export class Submissions {
  #waiting: Waiting[] = [];
  /** Transactions that somebody waits for; one that two wait for counts twice. */
  #followed = 0;

  constructor(
    readonly node: NodeApi,
    readonly clock: Clock,
    readonly followedMax: number,
  ) {}

  /**
   * Submits the transactions of one request and waits for each. A request has one timer and one
   * promise however many it brings: they were most of what a payment cost here.
   */
  submit(submission: Submission): Promise<void> {
    const { transactions, wait, ended } = submission;
    const room = wait === "none" ? transactions.length : this.followedMax - this.#followed;
    const taken = Math.min(transactions.length, Math.max(0, room));
    const tooMany: Ended = { kind: "refused", refusal: TOO_MANY_AWAITED };
    for (let item = taken; item < transactions.length; item++) ended(item, tooMany);
    if (taken === 0) return Promise.resolve();
    if (wait !== "none") this.#followed += taken;
    return new Promise<void>((resolve) => {
      const run = new Run(this.node, this.clock, submission, taken, resolve);
      if (this.#waiting.length === 0) this.clock.soon(() => this.#handOver());
      this.#waiting.push({
        transactions: taken === transactions.length ? transactions : transactions.slice(0, taken),
        done: (item, outcome) => run.submitted(item, outcome),
      });
    }).finally(() => {
      if (wait !== "none") this.#followed -= taken;
    });
  }

  /** All of this turn of the event loop go to the node together: their signatures are one batch. */
  #handOver(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let calls: Waiting[] = [];
    let count = 0;
    for (const one of waiting) {
      if (count > 0 && count + one.transactions.length > CALL_TRANSACTIONS_MAX) {
        this.#call(calls);
        [calls, count] = [[], 0];
      }
      calls.push(one);
      count += one.transactions.length;
    }
    this.#call(calls);
  }

  #call(calls: readonly Waiting[]): void {
    const [first] = calls;
    const all =
      calls.length === 1 && first !== undefined
        ? first.transactions
        : calls.flatMap(({ transactions }) => transactions);
    this.node.submit(all, (outcomes) => {
      let at = 0;
      for (const { transactions, done } of calls) {
        for (let item = 0; item < transactions.length; item++) {
          done(item, present(outcomes[at++], "the node answers each transaction"));
        }
      }
    });
  }
}

/** One request from its handing over until each of its transactions has ended. */
class Run {
  readonly #handles: (SubmitHandle | undefined)[];
  readonly #stops: ((() => void) | undefined)[];
  readonly #stopTimer: () => void;
  readonly #stopLifetime: () => void;
  #open: number;
  #isOver = false;

  constructor(
    readonly node: NodeApi,
    clock: Clock,
    readonly submission: Submission,
    count: number,
    readonly done: () => void,
  ) {
    this.#open = count;
    this.#handles = new Array(count);
    this.#stops = new Array(count);
    const { wait, timeoutMs, lifetime } = submission;
    const isWaiting = wait !== "none";
    this.#stopTimer = isWaiting ? clock.after(timeoutMs, () => this.#giveUp()) : () => {};
    this.#stopLifetime = isWaiting ? lifetime.add(() => this.#giveUp()) : () => {};
  }

  submitted(item: number, outcome: Outcome): void {
    if ("code" in outcome) {
      this.#end(item, { kind: "refused", refusal: outcome });
      return;
    }
    const { wait, transactions } = this.submission;
    if (wait === "none") {
      const state = this.node.stateOf(outcome.txId);
      this.#end(item, { kind: "reached", handle: outcome, state });
      return;
    }
    if (this.#isOver) {
      this.#end(item, this.#pending(item, outcome));
      return;
    }
    let isEnded = false;
    const validUntilMs = validUntilMsOf(transactions[item] as Uint8Array);
    const stop = this.node.watch(outcome.txId, validUntilMs, (state) => {
      if (isEnded || !isReached(state, wait)) return;
      isEnded = true;
      this.#end(item, { kind: "reached", handle: outcome, state });
    });
    // The listener may have been called before `watch` returned.
    if (isEnded) {
      stop();
      return;
    }
    this.#handles[item] = outcome;
    this.#stops[item] = stop;
  }

  #end(item: number, ended: Ended): void {
    this.#handles[item] = undefined;
    this.#stops[item]?.();
    this.#stops[item] = undefined;
    this.submission.ended(item, ended);
    this.#open--;
    if (this.#open > 0) return;
    this.#isOver = true;
    this.#stopTimer();
    this.#stopLifetime();
    this.done();
  }

  /** The time is over, or nobody listens any more. What the node has not answered yet comes later. */
  #giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handles.forEach((handle, item) => {
      if (handle !== undefined) this.#end(item, this.#pending(item, handle));
    });
  }

  #pending(item: number, handle: SubmitHandle): Ended {
    const validUntilMs = validUntilMsOf(this.submission.transactions[item] as Uint8Array);
    return { kind: "pending", handle, status: this.node.stateOf(handle.txId).status, validUntilMs };
  }
}

/** Why a refused transaction was not taken, as an error of the contract. */
export function refusalError(refusal: SubmitRefusal): ApiError {
  return "retryAfterMs" in refusal
    ? new ApiError(refusal.code, refusal.message, { retryAfterMs: refusal.retryAfterMs })
    : new ApiError(refusal.code, refusal.message);
}
