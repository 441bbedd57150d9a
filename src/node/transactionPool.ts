import { equalBytes, mapKey } from "../base/bytes.js";
import { LIMITS } from "../base/limits.js";
import type { SignatureJob } from "../crypto/interfaces.js";
import type { Clock } from "../ports/clock.js";
import type {
  FinalBlock,
  SubmitHandle,
  SubmitRefusal,
  TransactionState,
} from "../ports/nodeApi.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import type { Hash } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import { Admission } from "./admission.js";
import { Watchers } from "./watchers.js";

/** What static checks say of bytes from outside. */
export type Prepared =
  | { readonly ok: true; readonly value: PreparedTransaction }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface TransactionPoolOptions {
  readonly clock: Clock;
  readonly verifierPool: VerifierPool;
  readonly prepare: (bytes: Uint8Array) => Prepared;
  readonly signatureJobs: (prepared: PreparedTransaction) => readonly SignatureJob[];
  /** Why its parties could not act in the last final state; undefined if they could. */
  readonly whyNotAuthorised: (prepared: PreparedTransaction) => string | undefined;
  /** Final state of a transaction from the indexes, if it is in one. */
  readonly findFinal: (txId: Hash) => TransactionState | undefined;
  readonly headTimeMs: () => number;
  /** Index of this validator, by which it knows blocks of its own. */
  readonly self: number;
  /** Why nothing can be taken now, or undefined. */
  readonly notReady: () => string | undefined;
  /** Whether others wait for room among the signature checks: clients come after them. */
  readonly mustYield?: () => boolean;
  /** Hands verified transactions to the own lane. */
  readonly submit: (transactions: readonly PreparedTransaction[]) => void;
}

interface Pending {
  readonly prepared: PreparedTransaction;
  readonly expiresAtMs: number;
  readonly takenAtMs: number;
  status: "received" | "admitted";
}

type Outcome = SubmitHandle | SubmitRefusal;

interface Waiting {
  readonly transactions: readonly Uint8Array[];
  readonly done: (outcomes: readonly Outcome[]) => void;
  /** Filled item by item. */
  readonly outcomes: Outcome[];
}

/** A transaction whose signatures are being checked: where its answer goes, and which jobs are its. */
interface Fresh {
  readonly prepared: PreparedTransaction;
  readonly outcomes: Outcome[];
  readonly item: number;
  readonly firstJob: number;
  readonly endJob: number;
}

const BAD_SIGNATURE: SubmitRefusal = {
  code: "BAD_SIGNATURE",
  message: "a witness's signature does not verify",
};
const RECEIVED: TransactionState = { status: "received" };
const ADMITTED: TransactionState = { status: "admitted" };
/** Under overload so many of a turn are looked up, in case they are known; the others are not read. */
const LOOK_UPS_MAX = 64;

const REFUSAL_CODES = new Set(["MALFORMED_TX", "TOO_LARGE", "WRONG_CHAIN", "EXPIRED"]);

/**
 * Transactions of this validator's clients, from arrival until they are final or expired. Bounded
 * by count and bytes; what was admitted is never dropped.
 */
export class TransactionPool {
  readonly #options: TransactionPoolOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #watchers = new Watchers(2 * LIMITS.pendingTransactionsMax);
  /** So much queue on average keeps the slowest of a hundred below a second. */
  readonly #admission = new Admission(500);
  /** Keys by the second in which they expire, so that expiry costs nothing per block. */
  readonly #expiries = new Map<number, Set<string>>();
  #pendingSizeBytes = 0;
  #verifying = 0;
  #waiting: Waiting[] = [];
  #waitingCount = 0;
  #oldestExpirySecond = 0;

  constructor(options: TransactionPoolOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#pending.size + this.#verifying;
  }

  get countLimit(): number {
    return this.#admission.countLimit;
  }

  /** Takes client bytes; signatures of all calls of one turn are checked together. */
  submit(transactions: readonly Uint8Array[], done: (outcomes: readonly Outcome[]) => void): void {
    if (this.#waiting.length === 0) this.#options.clock.soon(() => this.#verifyWaiting());
    this.#waitingCount += transactions.length;
    this.#waiting.push({ transactions, done, outcomes: new Array(transactions.length) });
  }

  #refusal(): SubmitRefusal | undefined {
    const notReady = this.#options.notReady();
    if (notReady !== undefined) {
      return { code: "NOT_READY", message: notReady, retryAfterMs: 1_000 };
    }
    const full =
      this.count >= this.#admission.countLimit ||
      this.#pendingSizeBytes >= LIMITS.pendingTransactionsSizeBytesMax;
    return full ? this.#overloaded() : undefined;
  }

  #overloaded(): SubmitRefusal {
    return {
      code: "OVERLOADED",
      message: "more transactions wait than this validator can finish soon; send again later",
      retryAfterMs: this.#admission.retryAfterMs,
    };
  }

  /** Why no transaction at all would be taken now, those counted in that wait for their check. */
  refusesAll(): SubmitRefusal | undefined {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    return this.count + this.#waitingCount >= this.countLimit ? this.#overloaded() : undefined;
  }

  #verifyWaiting(): void {
    const calls = this.#waiting;
    this.#waiting = [];
    this.#waitingCount = 0;
    const fresh: Fresh[] = [];
    const jobs: SignatureJob[] = [];
    let lookUps = LOOK_UPS_MAX;
    let refusal: SubmitRefusal | undefined;
    for (const { transactions, outcomes } of calls) {
      for (let item = 0; item < transactions.length; item++) {
        const bytes = transactions[item] as Uint8Array;
        // What is refused once in a turn stays so: nothing ends before the next one.
        refusal ??= this.#refusal();
        if (refusal !== undefined) {
          const mayLookUp = refusal.code === "OVERLOADED" && lookUps-- > 0;
          outcomes[item] = (mayLookUp ? this.#known(bytes) : undefined) ?? refusal;
          continue;
        }
        const checked = this.#check(bytes);
        if (!("transaction" in checked)) {
          outcomes[item] = checked;
          continue;
        }
        const firstJob = jobs.length;
        for (const job of this.#options.signatureJobs(checked)) jobs.push(job);
        fresh.push({ prepared: checked, outcomes, item, firstJob, endJob: jobs.length });
        this.#verifying++;
      }
    }
    const finish = (verdicts: readonly boolean[] | undefined) => {
      this.#verified(fresh, verdicts);
      for (const { done, outcomes } of calls) done(outcomes);
    };
    if (jobs.length === 0) finish([]);
    else if (this.#options.mustYield?.() === true) finish(undefined);
    else if (!this.#options.verifierPool.verify(jobs, finish)) finish(undefined);
  }

  /** Takes those whose signatures are all good; without verdicts the checkers had no room. */
  #verified(fresh: readonly Fresh[], verdicts: readonly boolean[] | undefined): void {
    const taken: PreparedTransaction[] = [];
    for (const { prepared, outcomes, item, firstJob, endJob } of fresh) {
      this.#verifying--;
      if (verdicts === undefined) {
        outcomes[item] = this.#overloaded();
        continue;
      }
      let isValid = true;
      for (let job = firstJob; job < endJob; job++) isValid &&= verdicts[job] === true;
      if (!isValid) {
        outcomes[item] = BAD_SIGNATURE;
        continue;
      }
      const { txId } = prepared;
      const key = mapKey(txId);
      // The same one may have come again while its signatures were checked: sealed twice into one
      // batch, it would make every other validator cut this one off.
      const duplicate = this.#isKnown(key, txId);
      if (!duplicate) {
        this.#add(key, prepared);
        taken.push(prepared);
      }
      outcomes[item] = { txId, duplicate };
    }
    if (taken.length > 0) this.#options.submit(taken);
  }

  #isKnown(key: string, txId: Hash): boolean {
    return this.#pending.has(key) || this.#options.findFinal(txId) !== undefined;
  }

  /** The handle of a transaction that is pending or final; undefined for any other bytes. */
  #known(bytes: Uint8Array): SubmitHandle | undefined {
    const prepared = this.#options.prepare(bytes);
    if (!prepared.ok) return undefined;
    const { txId } = prepared.value;
    return this.#isKnown(mapKey(txId), txId) ? { txId, duplicate: true } : undefined;
  }

  #check(bytes: Uint8Array): PreparedTransaction | Outcome {
    const prepared = this.#options.prepare(bytes);
    if (!prepared.ok) {
      const code = REFUSAL_CODES.has(prepared.code) ? prepared.code : "INVALID_TX";
      return { code, message: prepared.message } as SubmitRefusal;
    }
    const { txId, transaction } = prepared.value;
    if (this.#isKnown(mapKey(txId), txId)) return { txId, duplicate: true };
    const { validUntilMs } = transaction.body;
    const headTimeMs = this.#options.headTimeMs();
    if (validUntilMs <= headTimeMs) {
      return {
        code: "EXPIRED",
        message: `valid until ${validUntilMs}, and the chain's time is ${headTimeMs}; sign it anew`,
      };
    }
    if (validUntilMs > this.#options.clock.nowMs() + LIMITS.validityMsMax) {
      return { code: "INVALID_TX", message: "validUntilMs lies more than 24 hours ahead" };
    }
    // Before its signatures are checked: junk of strangers costs no lane and no quota.
    const why = this.#options.whyNotAuthorised(prepared.value);
    if (why !== undefined) {
      return { code: "NOT_AUTHORISED", message: `the transaction could not act now: ${why}` };
    }
    return prepared.value;
  }

  #add(key: string, prepared: PreparedTransaction): void {
    const expiresAtMs = prepared.transaction.body.validUntilMs;
    const takenAtMs = this.#options.clock.nowMs();
    this.#pending.set(key, { prepared, expiresAtMs, takenAtMs, status: "received" });
    this.#pendingSizeBytes += prepared.transaction.bytes.length;
    const second = Math.floor(expiresAtMs / 1_000);
    if (this.#expiries.size === 0 || second < this.#oldestExpirySecond) {
      this.#oldestExpirySecond = second;
    }
    const keys = this.#expiries.get(second);
    if (keys === undefined) this.#expiries.set(second, new Set([key]));
    else keys.add(key);
    this.#watchers.tell(key, RECEIVED);
  }

  #remove(key: string): Pending | undefined {
    const pending = this.#pending.get(key);
    if (pending === undefined) return undefined;
    this.#pending.delete(key);
    this.#pendingSizeBytes -= pending.prepared.transaction.bytes.length;
    const second = Math.floor(pending.expiresAtMs / 1_000);
    const keys = this.#expiries.get(second);
    keys?.delete(key);
    if (keys?.size === 0) this.#expiries.delete(second);
    return pending;
  }

  /** Whether exactly these bytes have had their signatures checked here. */
  isVerified(txId: Hash, bytes: Uint8Array): boolean {
    const pending = this.#pending.get(mapKey(txId));
    return pending !== undefined && equalBytes(pending.prepared.transaction.bytes, bytes);
  }

  bytesOf(txId: Hash): Uint8Array | undefined {
    return this.#pending.get(mapKey(txId))?.prepared.transaction.bytes;
  }

  admitted(txIds: readonly Hash[]): void {
    for (const txId of txIds) {
      const key = mapKey(txId);
      const pending = this.#pending.get(key);
      if (pending === undefined || pending.status === "admitted") continue;
      pending.status = "admitted";
      this.#watchers.tell(key, ADMITTED);
    }
  }

  /** A final block: ends what it holds, and what can be in no later block. */
  onFinal(block: FinalBlock, stateOf: (index: number) => TransactionState): void {
    const nowMs = this.#options.clock.nowMs();
    const { proposer, timeMs } = block.block.header;
    if (proposer === this.#options.self) this.#admission.onOwnBlock(nowMs - timeMs);
    let own = 0;
    let delaysMs = 0;
    for (let index = 1; index < block.executed.length; index++) {
      const { receipt } = block.executed[index]!;
      const key = mapKey(receipt.txId);
      // Most are of other validators' clients, and nobody here asks for them.
      if (!this.#pending.has(key) && !this.#watchers.has(key)) continue;
      const state = stateOf(index);
      if (state.status === "unknown") continue;
      const ended = this.#remove(key);
      if (ended !== undefined) {
        own++;
        delaysMs += nowMs - ended.takenAtMs;
      }
      if (state.status === "voided") this.#watchers.tell(key, state);
      else this.#watchers.finish(key, state);
    }
    if (own > 0) this.#admission.onFinal(own, delaysMs / own, this.count, nowMs);
    this.#expire(timeMs);
  }

  #expire(headTimeMs: number): void {
    const before = Math.floor(headTimeMs / 1_000);
    if (this.#expiries.size === 0 || this.#oldestExpirySecond >= before) return;
    for (const [second, keys] of this.#expiries) {
      if (second >= before) continue;
      for (const key of [...keys]) {
        this.#remove(key);
        this.#watchers.finish(key, { status: "expired" });
      }
    }
    this.#oldestExpirySecond = before;
  }

  stateOf(txId: Hash): TransactionState {
    // What is pending is not final: it is removed in the turn in which it becomes so.
    const pending = this.#pending.get(mapKey(txId));
    if (pending !== undefined) return pending.status === "received" ? RECEIVED : ADMITTED;
    return this.#options.findFinal(txId) ?? { status: "unknown" };
  }

  watch(
    txId: Hash,
    validUntilMs: number | undefined,
    listener: (state: TransactionState) => void,
  ): () => void {
    const state = this.stateOf(txId);
    if (
      state.status === "unknown" &&
      validUntilMs !== undefined &&
      validUntilMs < this.#options.headTimeMs()
    ) {
      listener({ status: "expired" });
      return () => {};
    }
    const isOver = state.status === "final" || state.status === "expired";
    if (!isOver) this.#watchers.add(txId, listener);
    listener(state);
    return () => this.#watchers.remove(txId, listener);
  }
}
