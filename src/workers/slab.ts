import type { SignatureJob } from "../crypto/interfaces.js";
import {
  ITEM_BYTES,
  ITEM_SIGNATURE,
  PACKED_INPUT_BYTES_MAX,
  type SignatureCounts,
} from "../kernels/index.js";

/*
 * A slab is a SharedArrayBuffer that carries the signatures of one task to a thread and the verdicts back:
 *
 *   0        what the call of the kernel took and did: numbers as f64, see `TaskCounts`
 *   64       one byte a signature: its verdict, 1 valid
 *   1088     items of 80 bytes, as the kernel wants them (assembly/ed25519/layout.ts)
 *   83008    input: R || A || message of each, one after the other, as the kernel wants it
 *
 * So the thread copies items and input at once, whatever their number. Both sides never touch a slab at the
 * same time: the message that hands over the task orders their accesses.
 */

/** Signatures of one task: as many as one call of the kernel takes. */
export const MAX_JOBS = 1_024;

const VERDICTS = 64;
const ITEMS = VERDICTS + MAX_JOBS;
const INPUT = ITEMS + MAX_JOBS * ITEM_BYTES;
/** The input has room for 1,024 signatures of messages of 192 bytes; sign bytes have 47. */
export const SLAB_BYTES = INPUT + PACKED_INPUT_BYTES_MAX;

/** What a thread is asked to check. */
export interface SlabTask {
  readonly slab: SharedArrayBuffer;
  readonly count: number;
  readonly inputSizeBytes: number;
}

/** What one task took and how its signatures were checked. */
export interface TaskCounts extends SignatureCounts {
  /** Time in the kernel, the copies included. */
  readonly callMs: number;
}

/**
 * Writes jobs one after the other; the caller has made sure that they fit. They are gathered in memory of this
 * thread and go into the slab at once: small writes to shared memory cost twice as much.
 */
export class SlabWriter {
  readonly #slab = new SharedArrayBuffer(SLAB_BYTES);
  readonly #shared = new Uint8Array(this.#slab);
  readonly #bytes = new Uint8Array(SLAB_BYTES);
  readonly #itemWords = new Uint32Array(this.#bytes.buffer, ITEMS, (MAX_JOBS * ITEM_BYTES) / 4);
  #inputSizeBytes = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Fills the slab, which must not be with a thread. */
  toTask(): SlabTask {
    const inputSizeBytes = this.#inputSizeBytes;
    this.#shared.set(this.#bytes.subarray(ITEMS, ITEMS + this.#count * ITEM_BYTES), ITEMS);
    this.#shared.set(this.#bytes.subarray(INPUT, INPUT + inputSizeBytes), INPUT);
    return { slab: this.#slab, count: this.#count, inputSizeBytes };
  }

  clear(): void {
    this.#inputSizeBytes = 0;
    this.#count = 0;
  }

  hasRoomFor(job: SignatureJob): boolean {
    const sizeBytes = 64 + job.message.length;
    return this.#count < MAX_JOBS && this.#inputSizeBytes + sizeBytes <= PACKED_INPUT_BYTES_MAX;
  }

  /** `job` has a key of 32 and a signature of 64 bytes, and there is room for it. */
  push({ publicKey, signature, message }: SignatureJob): void {
    const bytes = this.#bytes;
    const offset = this.#inputSizeBytes;
    const word = (this.#count * ITEM_BYTES) / 4;
    const sizeBytes = 64 + message.length;
    this.#itemWords[word] = offset;
    this.#itemWords[word + 1] = sizeBytes;
    this.#itemWords[word + 2] = 0;
    bytes.set(signature, ITEMS + this.#count * ITEM_BYTES + ITEM_SIGNATURE);
    // The key goes over s, which is no part of what is hashed.
    bytes.set(signature, INPUT + offset);
    bytes.set(publicKey, INPUT + offset + 32);
    bytes.set(message, INPUT + offset + 64);
    this.#inputSizeBytes = offset + sizeBytes;
    this.#count++;
  }

  verdict(index: number): boolean {
    return this.#shared[VERDICTS + index] === 1;
  }

  get counts(): TaskCounts {
    const [callMs, withTables, inBatches, cofactored, tablesBuilt, tablesReplaced] =
      new Float64Array(this.#slab, 0, 6) as unknown as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
    return { callMs, withTables, inBatches, cofactored, tablesBuilt, tablesReplaced };
  }
}

/** The parts of a task's slab, for its thread. A task that does not fit its slab is a RangeError. */
export function openSlab({ slab, count, inputSizeBytes }: SlabTask) {
  return {
    items: new Uint8Array(slab, ITEMS, count * ITEM_BYTES),
    input: new Uint8Array(slab, INPUT, inputSizeBytes),
    verdicts: new Uint8Array(slab, VERDICTS, MAX_JOBS),
  };
}

export function writeCounts(slab: SharedArrayBuffer, counts: TaskCounts): void {
  const { callMs, withTables, inBatches, cofactored, tablesBuilt, tablesReplaced } = counts;
  new Float64Array(slab, 0, 6).set([
    callMs,
    withTables,
    inBatches,
    cofactored,
    tablesBuilt,
    tablesReplaced,
  ]);
}
