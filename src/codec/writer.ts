import { assert } from "../base/assert.js";
import { isU64 } from "../base/checkedInt.js";
import { setSafe64At, setU32At, setU64At } from "../base/words.js";
import { ulebSizeBytes, writeUleb } from "./uleb.js";

/** Appends BCS to a buffer that grows. One writer makes one record. */
export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(initialSizeBytes = 256) {
    this.#bytes = new Uint8Array(initialSizeBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** Makes room and answers where. Call it before reading `#bytes`: it replaces them. */
  #reserve(sizeBytes: number): number {
    const offset = this.#length;
    const needed = offset + sizeBytes;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, offset));
      this.#bytes = grown;
    }
    this.#length = needed;
    return offset;
  }

  u8(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff, "u8 out of range");
    const offset = this.#reserve(1);
    this.#bytes[offset] = value;
  }

  u16(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff, "u16 out of range");
    const offset = this.#reserve(2);
    this.#bytes[offset] = value;
    this.#bytes[offset + 1] = value >>> 8;
  }

  u32(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, "u32 out of range");
    const offset = this.#reserve(4);
    setU32At(this.#bytes, offset, value);
  }

  u64(value: bigint): void {
    assert(isU64(value), "u64 out of range");
    const offset = this.#reserve(8);
    setU64At(this.#bytes, offset, value);
  }

  /** A u64 that is a safe integer by nature: a height, a view, a time. */
  count(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, "count out of range");
    const offset = this.#reserve(8);
    setSafe64At(this.#bytes, offset, value);
  }

  /** ULEB128 of a length or a variant, in its shortest form (BCS allows u32). */
  uleb(value: number): void {
    const offset = this.#reserve(ulebSizeBytes(value));
    writeUleb(this.#bytes, offset, value);
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    const offset = this.#reserve(bytes.length);
    this.#bytes.set(bytes, offset);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Begins another record, in the same buffer. */
  restart(): void {
    this.#length = 0;
  }
}
