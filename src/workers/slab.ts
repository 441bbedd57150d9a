import type { SignatureJob } from "../crypto/interfaces.js";

/*
 * A slab is a SharedArrayBuffer that carries the jobs of one task to a worker and the verdicts back:
 *
 *   0             one byte a job: its verdict, 1 valid
 *   MAX_JOBS      jobs, each: message length u32 (little-endian), public key 32, signature 64, message
 *
 * Both sides never touch it at the same time: the message that hands over the task orders their accesses.
 */

/** Jobs of one task: one call of the kernel. */
export const MAX_JOBS = 512;
/** A slab that is kept: 512 jobs with messages of 412 bytes; sign bytes have 47. */
export const SLAB_BYTES = 256 * 1024;

const FIXED_BYTES = 4 + 32 + 64;

/** What a worker is asked to do. */
export interface VerifyTask {
  readonly slab: SharedArrayBuffer;
  readonly count: number;
}

/** Bytes that one job takes in a slab. */
export function jobBytes(job: SignatureJob): number {
  return FIXED_BYTES + job.message.length;
}

/** Bytes of a slab that one job fills by itself. */
export function slabBytesFor(job: SignatureJob): number {
  return MAX_JOBS + jobBytes(job);
}

/** Writes jobs one after the other; the caller has made sure that they fit. */
export class SlabWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = MAX_JOBS;
  #count = 0;

  constructor(readonly slab: SharedArrayBuffer) {
    this.#bytes = new Uint8Array(slab);
    this.#view = new DataView(slab);
  }

  get count(): number {
    return this.#count;
  }

  hasRoomFor(job: SignatureJob): boolean {
    return this.#count < MAX_JOBS && this.#offset + jobBytes(job) <= this.#bytes.length;
  }

  /** `job` has a key of 32 and a signature of 64 bytes. */
  push(job: SignatureJob): void {
    this.#view.setUint32(this.#offset, job.message.length, true);
    this.#bytes.set(job.publicKey, this.#offset + 4);
    this.#bytes.set(job.signature, this.#offset + 36);
    this.#bytes.set(job.message, this.#offset + FIXED_BYTES);
    this.#offset += jobBytes(job);
    this.#count++;
  }

  verdict(index: number): boolean {
    return this.#bytes[index] === 1;
  }
}

/** The jobs of a task, as views of its slab. */
export function readJobs({ slab, count }: VerifyTask): SignatureJob[] {
  const bytes = new Uint8Array(slab);
  const view = new DataView(slab);
  const jobs: SignatureJob[] = [];
  let offset = MAX_JOBS;
  for (let i = 0; i < count; i++) {
    const end = offset + FIXED_BYTES + view.getUint32(offset, true);
    jobs.push({
      publicKey: bytes.subarray(offset + 4, offset + 36),
      signature: bytes.subarray(offset + 36, offset + FIXED_BYTES),
      message: bytes.subarray(offset + FIXED_BYTES, end),
    });
    offset = end;
  }
  return jobs;
}

export function writeVerdicts(slab: SharedArrayBuffer, verdicts: readonly boolean[]): void {
  const bytes = new Uint8Array(slab, 0, MAX_JOBS);
  verdicts.forEach((valid, i) => {
    bytes[i] = valid ? 1 : 0;
  });
}
