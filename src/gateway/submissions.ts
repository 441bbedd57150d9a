/** Submitting and following transactions. */

import { ApiError } from "../api/index.js";
import { present } from "../base/assert.js";
import { toHex } from "../base/bytes.js";
import type { Clock } from "../ports/clock.js";
import type { NodeApi, SubmitHandle, SubmitRefusal, TransactionState } from "../ports/nodeApi.js";
import type { Hash } from "../types/primitives.js";
import type { Lifetime } from "./caller.js";
import { refusalError } from "./nodeQueries.js";

export type WaitFor = "none" | "admitted" | "final";
type Outcome = SubmitHandle | SubmitRefusal;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly done: (outcome: Outcome) => void;
}

/** Handed to the node in one call: a full batch of a lane. */
const CALL_TRANSACTIONS_MAX = 1_024;
const OVERLOAD_RETRY_MS = 500;

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
   * Takes room for a transaction whose end is to be awaited, before it is submitted; the result
   * gives it back.
   *
   * @throws {ApiError} OVERLOADED: nothing was taken.
   */
  reserve(): () => void {
    if (this.#followed >= this.followedMax) {
      throw new ApiError("OVERLOADED", "Too many transactions are awaited here; wait for fewer.", {
        retryAfterMs: OVERLOAD_RETRY_MS,
      });
    }
    this.#followed++;
    return () => {
      this.#followed--;
    };
  }

  /**
   * Hands a transaction to the node, together with all others of this turn of the event loop, so
   * that their signatures are verified as one batch.
   *
   * @throws {ApiError} Why the node did not take it.
   */
  async submit(bytes: Uint8Array): Promise<SubmitHandle> {
    const outcome = await new Promise<Outcome>((done) => {
      this.#waiting.push({ bytes, done });
      if (this.#waiting.length === 1) this.clock.soon(() => this.#handOver());
    });
    if ("code" in outcome) throw refusalError(outcome);
    return outcome;
  }

  #handOver(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < all.length; from += CALL_TRANSACTIONS_MAX) {
      const part = all.slice(from, from + CALL_TRANSACTIONS_MAX);
      this.node.submit(
        part.map(({ bytes }) => bytes),
        (outcomes) => {
          part.forEach(({ done }, i) => {
            done(present(outcomes[i], "the node answers each transaction"));
          });
        },
      );
    }
  }

  /**
   * The state of a transaction when it is what `wait` asks for, or terminal.
   *
   * @throws {ApiError} WAIT_TIMEOUT while it is still pending.
   */
  follow(
    txId: Hash,
    validUntilMs: number | undefined,
    wait: WaitFor,
    timeoutMs: number,
    lifetime: Lifetime,
  ): Promise<TransactionState> {
    if (wait === "none") return Promise.resolve(this.node.stateOf(txId));
    return new Promise((resolve, reject) => {
      let isDone = false;
      const endings: (() => void)[] = [];
      const finish = (settle: () => void) => {
        if (isDone) return;
        isDone = true;
        for (const ending of endings) ending();
        settle();
      };
      const timeout = () => {
        const { status } = this.node.stateOf(txId);
        const error = new ApiError(
          "WAIT_TIMEOUT",
          `Still pending after ${timeoutMs} ms: no failure. Ask tx.status, or submit the same bytes.`,
          { txId: toHex(txId), status, validUntilMs: validUntilMs ?? null },
        );
        finish(() => reject(error));
      };
      endings.push(this.clock.after(timeoutMs, timeout));
      endings.push(lifetime.add(timeout));
      const stop = this.node.watch(txId, validUntilMs, (state) => {
        if (isReached(state, wait)) finish(() => resolve(state));
      });
      // The listener may have been called before `watch` returned.
      if (isDone) stop();
      else endings.push(stop);
    });
  }
}
