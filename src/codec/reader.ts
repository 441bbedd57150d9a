import { safeU64At, u32At, u64At } from "../base/words.js";
import { CodecError } from "./errors.js";

/**
 * Reads BCS strictly: shortest ULEB128 only, every length checked against its maximum and against
 * what is left before anything is allocated, no trailing bytes ({@link Reader.end}).
 *
 * Byte strings are views of the input: copy them if the input's owner may write to it again.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  #take(sizeBytes: number): number {
    const offset = this.#offset;
    if (sizeBytes > this.#bytes.length - offset) {
      throw new CodecError(
        { code: "CODEC_TRUNCATED", offset },
        `the record ends at byte ${this.#bytes.length}, ${sizeBytes} more were expected at ${offset}`,
      );
    }
    this.#offset = offset + sizeBytes;
    return offset;
  }

  /** Refuses the value that was read last. */
  badValue(what: string): CodecError {
    const offset = this.#offset;
    return new CodecError({ code: "CODEC_BAD_VALUE", offset }, `${what}, before byte ${offset}`);
  }

  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  u16(): number {
    const offset = this.#take(2);
    return (this.#bytes[offset] as number) | ((this.#bytes[offset + 1] as number) << 8);
  }

  u32(): number {
    return u32At(this.#bytes, this.#take(4));
  }

  u64(): bigint {
    return u64At(this.#bytes, this.#take(8));
  }

  /** A u64 that must be at most 2^53 - 1. */
  count(): number {
    const value = safeU64At(this.#bytes, this.#take(8));
    if (Number.isNaN(value)) throw this.badValue("a count above 2^53 - 1");
    return value;
  }

  uleb(): number {
    const start = this.#offset;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 5; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        if (i > 0 && byte === 0) {
          throw new CodecError(
            { code: "CODEC_NOT_MINIMAL", offset: start },
            `the length at byte ${start} is not in its shortest form`,
          );
        }
        return value;
      }
      scale *= 0x80;
    }
    throw this.badValue("a length above 2^32 - 1");
  }

  /** A ULEB128 length that is at most `max`, and at most what is left when items take a byte. */
  length(max: number, itemSizeBytesMin = 1): number {
    const offset = this.#offset;
    const length = this.uleb();
    if (length > max || length * itemSizeBytesMin > this.remaining) {
      throw new CodecError(
        { code: "CODEC_LENGTH", offset, max },
        `the length ${length} at byte ${offset} is above ${Math.min(max, this.remaining)}`,
      );
    }
    return length;
  }

  /** A view of the next `sizeBytes` bytes. */
  raw(sizeBytes: number): Uint8Array {
    const offset = this.#take(sizeBytes);
    return this.#bytes.subarray(offset, offset + sizeBytes);
  }

  /** A view of everything read since `start`. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#offset);
  }

  end(): void {
    if (this.remaining === 0) return;
    throw new CodecError(
      { code: "CODEC_TRAILING_BYTES", offset: this.#offset },
      `${this.remaining} bytes follow the record, which ends at byte ${this.#offset}`,
    );
  }
}
