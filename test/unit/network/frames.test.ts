import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex, utf8 } from "../../../src/base/bytes.js";
import { LIMITS } from "../../../src/base/limits.js";
import { encode } from "../../../src/codec/schema.js";
import {
  encodeFrame,
  FRAME,
  type FrameFault,
  FrameReader,
  type FrameType,
} from "../../../src/network/frames.js";
import { MESSAGE_KINDS, messageSizeBytesMax } from "../../../src/network/messageLimits.js";
import { type PeerMessage, peerMessage } from "../../../src/types/message.js";

const openGate = { header: () => undefined, firstByte: () => undefined };

function read(reader: FrameReader, chunks: readonly Uint8Array[]) {
  const frames: { type: FrameType; body: Uint8Array }[] = [];
  let fault: FrameFault | undefined;
  for (const chunk of chunks) {
    fault ??= reader.push(chunk, (type, body) => frames.push({ type, body }) > 0);
  }
  return { frames, fault };
}

describe("frames", () => {
  it("are written as the README says", () => {
    expect(toHex(encodeFrame(FRAME.message, utf8("vote")))).toBe("0400000000000000766f7465");
    expect(toHex(encodeFrame(FRAME.ping, new Uint8Array(0)))).toBe("0000000004000000");
  });

  it("come out as they went in, wherever the stream is cut", () => {
    const frame = fc.record({
      type: fc.constantFrom<FrameType>(0, 1, 2, 3, 4, 5),
      body: fc.uint8Array({ maxLength: 5_000, size: "medium" }),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 3_000 })),
        (frames, sizes) => {
          const stream = concatBytes(...frames.map(({ type, body }) => encodeFrame(type, body)));
          const chunks: Uint8Array[] = [];
          for (let offset = 0; offset < stream.length; ) {
            const size = sizes.next().value as number;
            chunks.push(stream.subarray(offset, offset + size));
            offset += size;
          }
          const result = read(new FrameReader(openGate), chunks);
          expect(result).toEqual({ frames, fault: undefined });
        },
      ),
      { numRuns: 100 },
    );
  });

  it("have bodies of their own memory, never a view of the chunk", () => {
    for (const size of [3, 10_000]) {
      const chunk = encodeFrame(FRAME.message, new Uint8Array(size).fill(7));
      const { frames } = read(new FrameReader(openGate), [chunk]);
      chunk.fill(0);
      const body = frames[0]?.body;
      expect(body?.constructor).toBe(Uint8Array);
      expect(body?.every((byte) => byte === 7)).toBe(true);
      expect(body?.buffer.byteLength).toBe(size);
    }
  });

  it("are judged before memory is taken: a promise of 4 GiB costs nothing", () => {
    const asked: number[] = [];
    const reader = new FrameReader({
      header: (_, size) => {
        asked.push(size);
        return size > 100 ? "OVERSIZED" : undefined;
      },
      firstByte: (_, byte) => (byte === 9 ? "OVERSIZED" : undefined),
    });
    const good = encodeFrame(FRAME.message, Uint8Array.of(1));
    const huge = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);
    const { frames, fault } = read(reader, [concatBytes(good, huge)]);
    expect(frames.length).toBe(1);
    expect(asked).toEqual([1, 0xffff_ffff]);
    expect(fault).toBe("OVERSIZED");
  });

  it("stop where the receiver says so", () => {
    const two = concatBytes(encodeFrame(0, utf8("a")), encodeFrame(0, utf8("b")));
    let count = 0;
    new FrameReader(openGate).push(two, () => {
      count++;
      return false;
    });
    expect(count).toBe(1);
  });
});

describe("limits by kind", () => {
  it("know each kind by the first byte of its encoding", () => {
    const hash = new Uint8Array(32);
    const request = { epoch: 0, view: 0, blockHash: hash };
    const samples: Partial<Record<PeerMessage["kind"], PeerMessage>> = {
      vote: {
        kind: "vote",
        value: { ...request, kind: 1, result: hash, voter: 0, signature: new Uint8Array(64) },
      },
      laneTips: {
        kind: "laneTips",
        value: Array.from({ length: LIMITS.validatorsMax }, () => ({
          author: 1,
          seq: 1,
          headHash: hash,
        })),
      },
      certificateRequest: {
        kind: "certificateRequest",
        value: { epoch: 0, fromView: 0, toView: 0, kinds: 7 },
      },
      proposalRequest: { kind: "proposalRequest", value: request },
      batch: { kind: "batch", value: new Uint8Array(LIMITS.batchSizeBytesMax) },
      batchRequest: {
        kind: "batchRequest",
        value: { author: 0, epoch: 0, fromSeq: 1, toSeq: 2 },
      },
      rangeRequest: { kind: "rangeRequest", value: { fromHeight: 1, toHeight: 2 } },
      rangeResponse: {
        kind: "rangeResponse",
        value: { fromHeight: 1, blocks: [], certificate: undefined },
      },
    };
    expect(Object.keys(samples).length).toBe(8);
    for (const [kind, message] of Object.entries(samples)) {
      const bytes = encode(peerMessage, message);
      expect(MESSAGE_KINDS[bytes[0] as number]).toBe(kind);
      expect(bytes.length).toBeLessThanOrEqual(messageSizeBytesMax(bytes[0] as number, "bulk"));
    }
  });

  it("never pass the limit of the class", () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(messageSizeBytesMax(byte, "control")).toBeLessThanOrEqual(
        LIMITS.controlFrameSizeBytesMax,
      );
      expect(messageSizeBytesMax(byte, "bulk")).toBeLessThanOrEqual(LIMITS.bulkFrameSizeBytesMax);
    }
    expect(messageSizeBytesMax(1, "bulk")).toBe(LIMITS.voteSizeBytesMax);
  });
});
