import { assert } from "../base/assert.js";
import { LIMITS } from "../base/limits.js";
import type { Hasher, SignatureJob } from "../crypto/interfaces.js";
import type { VerifierPool } from "../ports/verifierPool.js";
import { type Asked, type Call, UnderWay } from "./underWay.js";
import { DIGEST_WORDS, VerdictTable } from "./verdictTable.js";

export interface VerdictCacheOptions {
  readonly hasher: Hasher;
  /** 32 bytes that nobody outside can know. */
  readonly secret: Uint8Array;
  /** Signatures that are remembered, by default `LIMITS.verdictsRememberedMax`: 16 bytes each. */
  readonly capacity?: number;
  /**
   * Told of each call that was accepted: how many of its signatures were known or under way, and how
   * many were not.
   */
  readonly onLookups?: (hits: number, misses: number) => void;
}

export interface VerdictCache extends VerifierPool {
  readonly stats: { readonly hits: number; readonly misses: number };
}

/** Messages up to this are hashed without a fresh array; sign bytes have 47. */
const SCRATCH_MESSAGE_BYTES = 1_024;
const MESSAGE = 32 + 64;
/** Jobs that may wait for the verdicts of other calls; beyond, equal ones are checked each, if the pool has room. */
const WAITING_MAX = 65_536;

/**
 * A pool that remembers which signatures were valid, so that none is checked twice, whichever way it comes again.
 * What a verdict depends on is hashed whole: public key, signature and message, with a secret key, so nobody
 * can make two of one digest.
 *
 * Wrong signatures are not remembered: no honest party sends one again, and strangers could fill the memory with them
 * at no cost. A call that has a signature which is being checked waits for that verdict.
 */
export function createVerdictCache(pool: VerifierPool, options: VerdictCacheOptions): VerdictCache {
  return new CachingPool(pool, options);
}

/** A job of this call that another call has asked for. */
interface Wait {
  readonly asked: Asked;
  readonly index: number;
  readonly position: number;
}

interface Rest {
  /** Jobs of the whole call. */
  readonly size: number;
  readonly rest: readonly SignatureJob[];
  /** Where they stand in the call. */
  readonly indexes: readonly number[];
  readonly digests: Uint32Array;
  readonly waits: readonly Wait[];
}

class CachingPool implements VerdictCache {
  readonly #pool: VerifierPool;
  readonly #options: VerdictCacheOptions;
  readonly #table: VerdictTable;
  readonly #underWay = new UnderWay();
  readonly #scratch = new Uint8Array(MESSAGE + SCRATCH_MESSAGE_BYTES);
  /** What was hashed last: most have one length. */
  #input: Uint8Array = this.#scratch;
  /** Of the last signature that was looked up. */
  readonly #digest = new Uint32Array(DIGEST_WORDS);
  readonly #digestBytes = new Uint8Array(this.#digest.buffer);
  #hits = 0;
  #misses = 0;
  /** Jobs of calls that wait for the verdicts of others. */
  #waiting = 0;
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
    const waits: Wait[] = [];
    // Digests of the jobs that the pool is to check, and, once it need not check all, which jobs they are.
    let unknown = 0;
    let rest: SignatureJob[] | undefined;
    const indexes: number[] = [];
    for (let index = 0; index < jobs.length; index++) {
      const job = jobs[index] as SignatureJob;
      const isWhole = this.#takeDigest(job);
      const isKnown = isWhole && this.#table.has(this.#digest, 0);
      const mayWait = isWhole && !isKnown && this.#waiting + waits.length < WAITING_MAX;
      const asked = mayWait ? this.#underWay.find(this.#digest) : undefined;
      if (asked !== undefined) {
        waits.push({ asked, index, position: this.#underWay.positionOf(this.#digest) });
      }
      if (isKnown || asked !== undefined) {
        if (rest !== undefined) continue;
        rest = jobs.slice(0, index);
        for (let k = 0; k < index; k++) indexes.push(k);
        continue;
      }
      for (let k = 0; k < DIGEST_WORDS; k++) {
        digests[DIGEST_WORDS * unknown + k] = this.#digest[k] as number;
      }
      unknown++;
      if (rest === undefined) continue;
      rest.push(job);
      indexes.push(index);
    }
    const isTaken =
      rest === undefined
        ? this.#askAll(jobs, digests, done)
        : this.#askRest({ size: jobs.length, rest, indexes, digests, waits }, done);
    if (!isTaken) return false;
    this.#hits += jobs.length - unknown;
    this.#misses += unknown;
    this.#options.onLookups?.(jobs.length - unknown, unknown);
    return true;
  }

  close(done: () => void): void {
    this.#isClosing = true;
    this.#pool.close(done);
  }

  /** Nothing is known of any job, as it is nearly always. */
  #askAll(
    jobs: readonly SignatureJob[],
    digests: Uint32Array,
    done: (verdicts: boolean[]) => void,
  ): boolean {
    const asked: Asked = { waiters: [], isAnswered: false };
    const isTaken = this.#pool.verify(jobs, (verdicts) => {
      this.#learn(asked, digests, verdicts);
      done(verdicts);
      this.#tellWaiters(asked, verdicts);
    });
    if (isTaken) this.#underWay.add(digests, jobs.length, asked);
    return isTaken;
  }

  /** Has the pool check what is neither known nor under way, and waits for what is under way. */
  #askRest({ size, rest, indexes, digests, waits }: Rest, done: Call["done"]): boolean {
    const verdicts = new Array<boolean>(size).fill(true);
    const call: Call = { verdicts, done, open: 1 + waits.length };
    const asked: Asked = { waiters: [], isAnswered: false };
    if (rest.length === 0) {
      // Never from within the call.
      queueMicrotask(() => settle(call));
    } else {
      const isTaken = this.#pool.verify(rest, (answers) => {
        this.#learn(asked, digests, answers);
        for (let i = 0; i < indexes.length; i++) {
          verdicts[indexes[i] as number] = answers[i] === true;
        }
        settle(call);
        this.#tellWaiters(asked, answers);
      });
      if (!isTaken) return false;
      this.#underWay.add(digests, rest.length, asked);
    }
    this.#waiting += waits.length;
    for (const { asked: other, index, position } of waits) {
      other.waiters.push({ call, index, position });
    }
    return true;
  }

  #learn(asked: Asked, digests: Uint32Array, verdicts: readonly boolean[]): void {
    asked.isAnswered = true;
    this.#underWay.remove(digests, verdicts.length, asked);
    for (let i = 0; i < verdicts.length; i++) {
      if (verdicts[i] === true) this.#table.add(digests, DIGEST_WORDS * i);
    }
  }

  #tellWaiters({ waiters }: Asked, verdicts: readonly boolean[]): void {
    this.#waiting -= waiters.length;
    for (const { call, index, position } of waiters) {
      call.verdicts[index] = verdicts[position] === true;
      settle(call);
    }
  }

  /**
   * Puts the digest of the job into `#digest`. One of a wrong form has none, but zeros and false: it is never
   * looked up, for it would be found as whatever was looked up before it.
   */
  #takeDigest({ publicKey, signature, message }: SignatureJob): boolean {
    if (publicKey.length !== 32 || signature.length !== 64) {
      this.#digest.fill(0);
      return false;
    }
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
    return true;
  }
}

function settle(call: Call): void {
  call.open--;
  if (call.open === 0) call.done(call.verdicts);
}
