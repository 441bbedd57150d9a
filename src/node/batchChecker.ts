import { mapKey } from "../base/bytes.js";
import { batchHash, batchSignBytes } from "../crypto/digests.js";
import type { Hasher, SignatureJob } from "../crypto/interfaces.js";
import type { Clock } from "../ports/clock.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import type { Batch } from "../types/batch.js";
import type { Hash } from "../types/primitives.js";
import type { PreparedTransaction } from "../types/transaction.js";
import type { BatchVerdict } from "../validator/interface.js";
import type { Prepared } from "./transactionPool.js";

export interface BatchCheckerOptions {
  readonly hasher: Hasher;
  readonly clock: Clock;
  readonly verifierPool: VerifierPool;
  readonly prepare: (bytes: Uint8Array) => Prepared;
  readonly signatureJobs: (prepared: PreparedTransaction) => readonly SignatureJob[];
  /** Whether these bytes were verified before, as a client's transaction of this validator. */
  readonly isVerified: (txId: Hash, bytes: Uint8Array) => boolean;
}

/** A full verifier queue is asked again after this. */
const RETRY_MS = 5;

interface Check {
  readonly jobs: readonly SignatureJob[];
  readonly done: (verdicts: readonly boolean[]) => void;
}

/**
 * Checks batches of other validators: the author's signature and, in one run of the workers, every
 * signature of every transaction that was not checked before.
 */
export class BatchChecker {
  readonly #options: BatchCheckerOptions;
  /** Checks for which the verifier had no room, in the order in which they came. */
  #waiting: Check[] = [];

  constructor(options: BatchCheckerOptions) {
    this.#options = options;
  }

  check(batch: Batch, authorKey: Uint8Array, done: (hash: Hash, verdict: BatchVerdict) => void) {
    const { hasher, prepare, signatureJobs, isVerified } = this.#options;
    const digest = batchHash(hasher, batch.bodyBytes);
    const transactions: PreparedTransaction[] = [];
    const jobs: SignatureJob[] = [
      { publicKey: authorKey, signature: batch.signature, message: batchSignBytes(digest) },
    ];
    const seen = new Set<string>();
    for (const bytes of batch.transactions) {
      const prepared = prepare(bytes);
      if (!prepared.ok) {
        done(digest, { ok: false, reason: `a transaction is invalid: ${prepared.message}` });
        return;
      }
      transactions.push(prepared.value);
      const { txId } = prepared.value;
      const key = mapKey(txId);
      if (seen.has(key)) {
        done(digest, { ok: false, reason: "a transaction stands twice in one batch" });
        return;
      }
      seen.add(key);
      if (isVerified(txId, bytes)) continue;
      for (const job of signatureJobs(prepared.value)) jobs.push(job);
    }
    this.#verify(jobs, (verdicts) => {
      if (verdicts[0] !== true) {
        done(digest, { ok: false, reason: "the author's signature does not verify" });
      } else if (verdicts.every((verdict) => verdict)) {
        done(digest, { ok: true, transactions });
      } else {
        done(digest, { ok: false, reason: "a witness's signature does not verify" });
      }
    });
  }

  /**
   * Whether a batch waits for room among the signature checks. Clients then take none: a batch needs
   * room for all its signatures at once, and theirs are few, so they would always come first.
   */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  #verify(jobs: readonly SignatureJob[], done: (verdicts: readonly boolean[]) => void): void {
    // Nor does a small batch overtake a large one that waits.
    if (!this.isWaiting && this.#options.verifierPool.verify(jobs, done)) return;
    this.#waiting.push({ jobs, done });
    if (this.#waiting.length === 1) this.#retryLater();
  }

  #retryLater(): void {
    this.#options.clock.after(RETRY_MS, () => {
      const { verifierPool } = this.#options;
      const stillWaiting = this.#waiting.findIndex(
        ({ jobs, done }) => !verifierPool.verify(jobs, done),
      );
      this.#waiting = stillWaiting < 0 ? [] : this.#waiting.slice(stillWaiting);
      if (this.isWaiting) this.#retryLater();
    });
  }
}
