/** Frames (NET-P5): `length u32 | type u8 | flags u8 | stream u16 | body`, little endian. */

export const FRAME_HEADER_SIZE_BYTES = 8;

export const FRAME = { message: 0, hello: 1, accept: 2, refuse: 3, ping: 4, pong: 5 } as const;
export type FrameType = (typeof FRAME)[keyof typeof FRAME];
const FRAME_TYPES_MAX = FRAME.pong;

/** Above this size it pays not to have the new memory zeroed first. */
const UNZEROED_SIZE_BYTES = 4_096;

export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  type: FrameType,
  bodySizeBytes: number,
): void {
  target[offset] = bodySizeBytes & 255;
  target[offset + 1] = (bodySizeBytes >>> 8) & 255;
  target[offset + 2] = (bodySizeBytes >>> 16) & 255;
  target[offset + 3] = bodySizeBytes >>> 24;
  target[offset + 4] = type;
  // Flags and stream are reserved: zero, and refused when they are not.
  target[offset + 5] = 0;
  target[offset + 6] = 0;
  target[offset + 7] = 0;
}

/** One frame by itself. */
export function encodeFrame(type: FrameType, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_SIZE_BYTES + body.length);
  writeFrameHeader(frame, 0, type, body.length);
  frame.set(body, FRAME_HEADER_SIZE_BYTES);
  return frame;
}

/** Why a stream of frames cannot go on. */
export type FrameFault = "OVERSIZED" | "MALFORMED" | "FLOOD";

/** Judges frames before memory is taken for them. */
export interface FrameGate {
  /** After the header. */
  header(type: FrameType, bodySizeBytes: number): FrameFault | undefined;
  /** After the first byte of a body. */
  firstByte(type: FrameType, byte: number, bodySizeBytes: number): FrameFault | undefined;
}

/** Plain bytes, not a Buffer: `slice` of a Buffer shares memory, which readers do not expect. */
function allocate(sizeBytes: number): Uint8Array {
  if (sizeBytes < UNZEROED_SIZE_BYTES) return new Uint8Array(sizeBytes);
  return new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer, 0, sizeBytes);
}

/**
 * Cuts a stream of chunks into frames. Each body is copied once, into memory of its own size: a
 * vote that is kept does not hold a 64 KiB chunk, and a large body is never copied twice.
 */
export class FrameReader {
  readonly #gate: FrameGate;
  readonly #header = new Uint8Array(FRAME_HEADER_SIZE_BYTES);
  #headerFilled = 0;
  #type: FrameType = FRAME.message;
  #bodySizeBytes = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;

  constructor(gate: FrameGate) {
    this.#gate = gate;
  }

  /**
   * Takes a chunk and gives each frame that it completes to `sink`, which answers whether to go
   * on. Returns a fault after which nothing more may be read.
   */
  push(
    chunk: Uint8Array,
    sink: (type: FrameType, body: Uint8Array) => boolean,
  ): FrameFault | undefined {
    let offset = 0;
    while (offset < chunk.length) {
      while (this.#headerFilled < FRAME_HEADER_SIZE_BYTES && offset < chunk.length) {
        this.#header[this.#headerFilled++] = chunk[offset++] as number;
        if (this.#headerFilled === FRAME_HEADER_SIZE_BYTES) {
          const fault = this.#parseHeader();
          if (fault !== undefined) return fault;
        }
      }
      if (this.#headerFilled < FRAME_HEADER_SIZE_BYTES) return undefined;
      if (this.#bodySizeBytes > 0) {
        if (offset === chunk.length) return undefined;
        if (this.#body === undefined) {
          const byte = chunk[offset] as number;
          const fault = this.#gate.firstByte(this.#type, byte, this.#bodySizeBytes);
          if (fault !== undefined) return fault;
          this.#body = allocate(this.#bodySizeBytes);
          this.#bodyFilled = 0;
        }
        const size = Math.min(this.#bodySizeBytes - this.#bodyFilled, chunk.length - offset);
        this.#body.set(chunk.subarray(offset, offset + size), this.#bodyFilled);
        this.#bodyFilled += size;
        offset += size;
        if (this.#bodyFilled < this.#bodySizeBytes) return undefined;
      }
      const body = this.#body ?? new Uint8Array(0);
      this.#body = undefined;
      this.#headerFilled = 0;
      if (!sink(this.#type, body)) return undefined;
    }
    return undefined;
  }

  #parseHeader(): FrameFault | undefined {
    const [a, b, c, d, type, flags, streamLow, streamHigh] = this.#header as unknown as number[];
    if ((type as number) > FRAME_TYPES_MAX || flags !== 0 || streamLow !== 0 || streamHigh !== 0) {
      return "MALFORMED";
    }
    this.#type = type as FrameType;
    this.#bodySizeBytes =
      (a as number) + (b as number) * 0x100 + (c as number) * 0x1_0000 + (d as number) * 0x100_0000;
    return this.#gate.header(this.#type, this.#bodySizeBytes);
  }
}
