import { assert } from "../base/assert.js";
import { concatBytes } from "../base/bytes.js";
import type { BatchVerifier, Hasher, SignatureJob } from "../crypto/interfaces.js";

/** What the signature part of module `kernels` exports. Addresses are globals. */
export interface SignatureExports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  readonly INPUT: WebAssembly.Global;
  readonly INPUT_BYTES: WebAssembly.Global;
  readonly ITEMS: WebAssembly.Global;
  readonly COEFFICIENTS: WebAssembly.Global;
  readonly OUTPUT: WebAssembly.Global;
  readonly ITEM_BYTES: WebAssembly.Global;
  readonly MAX_ITEMS: WebAssembly.Global;
  readonly VERDICTS: WebAssembly.Global;
  verifyBatch(count: number, tier: number): void;
  reserveTables(count: number): number;
  signatureFault(): number;
  signatureCounts(): void;
}

/** What was checked in which way since the instance was made. */
export interface SignatureCounts {
  /** Signatures by keys that had tables. */
  readonly withTables: number;
  /** Signatures in random combinations. */
  readonly inBatches: number;
  /** Pairs with tables of which one needed the cofactored check: wrong ones, mostly. */
  readonly cofactored: number;
  /** Tables that were built, and those of them that took the place of an idle key's. */
  readonly tablesBuilt: number;
  readonly tablesReplaced: number;
}

/** Ways of checking, by what the module calls them (assembly/kernels.ts). */
const TIERS = { auto: 0, batch: 1, comb: 2, single: 3 } as const;

/**
 * How signatures are checked. The verdict never depends on it.
 *
 * - `auto`: each key by what is remembered of it; what a validator uses.
 * - `batch`: all as if their keys had never been seen. Nothing is remembered.
 * - `comb`: tables are built at once for every key that is a point. Keys for which there is no room are checked
 *   as in `batch`. Whoever sends keys decides here which ones get tables: for measuring and testing.
 * - `single`: each signature in an equation of its own. Nothing is remembered.
 */
export type SignatureTier = keyof typeof TIERS;
export const SIGNATURE_TIERS = Object.keys(TIERS) as readonly SignatureTier[];

/** What can be wrong with a signature, in the order in which it is looked for; by `signatureFault` from the third on. */
const FAULTS = [
  "PUBLIC_KEY_LENGTH",
  "SIGNATURE_LENGTH",
  "S_NOT_BELOW_ORDER",
  "KEY_NOT_A_POINT",
  "R_NOT_A_POINT",
  "EQUATION_FAILED",
] as const;
export type SignatureFault = (typeof FAULTS)[number];

/** `count` bytes that nobody outside can foresee: a CSPRNG. */
export type RandomBytes = (count: number) => Uint8Array;

/** Bytes that the tables of one key take (assembly/ed25519/comb.ts). */
export const KEY_TABLES_SIZE_BYTES = 32 * 1024;

/** Messages longer than this are hashed on their own, so that they do not fill the buffer of a batch. */
export const LONG_MESSAGE_BYTES = 4096;
const DIGEST_BYTES = 64;
/** One item, and the signature in it (assembly/ed25519/layout.ts): for those who pack items themselves. */
export const ITEM_BYTES = 80;
export const ITEM_SIGNATURE = 16;
/** Bytes of R || A || message of all signatures of one call. */
export const PACKED_INPUT_BYTES_MAX = 256 * 1024;

/**
 * Batch verification of Ed25519 by ZIP-215 over one Wasm instance. Jobs are checked up to some hundred at
 * a time as one random linear combination; if that fails it is halved until each wrong signature is named.
 *
 * `randomBytes` must be a CSPRNG: whoever can foresee its output can make wrong signatures that cancel out.
 */
export class SignatureKernels implements BatchVerifier {
  readonly #wasm: SignatureExports;
  readonly #hasher: Hasher;
  readonly #randomBytes: RandomBytes;
  readonly #input: Uint8Array;
  readonly #items: Uint8Array;
  readonly #itemWords: Uint32Array;
  readonly #coefficients: Uint8Array;
  readonly #verdicts: Uint8Array;
  readonly #itemBytes: number;
  readonly #maxItems: number;

  constructor(wasm: SignatureExports, hasher: Hasher, randomBytes: RandomBytes) {
    this.#wasm = wasm;
    this.#hasher = hasher;
    this.#randomBytes = randomBytes;
    this.#itemBytes = wasm.ITEM_BYTES.value;
    assert(this.#itemBytes === ITEM_BYTES, "the module has the layout of this file");
    assert(wasm.INPUT_BYTES.value === PACKED_INPUT_BYTES_MAX, "and its buffer the size");
    this.#maxItems = wasm.MAX_ITEMS.value;
    const { buffer } = wasm.memory;
    this.#input = new Uint8Array(buffer, wasm.INPUT.value, wasm.INPUT_BYTES.value);
    this.#items = new Uint8Array(buffer, wasm.ITEMS.value, this.#itemBytes * this.#maxItems);
    this.#itemWords = new Uint32Array(buffer, wasm.ITEMS.value, this.#items.length / 4);
    this.#coefficients = new Uint8Array(buffer, wasm.COEFFICIENTS.value, 16 * this.#maxItems);
    this.#verdicts = new Uint8Array(buffer, wasm.VERDICTS.value, this.#maxItems);
  }

  get counts(): SignatureCounts {
    this.#wasm.signatureCounts();
    const [withTables = 0, inBatches = 0, cofactored = 0, tablesBuilt = 0, tablesReplaced = 0] =
      new Uint32Array(this.#wasm.memory.buffer, this.#wasm.OUTPUT.value, 5);
    return { withTables, inBatches, cofactored, tablesBuilt, tablesReplaced };
  }

  verify(
    jobs: readonly SignatureJob[],
    { tier = "auto" }: { readonly tier?: SignatureTier } = {},
  ): boolean[] {
    const verdicts = new Array<boolean>(jobs.length).fill(false);
    // Jobs with wrong lengths stay false; digests of long messages need the buffer that a batch fills.
    const indexes: number[] = [];
    const digests = new Map<number, Uint8Array>();
    for (let i = 0; i < jobs.length; i++) {
      const { publicKey, signature, message } = jobs[i] as SignatureJob;
      if (publicKey.length !== 32 || signature.length !== 64) continue;
      indexes.push(i);
      if (message.length <= LONG_MESSAGE_BYTES) continue;
      const signed = concatBytes(signature.subarray(0, 32), publicKey, message);
      digests.set(i, this.#hasher.sha512(signed));
    }
    for (let start = 0; start < indexes.length; ) {
      start = this.#verifyFrom(start, indexes, jobs, digests, verdicts, TIERS[tier]);
    }
    return verdicts;
  }

  /** What is wrong with a job for which `verify` gave false. */
  faultOf({ publicKey, signature }: SignatureJob): SignatureFault {
    if (publicKey.length !== 32) return "PUBLIC_KEY_LENGTH";
    if (signature.length !== 64) return "SIGNATURE_LENGTH";
    this.#input.set(publicKey);
    this.#input.set(signature, 32);
    const fault = this.#wasm.signatureFault();
    return fault === 0 ? "EQUATION_FAILED" : (FAULTS[fault + 1] as SignatureFault);
  }

  /**
   * Checks `count` signatures, at least one, that lie as the module wants them (assembly/ed25519/layout.ts):
   * `items` of 80 bytes each, and R || A || message of each at the place in `input` that its item names. Both
   * are copied in at once; `verdicts` gets 1 for a valid signature and 0 for any other.
   *
   * Other threads may write to these arrays. Lengths are checked before the copy, and what the items say is
   * checked in the copy: an item that names anything outside `input` asserts before the module runs.
   */
  verifyPacked(count: number, items: Uint8Array, input: Uint8Array, verdicts: Uint8Array): void {
    assert(count > 0 && count <= this.#maxItems, "one call takes 1 to 1,024 signatures");
    assert(items.length === count * this.#itemBytes, "each signature has one item");
    assert(input.length <= this.#input.length, "the input fits the module's buffer");
    assert(verdicts.length >= count, "each verdict has room");
    this.#items.set(items);
    this.#input.set(input);
    for (let i = 0; i < count; i++) {
      const word = (i * this.#itemBytes) / 4;
      const offset = this.#itemWords[word] as number;
      const length = this.#itemWords[word + 1] as number;
      const digested = this.#itemWords[word + 2] as number;
      assert(length >= 64 && offset + length <= input.length, "an item lies within the input");
      assert(
        digested === 0 || (digested === 1 && length === 64 + DIGEST_BYTES),
        "an item has a message or its digest",
      );
    }
    this.#coefficients.set(this.#randomBytes(16 * count));
    this.#wasm.verifyBatch(count, TIERS.auto);
    verdicts.set(this.#verdicts.subarray(0, count));
  }

  /** Checks as many jobs as fit at once, from `indexes[start]` on; gives where the rest begins. */
  #verifyFrom(
    start: number,
    indexes: readonly number[],
    jobs: readonly SignatureJob[],
    digests: ReadonlyMap<number, Uint8Array>,
    verdicts: boolean[],
    tier: number,
  ): number {
    let count = 0;
    let offset = 0;
    for (; start + count < indexes.length && count < this.#maxItems; count++) {
      const index = indexes[start + count] as number;
      const job = jobs[index] as SignatureJob;
      const digest = digests.get(index);
      const length = 64 + (digest === undefined ? job.message.length : DIGEST_BYTES);
      if (offset + length > this.#input.length) break;
      // The key goes over s, which is no part of what is hashed.
      this.#input.set(job.signature, offset);
      this.#input.set(job.publicKey, offset + 32);
      this.#input.set(digest ?? job.message, offset + 64);
      this.#writeItem(count, offset, length, digest !== undefined, job.signature);
      offset += length;
    }
    assert(count > 0, "one job fits the buffer");
    this.#coefficients.set(this.#randomBytes(16 * count));
    this.#wasm.verifyBatch(count, tier);
    for (let i = 0; i < count; i++) {
      verdicts[indexes[start + i] as number] = this.#verdicts[i] === 1;
    }
    return start + count;
  }

  #writeItem(
    slot: number,
    offset: number,
    length: number,
    digested: boolean,
    signature: Uint8Array,
  ): void {
    const word = (slot * this.#itemBytes) / 4;
    this.#itemWords[word] = offset;
    this.#itemWords[word + 1] = length;
    this.#itemWords[word + 2] = digested ? 1 : 0;
    this.#items.set(signature, slot * this.#itemBytes + ITEM_SIGNATURE);
  }
}
