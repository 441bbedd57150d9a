import { createHash } from "node:crypto";
import { assert } from "../base/assert.js";
import type { HashExports } from "./hashKernels.js";

export const HASH_ALGORITHMS = ["sha256", "sha512", "blake3"] as const;
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number];

/** A hash of input that comes in pieces of any size. Its memory does not depend on their sum. */
export interface HashStream {
  /** Takes the next piece, which the caller may change afterwards. */
  update(bytes: Uint8Array): void;
  /** The digest: 32 bytes, of SHA-512 64. Ends the stream; further use is a bug. */
  digest(): Uint8Array;
}

/** Input that a BLAKE3 stream gathers before it gives it to the kernel: whole chunks of 1,024 bytes. */
const GATHERED_BYTES = 65_536;

/** SHA-2 goes to node:crypto, whose hardware instructions Wasm lacks. */
class NativeStream implements HashStream {
  readonly #hash;
  #isEnded = false;

  constructor(name: "sha256" | "sha512") {
    this.#hash = createHash(name);
  }

  update(bytes: Uint8Array): void {
    assert(!this.#isEnded, "a hash stream has ended");
    this.#hash.update(bytes);
  }

  digest(): Uint8Array {
    assert(!this.#isEnded, "a hash stream has ended");
    this.#isEnded = true;
    return new Uint8Array(this.#hash.digest());
  }
}

/** BLAKE3 `hash`. What it has so far lies here, not in the instance, which others use between two calls. */
class Blake3Stream implements HashStream {
  readonly #wasm: HashExports;
  readonly #input: Uint8Array;
  /** The instance's place for a hash under way, and our copy. */
  readonly #place: Uint8Array;
  readonly #state: Uint8Array;
  readonly #gathered = new Uint8Array(GATHERED_BYTES);
  #gatheredBytes = 0;
  #isEnded = false;

  constructor(wasm: HashExports) {
    const { buffer } = wasm.memory;
    this.#wasm = wasm;
    this.#input = new Uint8Array(buffer, wasm.INPUT.value, GATHERED_BYTES);
    this.#place = new Uint8Array(buffer, wasm.BLAKE3_STATE.value, wasm.BLAKE3_STATE_BYTES.value);
    wasm.blake3Begin(0);
    wasm.blake3Save();
    this.#state = this.#place.slice();
  }

  update(bytes: Uint8Array): void {
    assert(!this.#isEnded, "a hash stream has ended");
    for (let done = 0; done < bytes.length; ) {
      // Only now that more follows: the kernel needs the last bytes of the message apart.
      if (this.#gatheredBytes === GATHERED_BYTES) this.#hashGathered();
      const piece = bytes.subarray(done, done + GATHERED_BYTES - this.#gatheredBytes);
      this.#gathered.set(piece, this.#gatheredBytes);
      this.#gatheredBytes += piece.length;
      done += piece.length;
    }
  }

  digest(): Uint8Array {
    assert(!this.#isEnded, "a hash stream has ended");
    this.#isEnded = true;
    this.#resume();
    this.#wasm.blake3End(this.#gatheredBytes);
    return new Uint8Array(this.#wasm.memory.buffer, this.#wasm.OUTPUT.value, 32).slice();
  }

  #hashGathered(): void {
    this.#resume();
    this.#wasm.blake3Blocks(GATHERED_BYTES);
    this.#wasm.blake3Save();
    this.#state.set(this.#place);
    this.#gatheredBytes = 0;
  }

  /** Puts our hash and what it has gathered into the instance. */
  #resume(): void {
    this.#place.set(this.#state);
    this.#wasm.blake3Restore();
    this.#input.set(this.#gathered.subarray(0, this.#gatheredBytes));
  }
}

export function createHashStream(wasm: HashExports, algorithm: HashAlgorithm): HashStream {
  return algorithm === "blake3" ? new Blake3Stream(wasm) : new NativeStream(algorithm);
}
