/**
 * Small byte arrays out of larger buffers. An array of more than 64 bytes that is made alone has an
 * array buffer of its own: half a microsecond, and work for the garbage collector for as long as it
 * lives. A slab's buffer lives as long as one of its arrays does, so a slab is for arrays of one age.
 */
export class ByteSlab {
  readonly #chunkSizeBytes: number;
  #chunk: Uint8Array;
  #used = 0;

  constructor(chunkSizeBytes: number) {
    this.#chunkSizeBytes = chunkSizeBytes;
    this.#chunk = new Uint8Array(0);
  }

  /** `sizeBytes` zero bytes. */
  take(sizeBytes: number): Uint8Array {
    if (this.#used + sizeBytes > this.#chunk.length) {
      if (sizeBytes > this.#chunkSizeBytes) return new Uint8Array(sizeBytes);
      this.#chunk = new Uint8Array(this.#chunkSizeBytes);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + sizeBytes;
    return this.#chunk.subarray(at, at + sizeBytes);
  }
}
