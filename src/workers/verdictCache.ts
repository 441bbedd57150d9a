import { assert } from "../base/assert.js";
import { LIMITS } from "../base/limits.js";
import type { Hasher, SignatureJob } from "../crypto/interfaces.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import { DIGEST_WORDS, VerdictTable } from "./verdictTable.js";

export interface VerdictCacheOptions {
  readonly hasher: Hasher;
  /** 32 bytes that nobody outside can know. */
  readonly secret: Uint8Array;
  /** Signatures that are remembered, by default `LIMITS.verdictsRememberedMax`: 16 bytes each. */
  readonly capacity?: number;
  /** Told of each call that was accepted: how many of its signatures were known, and how many were not. */
  readonly onLookups?: (hits: number, misses: number) => void;
}

export interface VerdictCache extends VerifierPool {
  readonly stats: { readonly hits: number; readonly misses: number };
}

/** Messages up to this are hashed without a fresh array; sign bytes have 47. */
const SCRATCH_MESSAGE_BYTES = 1_024;
const MESSAGE = 32 + 64;

/**
 * A pool that remembers which signatures were valid, so that none is checked twice, whichever way it comes again.
 * What a verdict depends on is hashed whole: public key, signature and message, with a secret key, so nobody
 * can make two of one digest.
 *
 * Wrong signatures are not remembered: no honest party sends one again, and strangers could fill the memory with them
 * at no cost. Equal signatures that are under way at the same time are checked each.
 */
export function createVerdictCache(pool: VerifierPool, options: VerdictCacheOptions): VerdictCache {
  return new CachingPool(pool, options);
}

class CachingPool implements VerdictCache {
  readonly #pool: VerifierPool;
  readonly #options: VerdictCacheOptions;
  readonly #table: VerdictTable;
  readonly #scratch = new Uint8Array(MESSAGE + SCRATCH_MESSAGE_BYTES);
  /** What was hashed last: most have one length. */
  #input: Uint8Array = this.#scratch;
  /** Of the last signature that was looked up. */
  readonly #digest = new Uint32Array(DIGEST_WORDS);
  readonly #digestBytes = new Uint8Array(this.#digest.buffer);
  #hits = 0;
  #misses = 0;
  #isClosing = false;

  constructor(pool: VerifierPool, options: VerdictCacheOptions) {
    assert(options.secret.length === 32, "the secret has 32 bytes");
    this.#pool = pool;
    this.#options = options;
    this.#table = new VerdictTable(options.capacity ?? LIMITS.verdictsRememberedMax);
  }

  get stats(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses };
  }

  verify(jobs: readonly SignatureJob[], done: (verdicts: boolean[]) => void): boolean {
    if (this.#isClosing) return false;
    const digests = new Uint32Array(DIGEST_WORDS * jobs.length);
    // Digests and jobs of those that are not known, and, once one is, which jobs they are.
    let unknown = 0;
    let rest: SignatureJob[] | undefined;
    const indexes: number[] = [];
    for (let i = 0; i < jobs.length; i++) {
      const job = jobs[i] as SignatureJob;
      if (this.#isKnown(job)) {
        if (rest === undefined) {
          rest = jobs.slice(0, i);
          for (let k = 0; k < i; k++) indexes.push(k);
        }
        continue;
      }
      for (let k = 0; k < DIGEST_WORDS; k++) {
        digests[DIGEST_WORDS * unknown + k] = this.#digest[k] as number;
      }
      unknown++;
      if (rest === undefined) continue;
      rest.push(job);
      indexes.push(i);
    }
    if (!this.#ask(jobs, rest, indexes, digests, done)) return false;
    const hits = jobs.length - unknown;
    this.#hits += hits;
    this.#misses += unknown;
    this.#options.onLookups?.(hits, unknown);
    return true;
  }

  close(done: () => void): void {
    this.#isClosing = true;
    this.#pool.close(done);
  }

  /** Has the pool check `rest`, which are `indexes` of `jobs`, or all jobs if no other is known. */
  #ask(
    jobs: readonly SignatureJob[],
    rest: readonly SignatureJob[] | undefined,
    indexes: readonly number[],
    digests: Uint32Array,
    done: (verdicts: boolean[]) => void,
  ): boolean {
    if (rest === undefined) {
      return this.#pool.verify(jobs, (verdicts) => {
        this.#remember(verdicts, digests);
        done(verdicts);
      });
    }
    const all = new Array<boolean>(jobs.length).fill(true);
    if (rest.length === 0) {
      // Never from within the call.
      queueMicrotask(() => done(all));
      return true;
    }
    return this.#pool.verify(rest, (verdicts) => {
      this.#remember(verdicts, digests);
      indexes.forEach((index, i) => {
        all[index] = verdicts[i] === true;
      });
      done(all);
    });
  }

  #remember(verdicts: readonly boolean[], digests: Uint32Array): void {
    for (let i = 0; i < verdicts.length; i++) {
      if (verdicts[i] === true) this.#table.add(digests, DIGEST_WORDS * i);
    }
  }

  /** Leaves the digest of the job behind. One of a wrong form is never known: it never was valid. */
  #isKnown({ publicKey, signature, message }: SignatureJob): boolean {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    const sizeBytes = MESSAGE + message.length;
    if (this.#input.length !== sizeBytes) {
      this.#input =
        message.length <= SCRATCH_MESSAGE_BYTES
          ? this.#scratch.subarray(0, sizeBytes)
          : new Uint8Array(sizeBytes);
    }
    const input = this.#input;
    // Key and signature have fixed lengths, so nothing else has these bytes.
    input.set(publicKey);
    input.set(signature, 32);
    input.set(message, MESSAGE);
    const { hasher, secret } = this.#options;
    if (hasher.blake3KeyedInto === undefined) {
      this.#digestBytes.set(hasher.blake3Keyed(secret, input).subarray(0, 4 * DIGEST_WORDS));
    } else {
      hasher.blake3KeyedInto(secret, input, this.#digestBytes, 0, 4 * DIGEST_WORDS);
    }
    return this.#table.has(this.#digest, 0);
  }
}
