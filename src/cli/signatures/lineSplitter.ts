/** A line, without the byte that ends it; undefined stands for one that was too long. */
export type Line = string | undefined;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const FIRST_SIZE_BYTES = 4_096;

/**
 * Cuts a stream of bytes into lines that end with LF or CRLF, the last one with the end of the stream. It holds
 * at most `lineSizeBytesMax`: of a longer line only that it was there is kept.
 */
export class LineSplitter {
  readonly #lineSizeBytesMax: number;
  /** Begin of a line whose end has not come. */
  #held = Buffer.alloc(FIRST_SIZE_BYTES);
  #heldSize = 0;
  #isTooLong = false;
  #isFirst = true;

  constructor(lineSizeBytesMax: number) {
    this.#lineSizeBytesMax = lineSizeBytesMax;
  }

  /** The lines that end within the next bytes of the stream. */
  *take(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      if (this.#heldSize === 0 && !this.#isTooLong) yield this.#lineOf(chunk.subarray(start, end));
      else {
        this.#hold(chunk.subarray(start, end));
        yield this.#release();
      }
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** The last line, if the stream did not end with a line feed. */
  *end(): Generator<Line> {
    if (this.#heldSize > 0 || this.#isTooLong) yield this.#release();
  }

  #hold(part: Buffer): void {
    const size = this.#heldSize + part.length;
    // One byte more: the CR before a line feed does not count.
    if (this.#isTooLong || size > this.#lineSizeBytesMax + 1) {
      this.#isTooLong = true;
      this.#heldSize = 0;
      return;
    }
    if (size > this.#held.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.#held.length));
      this.#held.copy(larger, 0, 0, this.#heldSize);
      this.#held = larger;
    }
    part.copy(this.#held, this.#heldSize);
    this.#heldSize = size;
  }

  #release(): Line {
    const line = this.#isTooLong ? undefined : this.#lineOf(this.#held.subarray(0, this.#heldSize));
    this.#isFirst = false;
    this.#isTooLong = false;
    this.#heldSize = 0;
    return line;
  }

  #lineOf(bytes: Buffer): Line {
    let start = 0;
    if (this.#isFirst) {
      this.#isFirst = false;
      if (bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) start = 3;
    }
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    return end > this.#lineSizeBytesMax ? undefined : bytes.toString("utf8", start, end);
  }
}
